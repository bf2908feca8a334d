//! `operation_stream`.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use futures_core::Stream;
use tracing::{Dispatch, Span, dispatcher, info_span};
use tracing_invocation::testing::Log;
use tracing_invocation::{OperationStream, Outcome, StreamExt as _};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::{Payload, error_of, explode, panicked, payload_of};
use crate::support::{capture, check_lines, story};

/// A stream that is written down: an item, a pause, or a panic, one at each poll, and then its end.
struct Script(VecDeque<Step>);

#[derive(Clone, Copy, Debug)]
enum Step {
    Item(u32),
    Pause,
    Panic,
}

use Step::{Item, Panic, Pause};

impl Stream for Script {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        match self.0.pop_front() {
            Some(Item(item)) => Poll::Ready(Some(item)),
            Some(Pause) => Poll::Pending,
            Some(Panic) => explode(9),
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.0.len()))
    }
}

fn stream(steps: &[Step], span: Span) -> OperationStream<Script> {
    Script(steps.iter().copied().collect()).operation_stream(span)
}

fn next(stream: &mut OperationStream<Script>) -> Poll<Option<u32>> {
    Pin::new(stream).poll_next(&mut Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn items_pass_through_and_are_counted_at_the_end() {
    let log = capture();
    let mut rows = stream(&[Pause, Item(1), Item(2), Pause, Item(3)], info_span!("rows"));
    let expected = [
        Poll::Pending,
        Poll::Ready(Some(1)),
        Poll::Ready(Some(2)),
        Poll::Pending,
        Poll::Ready(Some(3)),
    ];
    assert_eq!(expected.map(|_| next(&mut rows)), expected);
    log.assert_last("rows").is_open();
    assert_eq!(next(&mut rows), Poll::Ready(None));
    log.assert_last("rows").ended(Outcome::Success).with_payload("/item_count", 3);
    drop(rows);
    assert_eq!(log.lines().len(), 2);
}

#[test]
fn an_empty_stream_succeeds_with_no_items() {
    let log = capture();
    assert_eq!(next(&mut stream(&[], info_span!("rows"))), Poll::Ready(None));
    log.assert_last("rows").ended(Outcome::Success).with_payload("/item_count", 0);
}

#[test]
fn cancelled_wherever_it_is_dropped_with_the_items_so_far() {
    const STEPS: [Step; 5] = [Item(1), Pause, Item(2), Pause, Item(3)];
    let items_after = [0, 1, 1, 2, 2, 3];
    for (polls, items) in items_after.into_iter().enumerate() {
        let log = capture();
        let mut rows = stream(&STEPS, info_span!("rows"));
        for _ in 0..polls {
            let _ = next(&mut rows);
        }
        drop(rows);
        if polls == 0 {
            assert_eq!(log.lines(), [""; 0], "never polled");
        } else {
            assert_eq!(story(&log), ["rows invoke", "rows cancelled"]);
            log.assert_last("rows")
                .with_payload("/item_count", items)
                .with_payload("/cancelled", true);
        }
    }
}

#[test]
fn failed_when_it_panics_midway_and_polled_on_it_stays_so() {
    let log = capture();
    let mut rows = stream(&[Item(1), Pause, Panic, Item(2), Panic], info_span!("rows"));
    assert_eq!(next(&mut rows), Poll::Ready(Some(1)));
    assert_eq!(next(&mut rows), Poll::Pending);
    assert_eq!(payload_of(|| next(&mut rows)), Payload(9));
    assert_eq!(error_of(&log, "rows"), panicked(super::UNKNOWN_MESSAGE));
    log.assert_last("rows").with_payload("/item_count", 1);

    assert_eq!(next(&mut rows), Poll::Ready(Some(2)));
    assert_eq!(payload_of(|| next(&mut rows)), Payload(9));
    assert_eq!(next(&mut rows), Poll::Ready(None));
    drop(rows);
    assert_eq!(story(&log), ["rows invoke", "rows failed"]);
}

#[test]
fn polled_after_its_end_it_has_no_more_items_and_no_more_records() {
    let log = capture();
    let mut rows = stream(&[Item(1)], info_span!("rows"));
    assert_eq!(rows.size_hint(), (0, Some(1)));
    assert_eq!(next(&mut rows), Poll::Ready(Some(1)));
    for _ in 0..3 {
        assert_eq!(next(&mut rows), Poll::Ready(None));
        assert_eq!(rows.size_hint(), (0, Some(0)));
    }
    drop(rows);
    assert_eq!(story(&log), ["rows invoke", "rows success"]);
}

#[test]
fn settled_at_its_end_while_the_span_is_held() {
    let log = capture();
    let held = info_span!("rows");
    let mut rows = stream(&[Item(1)], held.clone());
    while next(&mut rows) != Poll::Ready(None) {}
    assert_eq!(story(&log), ["rows invoke", "rows success"]);

    let held = info_span!("rows");
    let mut rows = stream(&[Item(1)], held.clone());
    assert_eq!(next(&mut rows), Poll::Ready(Some(1)));
    drop(rows);
    log.assert_last("rows").ended(Outcome::Cancelled);
    drop(held);
    log.assert_every_invoke_ended_once();
}

#[test]
fn polled_and_dropped_on_other_threads_it_is_one_operation() {
    let log = Log::new();
    let dispatch = Dispatch::new(registry().with(log.layer()));
    let rows = || stream(&[Item(1), Item(2)], info_span!("rows"));
    let mut rows = dispatcher::with_default(&dispatch, rows);
    let poll = move || {
        let first = next(&mut rows);
        (first, rows)
    };
    let (first, rows) = thread::spawn(poll).join().unwrap();
    assert_eq!(first, Poll::Ready(Some(1)));
    thread::spawn(move || drop(rows)).join().unwrap();
    check_lines(&log);
    assert_eq!(story(&log), ["rows invoke", "rows cancelled"]);
    log.assert_last("rows").with_payload("/item_count", 1);
}

#[test]
fn without_a_span_that_is_recorded_nothing_breaks() {
    for span in [Span::none(), info_span!("unheard")] {
        let mut rows = stream(&[Item(1), Panic], span);
        assert_eq!(next(&mut rows), Poll::Ready(Some(1)));
        assert_eq!(payload_of(|| next(&mut rows)), Payload(9));
        assert_eq!(next(&mut rows), Poll::Ready(None));
    }
}
