//! `ret` without `err`: an `Err` that is returned is a failure.

use std::fmt;

use serde_json::json;
use tracing::{info_span, instrument};
use tracing_invocation::Outcome;
use tracing_invocation::testing::Log;
use tracing_subscriber::prelude::*;

use crate::support::{capture, check_lines, only};

#[instrument(skip_all, ret)]
fn bind<T: fmt::Debug>(result: T) -> T {
    result
}

#[test]
fn an_err_that_ret_shows_is_a_failure_with_what_is_inside() {
    let log = capture();
    bind(Err::<(), _>("no such port")).unwrap_err();
    let told = only(&log, "bind", Outcome::Failed);
    let expected = json!({"error": {"type": "error", "message": "\"no such port\""}});
    assert_eq!(json!(told.payload), expected);
}

#[tokio::test]
async fn so_is_one_of_an_async_function() {
    #[derive(Debug)]
    struct Refused {
        #[expect(dead_code, reason = "it is there for its `Debug` text")]
        code: u8,
    }
    #[instrument(ret)]
    async fn connect() -> Result<(), Refused> {
        tokio::task::yield_now().await;
        Err(Refused { code: 4 })
    }
    let log = capture();
    connect().await.unwrap_err();
    log.assert_last("connect").with_payload("/error/message", "Refused { code: 4 }");
}

#[test]
fn anything_else_that_ret_shows_is_a_success() {
    let log = capture();
    bind(Ok::<_, ()>(1)).unwrap();
    bind("Err(1)");
    bind(Some(Err::<(), _>(1))).unwrap().unwrap_err();
    bind(7);
    log.assert_all("bind").ended(Outcome::Success);
    assert_eq!(log.assert_all("bind").records().len(), 8);
}

#[test]
fn an_err_is_told_once_on_its_way_out() {
    #[instrument(skip_all, ret)]
    fn outer() -> Result<(), &'static str> {
        bind(Err("no such port"))
    }
    let log = capture();
    outer().unwrap_err();
    let inner = only(&log, "bind", Outcome::Failed);
    let outer = only(&log, "outer", Outcome::Failed);
    assert_eq!(json!(outer.payload), json!({"caused_by": inner.span_id}));
}

#[test]
fn a_value_that_panics_while_it_is_looked_at_is_a_success() {
    struct Broken;
    impl fmt::Debug for Broken {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("looked at")
        }
    }
    let log = capture();
    bind(Broken);
    log.assert_last("bind").ended(Outcome::Success);

    bind(Err::<(), _>(Broken)).map_err(drop).unwrap_err();
    log.assert_last("bind").ended(Outcome::Failed).with_payload("/error/message", "<unprintable>");
}

#[test]
fn a_value_is_given_up_as_soon_as_it_cannot_be_an_err() {
    struct Counted<'a>(&'a std::cell::Cell<u32>);
    impl fmt::Debug for Counted<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for _ in 0..1_000 {
                self.0.set(self.0.get() + 1);
                f.write_str("part")?;
            }
            Ok(())
        }
    }
    let written = std::cell::Cell::new(0);
    let log = Log::new();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(log.layer()), || {
        let span = info_span!("run");
        span.in_scope(|| bind(Counted(&written)));
    });
    check_lines(&log);
    log.assert_last("bind").ended(Outcome::Success);
    assert_eq!(written.get(), 1);
}
