//! Where the namespace and the entity of a record come from, and who may refuse to be recorded.

use std::cell::Cell;
use std::future::pending;

use tracing_invocation::{Outcome, operation};

use crate::golden::assert_golden;
use crate::support::{capture, poll_once};

text_errors! { ValueError }

/// A receiver that knows whether it is recorded and what it works on.
struct Connection {
    recorded: bool,
    entity_id: &'static str,
}

const CONNECTION: Connection = Connection { recorded: true, entity_id: "conn-1" };

impl Connection {
    #[operation("run", when = self.recorded)]
    fn ok(&self) -> u8 {
        1
    }

    #[operation(when = self.recorded)]
    async fn aok(&self) -> u8 {
        2
    }

    #[operation(when = self.recorded)]
    fn bad(&self) -> Result<(), ValueError> {
        Err(ValueError("bad"))
    }

    #[operation(when = self.recorded)]
    async fn stopped(&self) {
        pending().await
    }

    #[operation("run", when = self.recorded, entity_id = unreachable())]
    fn run_without_entity(&self) -> u8 {
        5
    }

    #[operation(entity_id = self.entity_id)]
    fn run(&self) {}

    #[operation("run", entity_id = "explicit")]
    fn run_as_explicit(&self) {}

    #[operation("run", entity_id = self.entity_id)]
    fn run_and_rename(&mut self) {
        self.entity_id = "after";
    }
}

fn unreachable() -> &'static str {
    panic!("the entity of a call that is not recorded was looked up")
}

#[tokio::test]
async fn receiver_opts_out() {
    let log = capture();
    let silent = Connection { recorded: false, ..CONNECTION };
    assert_eq!((silent.ok(), silent.aok().await), (1, 2));
    assert_eq!(silent.bad().unwrap_err().0, "bad");
    assert!(poll_once(Box::pin(silent.stopped()).as_mut()).is_pending());
    assert_golden!("context_resolution/receiver_opts_out", log);
}

#[test]
fn receiver_opts_out_per_call() {
    let log = capture();
    CONNECTION.ok();
    Connection { recorded: false, ..CONNECTION }.ok();
    assert_golden!("context_resolution/receiver_opts_out_per_call", log);
}

#[test]
fn opt_out_skips_entity_and_policy() {
    let log = capture();
    assert_eq!(Connection { recorded: false, ..CONNECTION }.run_without_entity(), 5);
    assert_golden!("context_resolution/opt_out_skips_entity_and_policy", log);
}

/// Differs: the attribute names the receiver's entity, nothing looks for one.
#[test]
fn entity_id_from_receiver() {
    let log = capture();
    CONNECTION.run();
    assert_golden!("context_resolution/entity_id_from_receiver", log);
}

#[test]
fn entity_id_getter_wins() {
    let log = capture();
    CONNECTION.run_as_explicit();
    assert_golden!("context_resolution/entity_id_getter_wins", log);
}

#[test]
fn entity_id_is_fixed_at_call_start() {
    let log = capture();
    Connection { entity_id: "before", ..CONNECTION }.run_and_rename();
    assert_golden!("context_resolution/entity_id_is_fixed_at_call_start", log);
}

#[test]
fn entity_id_getter_called_once_per_call() {
    thread_local! {
        static USES: Cell<u8> = const { Cell::new(0) };
    }

    fn next_id() -> String {
        USES.set(USES.get() + 1);
        format!("id-{}", USES.get())
    }

    #[operation(entity_id = next_id())]
    fn run() {}

    let log = capture();
    run();
    run();
    assert_golden!("context_resolution/entity_id_getter_called_once_per_call", log);
}

/// Differs: a namespace is the text that was written, spaces included, and otherwise the module's path.
#[test]
fn namespaces() {
    #[operation("run", namespace = "my_app.db")]
    fn named() {}
    #[operation("run", namespace = "")]
    fn root() {}
    #[operation("run")]
    fn unnamed() {}
    #[operation("run", namespace = "  padded  ")]
    fn padded() {}

    let log = capture();
    named();
    root();
    unnamed();
    padded();
    let namespaces: Vec<_> = log
        .records()
        .into_iter()
        .map(|record| (record.event_outcome, record.event_namespace))
        .collect();
    let twice = |name: &str| [Outcome::Invoke, Outcome::Success].map(|end| (end, name.to_owned()));
    let expected = ["my_app.db", "", module_path!(), "  padded  "].map(twice).concat();
    assert_eq!(namespaces, expected);
}
