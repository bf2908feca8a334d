//! What `init()` does in a real process, with an environment and a stdout of a real one.

use std::io;

use crate::labels;
use crate::process::{Finished, QUICKSTART, command, finish, run};

fn quickstart_with(directives: &str) -> Finished {
    let mut command = command(QUICKSTART);
    command.env("INVOCATION_LOG", directives);
    finish(command)
}

#[test]
fn a_directive_that_cannot_be_read_is_named_and_the_default_is_recorded() {
    let finished = quickstart_with("info,shop=loud");
    insta::assert_snapshot!(finished.stderr.lines().next().unwrap(), @r#"tracing-invocation: INVOCATION_LOG: "shop=loud" is not a directive: write a level (off, error, warn, info, debug or trace), a target, or target=level, separated by commas, as in "info,shop::cache=debug"; a level/level also says which records are written; recording INFO and more severe instead"#);

    let default = run(QUICKSTART);
    assert_eq!(labels::numbered(&finished.lines()), labels::numbered(&default.lines()));
}

#[test]
fn nothing_is_recorded_when_all_is_off() {
    let finished = quickstart_with("off");
    assert_eq!(finished.lines(), [""; 0]);
    assert!(!finished.stderr.contains("tracing-invocation"));
}

#[test]
fn nothing_is_recorded_below_the_chosen_level() {
    let finished = quickstart_with("error");
    assert_eq!(finished.lines(), [""; 0]);
    assert!(!finished.stderr.contains("tracing-invocation"));
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    assert_eq!(quickstart_with(" ").lines().len(), 6);
}

#[test]
fn targets_are_chosen_one_by_one() {
    assert_eq!(quickstart_with("quickstart=info").lines().len(), 6);
    assert_eq!(quickstart_with("info,quickstart=off").lines(), [""; 0]);
}

#[test]
fn a_closed_stdout_loses_the_records_and_nothing_else() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let mut command = command(QUICKSTART);
    // `output` would capture stdout, but for a stdout that was chosen before.
    command.stdout(writer);
    let finished = finish(command);
    let [loss, own @ ..] = &finished.stderr.lines().collect::<Vec<_>>()[..] else {
        panic!("nothing is said of the loss")
    };
    assert!(loss.starts_with("tracing-invocation: writer: records are being lost: "), "{loss}");
    assert_eq!(own, ["order 2 is not paid: the card was declined", "order 1 is not delivered yet"]);
}
