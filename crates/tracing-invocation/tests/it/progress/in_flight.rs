//! What is open, as data and as text.

use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use tracing_invocation::{Redaction, layer};

use super::*;

#[test]
fn operations_are_listed_the_oldest_first_until_they_end() {
    let captured = captured(|layer| layer);
    let never_entered = info_span!("never entered");
    let outer = begin(info_span!("outer", invocation.namespace = "shop"));
    captured.log.advance(MS * 5);
    let inner = outer.span().in_scope(|| begin(info_span!("inner", invocation.entity_id = 7)));
    let open = captured.in_flight.operations();
    let [first, second] = &open[..] else { panic!("{open:?}") };
    assert_eq!((&*first.event_namespace, &*first.event_name), ("shop", "outer"));
    assert_eq!((&*second.event_name, second.entity_id.as_deref()), ("inner", Some("7")));
    assert_eq!(second.parent_span_id, Some(first.span_id));
    assert_eq!((second.trace_id, first.polls), (first.trace_id, None));
    assert_eq!(first.age, MS * 7);
    inner.complete();
    assert_eq!(captured.in_flight.operations().len(), 1);
    outer.complete();
    assert_eq!(captured.in_flight.operations(), []);
    drop(never_entered);
}

#[test]
fn polls_are_there_where_progress_is_captured() {
    let captured = with_progress();
    let mut run = Box::pin(work(captured.log.clone(), 9, 1).operation(info_span!("run")));
    poll(&captured.log, &mut run, 4, 1);
    assert_eq!(captured.in_flight.operations()[0].polls, Some(4));
}

#[test]
fn where_it_waits_is_there_for_as_long_as_it_does() {
    let patience = Duration::from_secs(60);
    let capture = Capture::none().with_awaiting().with_patience(patience);
    let captured = captured(|layer| layer.with_capture(capture));
    let mutex = tokio::sync::Mutex::new(());
    let held = mutex.try_lock().unwrap();
    let reserve = async { drop(mutex.lock().await) };
    let line = line!() - 1;
    let mut reserve = Box::pin(reserve.operation(info_span!("reserve")));
    let mut poll = || reserve.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll().is_pending());
    let open = captured.in_flight.operations();
    let [awaiting] = &open[0].awaiting[..] else { panic!("{open:?}") };
    assert_eq!(awaiting.on.as_deref(), Some("tokio::sync::Mutex::lock"));
    let place = format!("in_flight.rs:{line}");
    assert!(awaiting.chain.last().unwrap().trim_end_matches(')').ends_with(&place), "{awaiting:?}");
    let shown = captured.in_flight.to_string();
    assert!(shown.contains("  waits for tokio::sync::Mutex::lock at "), "{shown}");
    drop(held);
    assert!(poll().is_ready());
    assert_eq!(captured.in_flight.operations(), []);
}

#[test]
fn for_a_person_it_is_a_table_with_each_below_its_parent() {
    let captured = captured(|layer| layer.with_capture(Capture::none().with_progress()));
    let root = |name| begin(info_span!(target: "shop", "x", invocation.name = name));
    let below = |outer: &tracing_invocation::OperationGuard, name| {
        outer.span().in_scope(|| {
            begin(info_span!(target: "shop", "x", invocation.name = name, invocation.entity_id = 7))
        })
    };
    let first = root("first");
    captured.log.advance(MS * 2_000);
    let second = root("second\u{1b}[31m\n");
    let child = below(&first, "child");
    let grandchild = below(&child, "grandchild");
    insta::assert_snapshot!(captured.in_flight, @r"
    4 operations in flight
           age  polls  operation
        2.00 s      1  shop first  0000000000000001
       2.00 ms      1    shop child [7]  0000000000000003
       1.00 ms      0      shop grandchild [7]  0000000000000004
       3.00 ms      0  shop second\u{1b}[31m\n  0000000000000002
    ");
    drop((first, second, child, grandchild));
    assert_eq!(captured.in_flight.to_string(), "0 operations in flight\n");
}

#[test]
fn it_shows_what_records_show() {
    let captured = captured(|layer| {
        layer.with_redaction(Redaction::standard().with_pattern("hunter[0-9]").unwrap())
    });
    let run = begin(info_span!("run", invocation.entity_id = "hunter2"));
    assert!(!captured.in_flight.to_string().contains("hunter2"));
    assert!(captured.in_flight.to_string().contains("<redacted>"), "{}", captured.in_flight);
    drop(run);
}

#[test]
fn ten_thousand_nested_operations_are_a_table_too() {
    let captured = captured(|layer| layer);
    let mut open = vec![begin(info_span!("run"))];
    for _ in 1..10_000 {
        let next = open[open.len() - 1].span().in_scope(|| begin(info_span!("run")));
        open.push(next);
    }
    let text = captured.in_flight.to_string();
    assert_eq!(text.lines().count(), 10_002);
    assert!(text.lines().last().unwrap().contains("+9989 "), "{:?}", text.lines().last());
    while open.pop().is_some() {}
}

#[test]
fn operations_that_begin_and_end_meanwhile_are_seen_once_or_not_at_all() {
    let captured = captured(|layer| layer);
    let stays: Vec<_> = (0..2_000).map(|_| begin(info_span!("stays"))).collect();
    let dispatch = tracing::dispatcher::get_default(tracing::Dispatch::clone);
    let (stop, stopped) = mpsc::channel::<()>();
    let others = thread::spawn(move || {
        tracing::dispatcher::with_default(&dispatch, || {
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                begin(info_span!("comes and goes")).complete();
            }
        });
    });
    for _ in 0..20 {
        let open = captured.in_flight.operations();
        let mut ids: Vec<_> = open.iter().map(|operation| operation.span_id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), open.len());
        assert_eq!(open.iter().filter(|open| open.event_name == "stays").count(), 2_000);
    }
    stop.send(()).unwrap();
    others.join().unwrap();
    drop(stays);
    captured.log.clear();
}

#[cfg(unix)]
#[test]
fn a_signal_shows_it() {
    let layer = layer().with_writer(std::io::sink);
    let (shown, is_shown) = mpsc::channel();
    layer
        .in_flight()
        .dump_on_signal_to(signal_hook::consts::SIGUSR2, move |text| {
            shown.send(text.to_owned()).unwrap();
            panic!("of no consequence");
        })
        .unwrap();
    let default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let run = begin(info_span!("run"));
    for _ in 0..2 {
        signal_hook::low_level::raise(signal_hook::consts::SIGUSR2).unwrap();
        let text = is_shown.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(text.starts_with("1 operation in flight\n") && text.contains(" run  "), "{text}");
    }
    run.complete();
    drop(default);
    signal_hook::low_level::raise(signal_hook::consts::SIGUSR2).unwrap();
    assert_eq!(
        is_shown.recv_timeout(Duration::from_secs(20)),
        Err(mpsc::RecvTimeoutError::Disconnected),
        "the thread ends behind the layer"
    );
}

#[cfg(unix)]
#[test]
fn a_signal_that_nobody_may_handle_is_refused_in_words() {
    let in_flight = layer().in_flight();
    for signal in [signal_hook::consts::SIGKILL, 4_000] {
        let error = in_flight.dump_on_signal(signal).unwrap_err().to_string();
        assert!(error.starts_with(&format!("signal {signal}")), "{error}");
    }
}
