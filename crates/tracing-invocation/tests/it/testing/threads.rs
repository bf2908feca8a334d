//! Captures that follow what a test starts on other threads, and what they say of what they cannot follow.

use std::sync::Barrier;
use std::thread;

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tracing::info_span;
use tracing_invocation::testing::{Capture, Log, capture};
use tracing_invocation::{begin, operation};

use super::{elsewhere, fetch, lines, message_of, reserve};
use crate::hostile::tools::{alone, stderr_of};

#[operation]
async fn fetch_all(numbers: Vec<u32>) {
    let mut set: JoinSet<_> = numbers.into_iter().map(fetch).collect();
    while set.join_next().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_what_a_runtime_of_many_threads_runs() {
    let log = capture();
    tokio::spawn(fetch(1)).await.unwrap().unwrap();
    tokio::spawn(async { tokio::spawn(fetch(2)).await }).await.unwrap().unwrap().unwrap();
    tokio::task::spawn_blocking(|| reserve(3)).await.unwrap().unwrap();
    let handle = tokio::runtime::Handle::current();
    elsewhere(move || handle.block_on(fetch(4))).unwrap();
    log.assert_every_invoke_ended_once();
    insta::assert_snapshot!(log.tree(), @r"
    fetch [1] success
      reserve [1] success
    fetch [2] success
      reserve [2] success
    fetch [4] success
      reserve [4] success
    reserve [3] success
    ");
}

#[test]
fn the_tree_of_a_join_set_is_the_same_every_time() {
    for threads in 1..=4 {
        let runtime = Builder::new_multi_thread().worker_threads(threads).build().unwrap();
        for _ in 0..50 {
            let log = runtime.block_on(async {
                let log = capture();
                tokio::spawn(fetch_all(vec![7, 101, 7, 8, 101, 9])).await.unwrap();
                log
            });
            insta::allow_duplicates! {
                insta::assert_snapshot!(log.tree(), @r"
                fetch [101] failed, caused by reserve ×2
                  reserve [101] failed String: 101 is too many
                fetch [7] success ×2
                  reserve [7] success
                fetch [8] success
                  reserve [8] success
                fetch [9] success
                  reserve [9] success
                fetch_all success
                ");
            }
        }
    }
}

#[test]
fn captures_of_tests_in_parallel_do_not_see_each_other() {
    const TESTS: u32 = 4;
    let barrier = Barrier::new(TESTS as usize);
    thread::scope(|scope| {
        for test in 0..TESTS {
            let barrier = &barrier;
            scope.spawn(move || {
                let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
                runtime.block_on(async {
                    barrier.wait();
                    let log = capture();
                    let mut set: JoinSet<_> =
                        (0..20).map(|number| fetch(20 * test + number)).collect();
                    while set.join_next().await.is_some() {}
                    elsewhere(log.follow_thread(move || reserve(test))).unwrap();
                    log.assert_every_invoke_ended_once();
                    let mut expected: Vec<_> = (20 * test..20 * (test + 1))
                        .map(|it| format!("fetch [{it}] success,  reserve [{it}] success"))
                        .collect();
                    expected.sort_unstable();
                    expected.push(format!("reserve [{test}] success"));
                    assert_eq!(lines(&log).join(","), expected.join(","));
                    barrier.wait();
                });
            });
        }
    });
}

#[test]
fn takes_what_happens_in_its_spans_on_any_thread() {
    let log = capture();
    let parent = info_span!("parent", invocation.name = "parent");
    let guard = begin(parent.clone());
    elsewhere(|| parent.in_scope(|| reserve(1))).unwrap();
    elsewhere(|| begin(info_span!(parent: &parent, "child")).complete());
    let inside = log.follow_thread(|| begin(info_span!(parent: None, "root")).complete());
    elsewhere(inside);
    guard.complete();
    insta::assert_snapshot!(log.tree(), @r"
    parent success
      child success
      reserve [1] success
    root success
    ");
}

#[test]
fn a_span_entered_in_the_thread_of_another_capture_keeps_its_own() {
    let log = capture();
    let span = info_span!("here");
    let other = elsewhere(|| {
        let other = capture();
        reserve(1).unwrap();
        span.in_scope(|| reserve(2)).unwrap();
        reserve(3).unwrap();
        Log::clone(&other)
    });
    drop(span);
    assert_eq!(lines(&other), ["reserve [1] success", "reserve [3] success"]);
    assert_eq!(lines(&log), ["here unknown", "  reserve [2] success"]);
}

#[test]
fn a_runtime_that_the_test_builds_is_followed_where_it_says_so() {
    let log = capture();
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        tokio::spawn(log.follow(fetch(1))).await.unwrap().unwrap();
        log.follow_runtime();
        tokio::spawn(fetch(2)).await.unwrap().unwrap();
    });
    assert_eq!(
        lines(&log),
        [
            "fetch [1] success",
            "  reserve [1] success",
            "fetch [2] success",
            "  reserve [2] success"
        ]
    );
}

#[test]
fn what_a_followed_future_does_as_it_is_dropped_is_taken() {
    struct Reserves;
    impl Drop for Reserves {
        fn drop(&mut self) {
            drop(reserve(1));
        }
    }
    let log = capture();
    let reserves = Reserves;
    let future = log.follow(async move {
        let _reserves = reserves;
        std::future::pending::<()>().await;
    });
    elsewhere(move || drop(future));
    assert_eq!(lines(&log), ["reserve [1] success"]);
}

#[test]
fn of_nested_captures_in_one_runtime_the_inner_takes_its_tasks() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(async {
        let outer = capture();
        let inner = capture();
        tokio::spawn(async { reserve(1) }).await.unwrap().unwrap();
        assert_eq!(lines(&inner), ["reserve [1] success"]);
        drop(inner);
        tokio::spawn(async { reserve(2) }).await.unwrap().unwrap();
        assert_eq!(lines(&outer), ["reserve [2] success"]);
    });
}

#[test]
fn a_task_of_a_runtime_that_two_tests_share_is_missed_by_both_and_both_say_so() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (begun, done) = (Barrier::new(2), Barrier::new(2));
    let test = |spawns: bool| {
        let _inside = runtime.enter();
        let log = capture();
        begun.wait();
        if spawns {
            runtime.block_on(async {
                tokio::spawn(fetch(1)).await.unwrap().unwrap();
                tokio::spawn(log.follow(fetch(2))).await.unwrap().unwrap();
            });
        }
        done.wait();
        assert!(message_of(|| log.assert_nothing_missed()).contains("belong to no capture"));
        lines(&log)
    };
    let [spawned, other] = thread::scope(|scope| {
        let tests = [true, false].map(|spawns| scope.spawn(move || test(spawns)));
        tests.map(|test| test.join().unwrap())
    });
    assert_eq!(spawned, ["fetch [2] success", "  reserve [2] success"]);
    assert!(other.is_empty());
}

