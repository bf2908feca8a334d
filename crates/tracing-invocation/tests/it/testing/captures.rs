//! Captures of one thread: nested, dropped in any order, moved, and beside subscribers of the program.

use std::thread;

use tracing::subscriber::{set_global_default, with_default};
use tracing_invocation::testing::{Log, capture, capture_globally, capture_thread};
use tracing_invocation::{FutureExt as _, Outcome, operation};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::{elsewhere, fetch, lines, message_of, reserve};
use crate::hostile::tools::{alone, stderr_of};
use crate::support::{poll_once, story};

#[test]
fn takes_an_operation_that_another_test_called_first() {
    alone(|| {
        let log = capture();
        elsewhere(|| reserve(2)).unwrap();
        reserve(1).unwrap();
        assert_eq!(story(&log), ["reserve invoke", "reserve success"]);
    });
}

#[test]
fn takes_an_operation_that_another_test_called_first_without_a_global_subscriber() {
    alone(|| {
        let log = capture_thread();
        elsewhere(|| reserve(2)).unwrap();
        reserve(1).unwrap();
        assert_eq!(story(&log), ["reserve invoke", "reserve success"]);
    });
}

#[test]
fn takes_every_operation_that_tests_in_parallel_call_first() {
    /// As many functions as there are numbers, each of which is a place of its own.
    macro_rules! functions {
        ($($number:literal)*) => {
            [$({
                #[operation(entity_id = $number)]
                fn first() {}
                first as fn()
            }),*]
        };
    }
    let functions =
        functions!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29);
    alone(move || {
        thread::scope(|scope| {
            for number in 0..4 {
                scope.spawn(move || {
                    for (place, function) in functions.iter().enumerate() {
                        if place % 4 == number {
                            let log = capture();
                            function();
                            assert_eq!(lines(&log), [format!("first [{place}] success")]);
                        } else {
                            function();
                        }
                    }
                });
            }
        });
    });
}

#[test]
fn the_inner_of_two_captures_takes_what_happens_until_it_is_dropped() {
    let outer = capture();
    reserve(1).unwrap();
    let inner = capture();
    reserve(2).unwrap();
    drop(inner.clone());
    drop(inner);
    reserve(3).unwrap();
    assert_eq!(lines(&outer), ["reserve [1] success", "reserve [3] success"]);
}

#[test]
fn captures_may_be_dropped_in_any_order() {
    let [a, b, c] = [capture(), capture(), capture()];
    let logs = [&a, &b, &c].map(|capture| Log::clone(capture));
    reserve(1).unwrap();
    drop(b);
    reserve(2).unwrap();
    drop(a);
    reserve(3).unwrap();
    drop(c);
    reserve(4).unwrap();
    let taken = logs.map(|log| log.records().len());
    assert_eq!(taken, [0, 0, 6]);
}

#[test]
fn a_capture_that_is_moved_takes_what_the_thread_does_that_made_it() {
    let log = capture();
    let (log, ()) = elsewhere(move || (log, drop(reserve(1))));
    reserve(2).unwrap();
    assert_eq!(lines(&log), ["reserve [2] success"]);
    let kept = Log::clone(&log);
    elsewhere(move || drop(log));
    reserve(3).unwrap();
    assert_eq!(lines(&kept), ["reserve [2] success"]);
    // And the next one is not disturbed by what the thread still has of it.
    let next = capture();
    reserve(4).unwrap();
    assert_eq!(lines(&next), ["reserve [4] success"]);
}

#[test]
fn an_operation_that_began_before_the_capture_was_dropped_is_recorded_to_its_end() {
    #[tracing::instrument(ret, fields(invocation.evidence = "ret"))]
    async fn stock() -> u32 {
        tokio::task::yield_now().await;
        1
    }
    let log = capture();
    let (mut own, mut stock) = (Box::pin(fetch(1)), Box::pin(stock()));
    assert!(poll_once(own.as_mut()).is_pending());
    assert!(poll_once(stock.as_mut()).is_pending());
    let kept = Log::clone(&log);
    drop(log);
    assert!(poll_once(own.as_mut()).is_ready());
    assert!(poll_once(stock.as_mut()).is_ready());
    kept.assert_last("fetch").ended(Outcome::Success);
    kept.assert_last("stock").ended(Outcome::Success);
    let inside = kept.records().into_iter().find(|record| record.event_name == "reserve");
    assert!(inside.is_none(), "it began after the capture\n{kept}");
}

#[test]
fn what_began_inside_an_operation_of_the_outer_capture_is_the_inner_ones() {
    #[operation]
    fn around(inside: impl FnOnce()) {
        inside();
    }
    let outer = capture();
    around(|| {
        let inner = capture();
        reserve(1).unwrap();
        assert_eq!(lines(&inner), ["reserve [1] success"]);
        drop(inner);
        reserve(2).unwrap();
    });
    assert_eq!(lines(&outer), ["around success", "  reserve [2] success"]);
}

