//! docs/shipping/journald.md: a journal takes what a service writes to stdout.

use std::fs;
use std::path::Path;

use end_to_end::{guide, tool};
use serde_json::Value;

use super::{assert_same, output, parse, producer, run};

/// A journal in namespaces of its own: its processes see a machine with an empty `/run`, and end with the first of
/// them. The journal is where it is read from, once by each of the ways of the guide.
const SCRIPT: &str = r#"
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
/lib/systemd/systemd-journald 2>journald.err &
for _ in $(seq 1000); do
    if [ -S /run/systemd/journal/stdout ]; then break; fi
    sleep 0.01
done
systemd-cat -t shop "$@"
journalctl --sync
journalctl -D /run/log/journal -t shop -o cat >cat
journalctl -D /run/log/journal -t shop -o json >json
journalctl -D /run/log/journal -t shop -o json --all >json-all
"#;

/// Has the producer write into a journal, and answers with what it wrote; what came out is in the files `cat`,
/// `json` and `json-all` of `folder`.
fn through_a_journal(folder: &Path) -> Vec<String> {
    let written = folder.join("written.jsonl");
    let mut unshare = tool("unshare");
    unshare.args([
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        SCRIPT,
        "sh",
    ]);
    unshare.arg(producer().get_program()).args(["400", "default"]).arg(&written);
    run(unshare.current_dir(folder));
    lines(&written)
}

fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

/// The text of a field as `journalctl -o json` writes it: as bytes where some character of it does not print.
fn text(field: &Value) -> Option<String> {
    match field {
        Value::String(text) => Some(text.clone()),
        Value::Array(bytes) => {
            let bytes = bytes.iter().map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap());
            Some(String::from_utf8(bytes.collect()).unwrap())
        }
        _ => None,
    }
}

#[test]
fn every_record_comes_out_as_it_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let written = through_a_journal(folder.path());
    assert!(written.iter().any(|line| line.len() > 15_000));
    assert_same(&lines(&folder.path().join("cat")), &written);
}

#[test]
fn json_of_the_journal_has_whole_records_if_all_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let written = through_a_journal(folder.path());
    let read =
        |name| lines(&folder.path().join(name)).iter().map(|line| parse(line)).collect::<Vec<_>>();

    let all: Vec<_> =
        read("json-all").iter().map(|entry| text(&entry["MESSAGE"]).unwrap()).collect();
    assert_same(&all, &written);

    let entries = read("json");
    assert_eq!(entries.len(), written.len());
    for (entry, line) in entries.iter().zip(&written) {
        assert_eq!(entry["SYSLOG_IDENTIFIER"], "shop");
        assert_eq!(entry["PRIORITY"], "6", "a journal knows nothing of levels");
        // The name of the field and its `=` count as well.
        if line.len() + "MESSAGE=".len() > 4_096 {
            assert_eq!(entry["MESSAGE"], Value::Null, "{}", line.len());
        } else {
            assert_eq!(text(&entry["MESSAGE"]).as_ref(), Some(line));
        }
    }
}

#[test]
fn systemd_has_nothing_against_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let program = producer().get_program().to_str().unwrap().to_owned();
    let unit = folder.path().join("shop.service");
    fs::write(&unit, guide("shop.service", &[("/usr/local/bin/shop", &program)])).unwrap();
    assert_eq!(output(tool("systemd-analyze").arg("verify").arg(unit)), "");
}
