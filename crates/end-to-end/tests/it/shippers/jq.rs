//! docs/shipping/jq.md, and the schema of a record in the eyes of a second implementation.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use end_to_end::{fenced, python, tool};
use serde_json::{Value, json};

use super::{output, parse, produce};

/// The line after the last valid one, and why it is not valid; nothing where all are.
const VALIDATE: &str = r#"
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for number, line in enumerate(open(sys.argv[2], encoding="utf-8", newline="\n"), 1):
    for error in validator.iter_errors(json.loads(line)):
        print(number, error.message)
print("validated", number)
"#;

fn validate(file: &Path) -> String {
    let schema =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../tracing-invocation/src/record.schema.json");
    output(python().args(["-c", VALIDATE, schema]).arg(file))
}

/// A log of a process that was killed while it wrote its last record, and the records before that one.
fn torn(folder: &Path) -> Vec<Value> {
    let file = folder.join("operations.jsonl");
    let mut lines = produce(400, "default", &file);
    let last = lines.pop().unwrap();
    let torn = format!("{}\n{}", lines.join("\n"), last.split_at(last.len() / 2).0);
    fs::write(file, torn).unwrap();
    lines.iter().map(|line| parse(line)).collect()
}

#[test]
fn jq_reads_every_record() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("operations.jsonl");
    let written = produce(400, "default", &file);
    let question = "[.span_id, .event_outcome, .entity_id, .payload.error.message, .payload.error.sources, .payload.args]";
    let read = output(tool("jq").args(["-e", "-c", question]).arg(file));
    let read: Vec<_> = read.lines().map(parse).collect();
    let written = written.iter().map(|line| parse(line));
    let written: Vec<_> = written
        .map(|record| {
            let payload = &record["payload"];
            let error = &payload["error"];
            let [id, outcome, entity] =
                ["span_id", "event_outcome", "entity_id"].map(|key| &record[key]);
            json!([id, outcome, entity, error["message"], error["sources"], payload["args"]])
        })
        .collect();
    assert!(read == written);
}

#[test]
fn another_implementation_of_json_schema_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("operations.jsonl");
    let mut written = produce(400, "default", &file);
    assert_eq!(validate(&file), format!("validated {}\n", written.len()));

    written[7] =
        written[7].replace("\"event_outcome\":\"failed\"", "\"event_outcome\":\"success\"");
    fs::write(&file, written.join("\n")).unwrap();
    let answer = validate(&file);
    assert!(answer.starts_with("8 "), "an error that is none is not seen: {answer}");
}

#[test]
fn what_the_guide_asks_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let records = torn(folder.path());
    let blocks: Vec<_> = fenced("jq.md", "sh").collect();
    let ask = |block: &String| {
        let mut shell = tool("sh");
        output(shell.args(["-e", "-c", block]).current_dir(folder.path()))
    };
    let [whole, problems, counts, slowest, unfinished, tree] = &blocks[..] else {
        panic!("{} questions", blocks.len());
    };

    assert_eq!(ask(whole), "");
    let lines = File::open(folder.path().join("whole.jsonl"))
        .map(std::io::read_to_string)
        .unwrap()
        .unwrap();
    assert_eq!(lines.lines().count(), records.len());

    let told: Vec<_> = records.iter().filter(|record| record["level"] != "DEBUG").collect();
    let answer = ask(problems);
    assert_eq!(answer.lines().count(), told.len());
    assert!(
        answer
            .lines()
            .zip(told)
            .all(|(line, record)| parse(line)[3] == record["payload"]["error"]["message"])
    );

    let mut ended = BTreeMap::<String, usize>::new();
    for record in records.iter().filter(|record| record["event_outcome"] != "invoke") {
        let name = format!(
            "{} {}",
            record["event_name"].as_str().unwrap(),
            record["event_outcome"].as_str().unwrap()
        );
        *ended.entry(name).or_default() += 1;
    }
    let answer = ask(counts);
    let answered = answer.lines().map(|line| line.trim_start().split_once(' ').unwrap());
    let answered: BTreeMap<_, _> =
        answered.map(|(count, name)| (name.to_owned(), count.parse().unwrap())).collect();
    assert_eq!(answered, ended);

    let longest = records.iter().filter_map(|record| record["duration_ns"].as_u64()).max().unwrap();
    let answer = ask(slowest);
    assert_eq!(
        answer.lines().map(parse).map(|row| row[0].clone()).next_back(),
        Some(json!(longest))
    );

    let open = records.last().unwrap();
    let answer = ask(unfinished);
    assert_eq!(
        answer.lines().map(parse).collect::<Vec<_>>(),
        [json!([open["timestamp"], open["event_name"], open["span_id"]])]
    );

    let inner = records.iter().find(|record| record["payload"].get("caused_by").is_some()).unwrap();
    let answer =
        ask(&tree.replace("4bf92f3577b34da6a3ce929d0e0e4736", inner["trace_id"].as_str().unwrap()));
    let told: Vec<_> = answer.lines().map(parse).collect();
    assert_eq!(told.len(), 4, "{answer}");
    assert_eq!(told[3], json!(["failed", inner["event_name"], inner["span_id"], null]));
}