#[test]
fn another_subscriber_on_the_thread_takes_its_own_meanwhile() {
    let (log, other) = (capture(), Log::new());
    with_default(registry().with(other.layer()), || {
        reserve(1).unwrap();
        let inner = capture();
        reserve(2).unwrap();
        assert_eq!(lines(&inner), ["reserve [2] success"]);
        drop(inner);
        reserve(3).unwrap();
    });
    reserve(4).unwrap();
    assert_eq!(lines(&other), ["reserve [1] success", "reserve [3] success"]);
    assert_eq!(lines(&log), ["reserve [4] success"]);
}

#[test]
fn a_subscriber_that_was_there_before_comes_back() {
    let other = Log::new();
    with_default(registry().with(other.layer()), || {
        let [a, b] = [capture(), capture()];
        drop(a);
        reserve(1).unwrap();
        assert_eq!(lines(&b), ["reserve [1] success"]);
        drop(b);
        reserve(2).unwrap();
    });
    assert_eq!(lines(&other), ["reserve [2] success"]);
}

#[test]
fn nothing_is_enabled_while_there_is_no_capture() {
    alone(|| {
        let log = capture();
        assert!(!tracing::info_span!("span").is_disabled());
        drop(log);
        assert!(tracing::info_span!("span").is_disabled());
    });
}

#[test]
fn global_captures_take_everything_any_number_of_them() {
    alone(|| {
        let first = capture_globally();
        elsewhere(|| reserve(1)).unwrap();
        let second = capture_globally();
        let own = capture();
        reserve(2).unwrap();
        elsewhere(|| reserve(3)).unwrap();
        drop(second);
        reserve(4).unwrap();
        assert_eq!(lines(&own), ["reserve [2] success", "reserve [4] success"]);
        let all = [1, 2, 3, 4].map(|number| format!("reserve [{number}] success"));
        assert_eq!(lines(&first), all);
        drop(first);
        reserve(5).unwrap();
        own.assert_every_invoke_ended_once();
        assert_eq!(own.records().len(), 6);
    });
}

#[test]
fn beside_a_global_subscriber_of_the_program_only_known_threads_are_captured() {
    let output = alone(|| {
        let program = Log::new();
        set_global_default(registry().with(program.layer())).unwrap();
        let log = capture();
        reserve(1).unwrap();
        elsewhere(|| reserve(2)).unwrap();
        elsewhere(log.follow_thread(|| reserve(3))).unwrap();
        elsewhere(|| drop(poll_once(std::pin::pin!(log.follow(async { reserve(4) })))));
        let taken = [1, 3, 4].map(|number| format!("reserve [{number}] success"));
        assert_eq!(lines(&log), taken);
        assert_eq!(lines(&program), ["reserve [2] success"]);
        insta::assert_snapshot!(message_of(|| drop(log.assert_all("none"))), @r#"
        no operation was named "none"
        all operations:
        reserve [1] success
        reserve [3] success
        reserve [4] success
        note: the program has set a global subscriber, which hears the other threads instead of this capture. Use `Capture::follow` or `follow_thread` there, or compose `Log::layer()` into that subscriber.
        "#);
        insta::assert_snapshot!(message_of(|| drop(capture_globally())), @"the program has set a global subscriber before: compose `Log::layer()` into it instead of calling `capture_globally`");
        drop(log);
        reserve(5).unwrap();
        assert_eq!(program.records().len(), 4);
    });
    output.map(stderr_of).into_iter().for_each(|said| assert!(said.is_empty(), "{said:?}"));
}

#[test]
fn a_capture_of_the_thread_leaves_the_global_subscriber_to_the_program() {
    alone(|| {
        let log = capture_thread();
        let program = Log::new();
        set_global_default(registry().with(program.layer())).unwrap();
        reserve(1).unwrap();
        elsewhere(|| reserve(2)).unwrap();
        assert_eq!(lines(&log), ["reserve [1] success"]);
        assert_eq!(lines(&program), ["reserve [2] success"]);
    });
}

#[tokio::test]
async fn a_capture_inside_a_current_thread_runtime_takes_its_tasks_and_its_blocking_threads() {
    let log = capture();
    let task = tokio::spawn(fetch(1));
    let local = tokio::task::LocalSet::new();
    local.run_until(async { tokio::task::spawn_local(fetch(2)).await.unwrap() }).await.unwrap();
    task.await.unwrap().unwrap();
    tokio::task::spawn_blocking(|| reserve(3)).await.unwrap().unwrap();
    async {}.operation(tracing::info_span!("own")).await;
    insta::assert_snapshot!(log.tree(), @r"
    fetch [1] success
      reserve [1] success
    fetch [2] success
      reserve [2] success
    own success
    reserve [3] success
    ");
}
