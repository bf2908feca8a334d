//! Which events are evidence of how a stock span ended, and what a span without evidence is.

mod one_place;
mod one_place_model;

use std::future::{pending, ready};
use std::pin::pin;

use tracing::{Instrument as _, instrument};
use tracing_invocation::testing::Log;
use tracing_invocation::{FutureExt as _, Outcome, begin, operation};
use tracing_subscriber::filter::{EnvFilter, FilterFn, LevelFilter, filter_fn};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{registry, reload};

use crate::support::{capture, only, poll_once, story};

/// The outcomes of the terminal records, in order.
fn ends(log: &Log) -> Vec<Outcome> {
    let ends = log.records().into_iter().map(|record| record.event_outcome);
    ends.filter(|outcome| outcome.is_terminal()).collect()
}

/// Runs `program` under a layer beside `filter`, which is the whole subscriber's.
fn beside<F>(filter: F, program: impl FnOnce()) -> Log
where
    F: tracing_subscriber::Layer<
            tracing_subscriber::layer::Layered<
                tracing_invocation::InvocationLayer,
                tracing_subscriber::Registry,
            >,
        > + Send
        + Sync,
{
    let log = Log::new();
    tracing::subscriber::with_default(registry().with(log.layer()).with(filter), program);
    log
}

/// Hides spans of level `DEBUG` from every layer, and no event.
fn hides_debug_spans() -> FilterFn {
    filter_fn(|meta| !(meta.is_span() && *meta.level() == tracing::Level::DEBUG))
}

#[test]
fn a_panic_after_the_evidence_is_how_it_ended() {
    #[rustfmt::skip]
    fn run() { let _inside = tracing::info_span!("run").entered(); tracing::error!(error = "said"); panic!("ended") }
    let log = capture();
    std::panic::catch_unwind(run).unwrap_err();
    assert_eq!(only(&log, "run", Outcome::Failed).payload["error"]["type"], "panic");
}

#[test]
fn the_last_event_before_the_exit_decides() {
    #[rustfmt::skip]
    fn run() { let _inside = tracing::info_span!("run").entered(); tracing::error!(error = "said"); tracing::info!(r#return = 1) }
    let log = capture();
    run();
    assert_eq!(ends(&log), [Outcome::Success]);
}

#[test]
fn a_function_that_was_entered_once_was_not_cancelled() {
    #[instrument(skip_all, ret, err(level = "debug"), fields(invocation.evidence = "ret, err"))]
    fn find(name: &str) -> Result<usize, String> {
        if name.is_empty() { Err("no name".to_owned()) } else { Ok(name.len()) }
    }
    let log = beside(LevelFilter::INFO, || {
        for name in ["", "ann", ""] {
            let _ = find(name);
        }
    });
    assert_eq!(ends(&log), [Outcome::Unknown, Outcome::Success, Outcome::Unknown]);
}

#[test]
fn a_stock_future_that_was_never_polled_was_not_cancelled() {
    let log = capture();
    let marked = tracing::info_span!("marked", invocation.evidence = "ret");
    drop(pending::<()>().instrument(marked));
    // Dropping it enters the span, as calling a function does: a layer sees no difference.
    assert_eq!(story(&log), ["marked invoke", "marked unknown"]);
}

#[test]
fn a_name_is_no_promise() {
    #[instrument(skip_all, fields(invocation.name = "named", invocation.namespace = "here", invocation.entity_id = id))]
    async fn bare(id: u64) -> u64 {
        ready(id).await
    }
    let log = capture();
    assert!(poll_once(pin!(bare(1))).is_ready());
    only(&log, "named", Outcome::Unknown);
}

#[test]
fn what_is_known_of_a_cancelled_call_does_not_depend_on_earlier_calls() {
    #[instrument(ret, skip_all)]
    async fn returning(wait: bool) {
        if wait {
            pending::<()>().await;
        }
    }
    let log = capture();
    for wait in [true, false, true] {
        let _ = poll_once(pin!(returning(wait)));
    }
    assert_eq!(ends(&log), [Outcome::Unknown, Outcome::Success, Outcome::Unknown]);
}

#[test]
fn a_promise_of_err_alone_says_nothing_of_success() {
    #[instrument(err, skip_all, fields(invocation.evidence = "err"))]
    async fn checked(wait: bool) -> Result<(), &'static str> {
        if wait {
            pending::<()>().await;
        }
        Ok(())
    }
    let log = capture();
    for wait in [true, false] {
        let _ = poll_once(pin!(checked(wait)));
    }
    assert_eq!(ends(&log), [Outcome::Unknown; 2]);
}

#[test]
fn a_promise_in_other_words_is_none() {
    let log = capture();
    for promise in ["return", "", "ret;err"] {
        let span = tracing::info_span!("x", invocation.evidence = promise);
        let _ = poll_once(pin!(pending::<()>().instrument(span)));
    }
    assert_eq!(ends(&log), [Outcome::Unknown; 3]);
}

#[test]
fn a_success_whose_event_a_filter_drops_is_unknown() {
    #[instrument(ret(level = "debug"))]
    async fn quiet() -> u8 {
        ready(1).await
    }
    let (filter, handle) = reload::Layer::new(EnvFilter::new("debug"));
    let log = beside(filter, || {
        assert!(poll_once(pin!(quiet())).is_ready());
        handle.reload(EnvFilter::new("info")).unwrap();
        assert!(poll_once(pin!(quiet())).is_ready());
    });
    assert_eq!(ends(&log), [Outcome::Success, Outcome::Unknown]);
}

#[test]
fn a_success_whose_event_a_layer_drops_at_random_is_unknown() {
    #[instrument(ret)]
    async fn limited() -> u8 {
        ready(1).await
    }
    /// Lets every other event through, as a layer that limits rates does.
    struct EveryOther(std::sync::atomic::AtomicBool);
    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for EveryOther {
        fn event_enabled(
            &self,
            _: &tracing::Event<'_>,
            _: tracing_subscriber::layer::Context<'_, S>,
        ) -> bool {
            self.0.fetch_not(std::sync::atomic::Ordering::Relaxed)
        }
    }
    let log = beside(EveryOther(true.into()), || {
        for _ in 0..4 {
            assert!(poll_once(pin!(limited())).is_ready());
        }
    });
    let expected = [Outcome::Success, Outcome::Unknown];
    assert_eq!(ends(&log), [expected, expected].concat());
}
