//! Keeping some of the calls that succeed.

use super::*;

#[operation]
fn tree(fail: bool) -> Result<u8, String> {
    leaf();
    run("a", fail)
}

#[operation]
fn leaf() {}

#[test]
fn whole_trees_are_kept_or_none() {
    let sampling = Sampling::default().keep_one_in(4, "tree").unwrap();
    let log = logged(settings().with_sampling(sampling), || {
        (0..100).for_each(|_| drop(tree(false)));
        leaf();
    });
    log.assert_every_invoke_ended_once();
    let named = |name| log.records().iter().filter(|record| record.event_name == name).count();
    assert_eq!((named("tree"), named("run"), named("leaf")), (50, 50, 52));
}

#[test]
fn failures_and_cancellations_are_kept_with_their_invoke() {
    let sampling = Sampling::default().keep_one_in_of_others(1 << 40).unwrap();
    let log = logged(settings().with_sampling(sampling), || {
        let _ = tree(true);
        assert!(poll_once(pin!(wait())).is_pending());
        leaf();
    });
    let expected =
        ["run invoke", "run failed", "tree invoke", "tree failed", "wait invoke", "wait cancelled"];
    assert_eq!(story(&log), expected);
    log.assert_every_invoke_ended_once();
}

#[test]
fn it_holds_below_a_root_that_a_policy_refuses() {
    let sampling = Sampling::default().keep_one_in_of_others(1 << 40).unwrap();
    let policy = |event: &EventMetadata<'_>| event.event_name != "tree";
    let log = logged(settings().with_sampling(sampling).with_policy(policy), || drop(tree(false)));
    assert_eq!(log.lines(), [""; 0]);
}

#[test]
fn names_are_compared_as_they_are() {
    let sampling = Sampling::default().keep_one_in(1 << 40, "say \"hi\"").unwrap();
    let log = logged(settings().with_sampling(sampling), || {
        tracing_invocation::begin(tracing::info_span!("say \"hi\"")).complete();
    });
    assert_eq!(log.lines(), [""; 0]);
}

#[test]
fn nonsense_is_refused_in_words() {
    let zero = Sampling::default().keep_one_in(0, "run").unwrap_err();
    assert!(
        zero.to_string()
            .starts_with("sampling of \"run\": one in zero is nothing; write 1 to keep all")
    );
    let twice =
        Sampling::default().keep_one_in(2, "run").unwrap().keep_one_in(3, "run").unwrap_err();
    assert!(twice.to_string().ends_with("name it once"));
}