#[test]
fn an_operation_on_a_thread_of_no_capture_is_not_taken_and_not_silent() {
    let output = alone(|| {
        let log = capture();
        log.assert_nothing_missed();
        elsewhere(|| tracing::debug_span!("fine").in_scope(|| {}));
        log.assert_nothing_missed();
        thread::Builder::new()
            .name("pool".to_owned())
            .spawn(|| drop((reserve(1), reserve(2))))
            .unwrap()
            .join()
            .unwrap();
        log.assert_every_invoke_ended_once();
        insta::assert_snapshot!(message_of(|| drop(log.assert_all("reserve"))), @r#"
        no operation was named "reserve"
        all operations:
        none
        note: 2 operations began on threads that belong to no capture. The first was `reserve` on the thread `pool`. If this test started it, use `Capture::follow`, `follow_thread` or `follow_runtime`.
        "#);
        insta::assert_snapshot!(message_of(|| log.assert_nothing_missed()), @r"
        operations began that no capture recorded
        all operations:
        none
        note: 2 operations began on threads that belong to no capture. The first was `reserve` on the thread `pool`. If this test started it, use `Capture::follow`, `follow_thread` or `follow_runtime`.
        ");
    });
    // The failed assertions said it.
    output.map(stderr_of).into_iter().for_each(|said| assert!(said.is_empty(), "{said:?}"));
}

#[test]
fn a_capture_that_missed_something_says_so_when_it_is_dropped() {
    let output = alone(|| {
        let log = capture();
        elsewhere(|| reserve(1)).unwrap();
        log.assert_every_invoke_ended_once();
    });
    if let Some(said) = output.map(stderr_of) {
        assert_eq!(said.len(), 1, "{said:?}");
        let note =
            "tracing-invocation: note: 1 operation began on threads that belong to no capture.";
        assert!(said[0].starts_with(note), "{said:?}");
    }
}

#[test]
fn outside_a_runtime_there_is_none_to_follow() {
    let log: Capture = capture();
    insta::assert_snapshot!(message_of(|| log.follow_runtime()), @"no runtime to follow: call `follow_runtime` inside `block_on` or a task, with tokio 1.49 or later and the feature `tokio`; or wrap what is spawned in `Capture::follow`");
}
