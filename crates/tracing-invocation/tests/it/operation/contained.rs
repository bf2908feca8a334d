//! A value that an operation computes for the log may panic: a mark stands in its place, and the program does not notice.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use serde_json::{Value, json};
use tracing_invocation::Outcome::{Invoke, Success};
use tracing_invocation::{ErrorClass, Outcome, operation};

use crate::support::{capture, only, poll_once};

/// Can be asked so many times. The next time panics.
struct Asked(Cell<u32>);

impl Asked {
    fn id(&self) -> u32 {
        self.0.set(self.0.get().checked_sub(1).unwrap());
        1
    }

    fn name(&self) -> String {
        self.id().to_string()
    }

    fn is_asked(&self) -> bool {
        self.id() == 1
    }
}

struct Answer<'a> {
    asked: &'a Asked,
    order: u32,
}

const MARK: &str = "<unprintable>";

#[operation(fields(order, id = asked.id()))]
fn field(asked: &Asked, order: u32) -> u32 {
    let _ = asked;
    order
}

#[operation(fields(order, text = %asked.name().as_str(), whole: debugged = ?asked.name()))]
async fn async_field(asked: &Asked, order: u32) -> u32 {
    let _ = asked;
    std::future::ready(order).await
}

#[operation(args(order, first = [1, 2][order as usize], taken = drop(asked)))]
fn argument(asked: Box<Asked>, order: u32) -> u32 {
    order
}

#[operation(fields(order), entity_id = asked.name())]
fn entity(asked: &Asked, order: u32) -> u32 {
    let _ = asked;
    order
}

#[operation(fields(order), when = asked.is_asked())]
fn condition(asked: &Asked, order: u32) -> u32 {
    let _ = asked;
    order
}

#[operation(fields(order), live(now = asked.id(), later = order + 1))]
fn live(asked: &Asked, order: u32) -> u32 {
    let _ = asked;
    order
}

#[operation(fields(order), live(now = %asked.name()))]
async fn async_live(asked: &Asked, order: u32) -> u32 {
    let _ = asked;
    std::future::ready(order).await
}

#[operation(fields(order), live(now = asked.id()))]
fn future_live(asked: &Asked, order: u32) -> impl Future<Output = u32> {
    let _ = asked;
    std::future::ready(order)
}

#[operation(result(order, id = asked.id()))]
fn part(asked: &Asked, order: u32) -> Answer<'_> {
    Answer { asked, order }
}

#[operation(errors = |_: &String| -> ErrorClass { panic!("no class") })]
fn class(order: u32) -> Result<u32, String> {
    Err(order.to_string())
}

/// Whether the call returns what it returns without a log, and what its record of this outcome has under this pointer.
#[track_caller]
fn check(name: &str, call: impl FnOnce() -> u32, facts: &[(Outcome, &str, Value)]) {
    let log = capture();
    let returned = catch_unwind(AssertUnwindSafe(call));
    assert_eq!(returned.ok(), Some(7), "{name}");
    for (outcome, pointer, value) in facts {
        let record = serde_json::to_value(only(&log, name, *outcome)).unwrap();
        assert_eq!(record.pointer(pointer), Some(value), "{name} {outcome}\n{}", *log);
    }
    log.assert_every_invoke_ended_once();
}

/// The value of a future that is ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match poll_once(std::pin::pin!(future)) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_value_that_panics_leaves_a_mark_and_the_call_as_it_is() {
    let times = |times| Asked(Cell::new(times));
    let mark = || json!(MARK);
    let (never, once) = (times(0), times(1));

    let facts = [(Invoke, "/payload/id", mark()), (Success, "/payload/order", json!(7))];
    check("field", || field(&never, 7), &facts);
    let facts = [
        (Invoke, "/payload/text", mark()),
        (Invoke, "/payload/debugged", mark()),
        (Success, "/payload/order", json!(7)),
    ];
    check("async_field", || now(async_field(&never, 7)), &facts);
    let facts =
        [(Invoke, "/payload/args/first", mark()), (Success, "/event_name", json!("argument"))];
    check("argument", || argument(Box::new(times(0)), 7), &facts);
    let facts = [(Invoke, "/entity_id", mark()), (Success, "/payload/order", json!(7))];
    check("entity", || entity(&never, 7), &facts);
    let facts = [(Invoke, "/payload/order", json!(7)), (Success, "/payload/order", json!(7))];
    check("condition", || condition(&never, 7), &facts);

    let facts = [
        (Invoke, "/payload/now", json!(1)),
        (Success, "/payload/now", mark()),
        (Success, "/payload/later", json!(8)),
    ];
    check("live", || live(&once, 7), &facts);
    let facts = [(Invoke, "/payload/now", json!("1")), (Success, "/payload/now", mark())];
    check("async_live", || now(async_live(&times(1), 7)), &facts);
    let facts = [(Invoke, "/payload/now", json!(1)), (Success, "/payload/now", mark())];
    check("future_live", || now(future_live(&times(1), 7)), &facts);

    let facts =
        [(Success, "/payload/result/id", mark()), (Success, "/payload/result/order", json!(7))];
    check("part", || part(&never, 7).order, &facts);
    let facts = [(Outcome::Failed, "/payload/error/message", json!("7"))];
    check("class", || class(7).unwrap_err().parse().unwrap(), &facts);
}

#[test]
fn a_value_that_takes_part_in_the_control_flow_is_a_part_of_the_function() {
    #[operation(fields(number = text.parse::<u32>()?))]
    fn parsed(text: &str) -> Result<u32, std::num::ParseIntError> {
        Ok(text.len() as u32)
    }
    #[operation(fields(id = std::future::ready(7).await, length = text.len()))]
    async fn awaited(text: &str) -> usize {
        text.len()
    }
    let log = capture();
    assert!(parsed("x").is_err());
    assert_eq!(log.records(), []);
    assert_eq!(parsed("7"), Ok(1));
    assert_eq!(now(awaited("seven")), 5);
    log.assert_last("awaited").ended(Success).with_payload("/id", 7);
}
