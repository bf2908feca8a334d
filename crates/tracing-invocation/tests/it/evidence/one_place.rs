//! Several things that a `macro_rules!` writes share one place in the source.

use super::*;

macro_rules! handled {
    (#[$attribute:meta] $($function:tt)*) => {
        #[$attribute]
        $($function)* {
            let failed = "x".parse::<u32>();
            if let Err(error) = failed {
                tracing::error!(%error);
            }
            Ok(7)
        }
    };
}
handled!(#[operation] fn by_operation() -> Result<u32, String>);
handled!(#[operation] async fn by_async_operation() -> Result<u32, String>);
handled!(#[instrument(ret, err)] fn by_instrument() -> Result<u32, String>);
handled!(#[instrument(ret, err)] async fn by_async_instrument() -> Result<u32, String>);

#[test]
fn a_handled_error_is_no_evidence() {
    let log = capture();
    assert_eq!(by_operation(), Ok(7));
    assert!(poll_once(pin!(by_async_operation())).is_ready());
    assert_eq!(by_instrument(), Ok(7));
    assert!(poll_once(pin!(by_async_instrument())).is_ready());
    assert_eq!(ends(&log), [Outcome::Success; 4]);
}

macro_rules! guarded {
    ($wrap:expr) => {{
        let span = tracing::info_span!("guarded");
        $wrap(span, || tracing::error!(error = "handled"))
    }};
}

#[test]
fn a_handled_error_is_no_evidence_where_a_wrapper_ends_the_operation() {
    let log = capture();
    guarded!(|span: tracing::Span, handle: fn()| {
        let guard = begin(span);
        guard.span().in_scope(handle);
        guard.complete();
    });
    guarded!(|span, handle: fn()| {
        let work = async move { handle() };
        assert!(poll_once(pin!(work.operation(span))).is_ready());
    });
    assert_eq!(ends(&log), [Outcome::Success; 2]);
}

macro_rules! nested {
    ($inner:meta, $outer:meta) => {
        #[$inner]
        fn inner() -> u8 {
            1
        }

        #[$outer]
        fn outer(fails: bool) -> Result<u8, &'static str> {
            inner();
            if fails { Err("bad") } else { Ok(2) }
        }
    };
}

#[test]
fn the_evidence_of_a_hidden_function_is_not_that_of_a_bare_one_around_it() {
    nested!(instrument(level = "debug", ret(level = "info")), instrument(skip_all));
    let log = capture();
    let _ = outer(true);
    assert_eq!(ends(&log), [Outcome::Unknown], "hidden by the layer's own settings");
    let log = beside(hides_debug_spans(), || {
        let _ = outer(true);
    });
    assert_eq!(ends(&log), [Outcome::Unknown], "hidden by a filter");
}

#[test]
fn beside_a_hidden_function_of_the_same_place_no_event_is_evidence() {
    nested!(instrument(level = "debug", ret(level = "info")), instrument(skip_all, ret, err));
    let log = capture();
    let _ = (outer(true), outer(false));
    assert_eq!(ends(&log), [Outcome::Unknown; 2], "whose events they are cannot be seen");
}

#[test]
fn functions_of_one_place_that_are_all_recorded_have_evidence_of_their_own() {
    nested!(instrument(ret), instrument(skip_all, ret, err));
    let log = capture();
    for _ in 0..2 {
        let _ = (outer(true), outer(false));
    }
    let once = [Outcome::Success, Outcome::Failed, Outcome::Success, Outcome::Success];
    assert_eq!(ends(&log), [once, once].concat());
}

#[test]
fn a_span_with_two_error_events_is_told_by_neither() {
    macro_rules! bare {
        () => {
            |handles: bool| {
                let _inside = tracing::info_span!("bare").entered();
                if handles { tracing::error!(error = "a") } else { tracing::error!(error = "b") }
            }
        };
    }
    let run = bare!();
    let log = capture();
    let _ = (run(true), run(false), run(true), run(false));
    assert_eq!(ends(&log)[1..], [Outcome::Unknown; 3]);
}

/// What cannot be told apart is stated in the convention: this shows that it is so.
mod limits {
    use super::*;

    #[test]
    fn the_only_error_event_of_a_bare_span_looks_like_that_of_err() {
        #[rustfmt::skip]
        fn run() { let _inside = tracing::info_span!("bare").entered(); tracing::error!(error = "handled") }
        let log = capture();
        run();
        assert_eq!(ends(&log), [Outcome::Failed]);
    }
}
