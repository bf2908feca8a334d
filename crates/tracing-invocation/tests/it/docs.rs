//! What the documents say is what the code says.

use tracing_invocation::convention::{
    self, cancellation, cause, error, evidence, field, key, mark, payload, progress, secret, slow,
};
use tracing_invocation::{Level, Levels, Outcome, Record};

const CONVENTION: &str = include_str!("../../../../docs/CONVENTION.md");

/// The cells of the table below a heading, without its head.
#[track_caller]
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, below) = CONVENTION.split_once(&format!("\n{heading}\n")).expect(heading);
    let rows: Vec<_> = below
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect()
        })
        .collect();
    assert!(!rows.is_empty(), "no table below {heading}");
    rows
}

#[track_caller]
fn assert_names(heading: &str, names: &[&str]) {
    let written: Vec<_> = table(heading).into_iter().map(|row| row[0]).collect();
    assert_eq!(written, names, "{heading}");
}

#[test]
fn the_convention_names_what_the_code_names() {
    assert_names("### Evidence events", &[evidence::RETURN, evidence::ERROR]);
    assert_names(
        "### Span fields",
        &[
            field::NAME,
            field::NAMESPACE,
            field::ENTITY_ID,
            field::TRACEPARENT,
            field::EVIDENCE,
            field::RECORD,
        ],
    );
    assert_names("### Record keys", &key::ALL);
    assert_names("### Reserved payload keys", &payload::RESERVED);
    assert_names(
        "### Progress",
        &[
            progress::POLLS,
            progress::BUSY_NS,
            progress::IDLE_NS,
            progress::SINCE_LAST_POLL_NS,
            progress::LAST_CHILD,
            progress::PENDING,
        ],
    );
    assert_names("### Slow", &[slow::POLL_NS, slow::LIMIT_NS, slow::EXPECTED_NS, slow::AGE_NS]);
    assert_names(
        "### Error types",
        &[error::TYPE_OPAQUE, error::TYPE_PANIC, error::TYPE_CANCELLED],
    );
    assert_names(
        "### Cancellation keys",
        &[
            cancellation::CAUSE,
            cancellation::REASON,
            cancellation::SPAN_ID,
            cancellation::PARENT_CAUSE,
            cancellation::DROPPED_AT,
            cancellation::AWAITING,
            cancellation::ON,
            cancellation::CHAIN,
        ],
    );
    assert_names("### Causes", &cause::ALL);
    assert_names(
        "### Values",
        &[
            mark::CUT,
            mark::MORE_KEY,
            mark::LIST,
            mark::OBJECT,
            mark::UNPRINTABLE,
            mark::REDACTED,
            mark::TOO_DEEP,
        ],
    );
    assert!(CONVENTION.contains(&format!("version {} of the format", convention::WIRE_VERSION)));
}

#[test]
fn the_convention_lists_the_names_of_secrets() {
    let (_, section) = CONVENTION.split_once("\n### Secrets\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let blocks = section.split("```text\n").skip(1).map(|block| block.split_once("```").unwrap().0);
    let blocks: Vec<Vec<_>> = blocks.map(|block| block.split_whitespace().collect()).collect();
    let lists = [
        secret::KEYS,
        secret::LAST,
        secret::CARRIERS,
        &[secret::WORDS, secret::INSIDE].concat(),
        secret::HARMLESS,
        secret::QUESTIONS,
        secret::EXCEPTIONS,
        &[secret::NAMING, secret::HOLDING].concat(),
    ];
    assert_eq!(blocks, lists);
}

#[test]
fn the_convention_gives_each_outcome_its_level() {
    let rows: Vec<_> = table("### Outcomes").into_iter().map(|row| (row[0], row[1])).collect();
    let outcomes =
        Outcome::ALL.map(|outcome| (outcome.as_str(), Levels::DEFAULT.of(outcome).as_str()));
    assert_eq!(rows, outcomes);
    assert_eq!(Levels::DEFAULT.suppressed, Level::Debug);
}

#[test]
fn the_evidence_table_names_only_outcomes() {
    for row in table("## How it ended") {
        let word = row[1].split('`').next().unwrap();
        assert!(Outcome::ALL.iter().any(|outcome| outcome.as_str() == word), "{word}");
    }
}

#[test]
fn the_schema_has_the_keys_of_the_convention() {
    let schema: serde_json::Value = serde_json::from_str(Record::SCHEMA).unwrap();
    let mut described: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
    let mut named = key::ALL.to_vec();
    described.sort_unstable();
    named.sort_unstable();
    assert_eq!(described, named);
}

#[test]
fn ci_runs_the_commands_that_contributing_lists() {
    let script = include_str!("../../../../.ci/run").replace(" --locked", "");
    let listed = include_str!("../../../../docs/CONTRIBUTING.md");
    let (_, block) = listed.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    assert!(script.contains(block.trim()), "{block}");
}

/// Without them, most causes of cancellations are unknown.
#[test]
fn an_example_that_is_built_in_release_mode_has_the_lines_of_functions() {
    let manifest: toml::Table = include_str!("../../../../Cargo.toml").parse().unwrap();
    assert_eq!(manifest["profile"]["release"]["debug"].as_str(), Some("line-tables-only"));
}
