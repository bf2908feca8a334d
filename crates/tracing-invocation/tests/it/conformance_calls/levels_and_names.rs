//! The level of each outcome.

use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_invocation::Level::{Debug, Error, Info, Warn};
use tracing_invocation::Outcome::{Cancelled, Failed, Invoke, Success};
use tracing_invocation::operation;
use tracing_invocation::testing::Log;
use tracing_subscriber::fmt::writer::MakeWriterExt as _;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::{ValueError, assert_tells, dropped, error};
use crate::golden::assert_golden;
use crate::support::{capture, poll_once};

/// The error is told again by an operation around the one that failed first, not by a later one.
#[tokio::test]
async fn default_levels() {
    #[operation]
    async fn ok() {}
    #[operation]
    async fn bad() -> Result<(), ValueError> {
        Err(ValueError("bad"))
    }
    #[operation]
    async fn again() -> Result<(), ValueError> {
        bad().await
    }
    #[operation]
    async fn stopped() {
        pending().await
    }
    let log = capture();
    ok().await;
    again().await.unwrap_err();
    assert!(poll_once(Box::pin(stopped()).as_mut()).is_pending());
    assert_tells(
        &log,
        [
            ("ok", Invoke, Debug, json!({})),
            ("ok", Success, Debug, json!({})),
            ("again", Invoke, Debug, json!({})),
            ("bad", Invoke, Debug, json!({})),
            ("bad", Failed, Error, error("ValueError", "bad")),
            ("again", Failed, Debug, json!({"caused_by": "bad"})),
            ("stopped", Invoke, Debug, json!({})),
            ("stopped", Cancelled, Info, dropped()),
        ],
    );
}

/// The most severe level is `ERROR`, where the original has `CRITICAL`.
#[tokio::test]
async fn custom_levels() {
    #[operation(levels(invoke = "info", success = "warn"))]
    async fn ok() {}
    #[operation(levels(invoke = "info", failed = "error"))]
    async fn bad() -> Result<(), ValueError> {
        Err(ValueError("bad"))
    }
    #[operation(levels(invoke = "info", suppressed = "warn"))]
    async fn again() -> Result<(), ValueError> {
        bad().await
    }
    #[operation(levels(invoke = "info", cancelled = "error"))]
    async fn stopped() {
        pending().await
    }
    let log = capture();
    ok().await;
    again().await.unwrap_err();
    assert!(poll_once(Box::pin(stopped()).as_mut()).is_pending());
    assert_tells(
        &log,
        [
            ("ok", Invoke, Info, json!({})),
            ("ok", Success, Warn, json!({})),
            ("again", Invoke, Info, json!({})),
            ("bad", Invoke, Info, json!({})),
            ("bad", Failed, Error, error("ValueError", "bad")),
            ("again", Failed, Warn, json!({"caused_by": "bad"})),
            ("stopped", Invoke, Info, json!({})),
            ("stopped", Cancelled, Error, dropped()),
        ],
    );
}

/// The level of a record does not decide whether it is made; a writer may choose by it.
#[test]
fn no_threshold_before_the_sink() {
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    #[operation(levels(success = "debug"))]
    fn run() {}

    let (log, written) = (Log::new(), Written::default());
    let writer = written.clone();
    let choosing = (move || writer.clone()).with_max_level(tracing::Level::INFO);
    let subscriber =
        registry().with(log.layer()).with(tracing_invocation::layer().with_writer(choosing));
    tracing::subscriber::with_default(subscriber, run);
    assert_golden!("levels_and_names/no_threshold_before_the_sink", log);
    assert!(written.0.lock().unwrap().is_empty());
}
