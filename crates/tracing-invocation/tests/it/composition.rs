//! Beside other layers, inside wrappers, twice, and in several subscribers: the same records, and nothing is taken
//! from the others.

use std::sync::{Arc, Mutex};
use std::thread;

use tracing::level_filters::LevelFilter;
use tracing::subscriber::with_default;
use tracing::{Subscriber, info_span, instrument};
use tracing_invocation::InvocationLayer;
use tracing_invocation::testing::Log;
use tracing_subscriber::filter::{EnvFilter, Targets, filter_fn};
use tracing_subscriber::layer::Layer;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::{fmt, registry, reload};

use crate::support::{check_lines, only, story};

/// What [`program`] is told as.
const TOLD: [&str; 6] = [
    "outer invoke",
    "succeed invoke",
    "succeed success",
    "fail invoke",
    "fail failed",
    "outer unknown",
];

#[instrument(ret, err, fields(invocation.name = "succeed"))]
fn succeed() -> Result<u8, &'static str> {
    tracing::info!("info from within");
    Ok(1)
}

#[instrument(ret, err, fields(invocation.name = "fail"))]
fn fail() -> Result<u8, &'static str> {
    tracing::debug!("debug from within");
    Err("bad")
}

/// Three operations, a span that is none, and an event of each level.
fn program() {
    let outer = info_span!("outer");
    outer.in_scope(|| {
        assert_eq!(succeed(), Ok(1));
        tracing::debug_span!("no operation").in_scope(|| assert_eq!(fail(), Err("bad")));
        tracing::trace_span!("finest").in_scope(|| tracing::trace!("trace from within"));
    });
}

/// Runs the program in a subscriber, and checks that the log tells it.
#[track_caller]
fn check<S>(subscriber: S, logs: &[&Log])
where
    S: Subscriber + Send + Sync + 'static,
{
    with_default(subscriber, program);
    for log in logs {
        check_lines(log);
        assert_eq!(story(log), TOLD);
        let outer = only(log, "outer", tracing_invocation::Outcome::Invoke);
        let fail = only(log, "fail", tracing_invocation::Outcome::Failed);
        assert_eq!(fail.parent_span_id, Some(outer.span_id));
    }
}

/// What a `fmt` layer wrote.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let text = Arc::clone(&self.0);
        fmt::layer().with_ansi(false).with_writer(move || Writer(Arc::clone(&text)))
    }

    #[track_caller]
    fn check(&self, expected: &[&str], unexpected: &[&str]) {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        for part in expected {
            assert!(text.contains(part), "{part:?} is missing in\n{text}");
        }
        for part in unexpected {
            assert!(!text.contains(part), "{part:?} is in\n{text}");
        }
    }
}

struct Writer(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that the program says, from the least severe on.
const ALL: [&str; 5] =
    ["trace from within", "debug from within", "info from within", "finest", "return=1"];

#[test]
fn nothing_is_taken_from_a_fmt_layer_beside() {
    let (log, before, after) = (Log::new(), Text::default(), Text::default());
    let subscriber = registry().with(before.layer()).with(log.layer()).with(after.layer());
    check(subscriber, &[&log]);
    before.check(&ALL, &[]);
    after.check(&ALL, &[]);
}

#[test]
fn nothing_is_taken_from_a_fmt_layer_by_recording_nothing() {
    let (log, text) = (Log::new(), Text::default());
    let layer = log.layer().with_directives("off").unwrap();
    with_default(registry().with(text.layer()).with(layer), program);
    assert_eq!(log.lines(), [""; 0]);
    text.check(&ALL, &[]);
}

#[test]
fn a_global_filter_outside_or_inside_chooses_for_all() {
    let filter = || EnvFilter::new("info");
    let (log, text) = (Log::new(), Text::default());
    check(registry().with(log.layer()).with(text.layer()).with(filter()), &[&log]);
    text.check(&["info from within", "return=1"], &["debug from within", "finest"]);

    let (log, text) = (Log::new(), Text::default());
    check(registry().with(filter()).with(text.layer()).with(log.layer()), &[&log]);
    text.check(&["info from within", "return=1"], &["debug from within", "finest"]);

    let (log, text) = (Log::new(), Text::default());
    check(registry().with(text.layer()).with(filter()).with(log.layer()), &[&log]);
    text.check(&["info from within", "return=1"], &["debug from within", "finest"]);
}

#[test]
fn a_global_filter_that_disables_the_spans_leaves_no_records() {
    let log = Log::new();
    with_default(registry().with(log.layer()).with(EnvFilter::new("warn")), program);
    assert_eq!(log.lines(), [""; 0]);
}

#[test]
fn a_global_filter_that_turns_with_a_span_is_followed() {
    let log = Log::new();
    let filter = EnvFilter::new("off,[outer]=info");
    with_default(registry().with(log.layer()).with(filter), program);
    check_lines(&log);
    log.assert_every_invoke_ended_once();
    assert_eq!(story(&log), TOLD);
}

#[test]
fn a_filter_of_another_layer_is_that_layers_own() {
    let filters: [fn() -> EnvFilter; 3] =
        [|| EnvFilter::new("trace"), || EnvFilter::new("error"), || EnvFilter::new("off")];
    for filter in filters {
        let log = Log::new();
        check(
            registry().with(Text::default().layer().with_filter(filter())).with(log.layer()),
            &[&log],
        );
        let log = Log::new();
        check(
            registry().with(log.layer()).with(Text::default().layer().with_filter(filter())),
            &[&log],
        );
        let log = Log::new();
        let first = Text::default().layer().with_filter(filter());
        let last = Text::default().layer().with_filter(filter());
        check(registry().with(first).with(log.layer()).with(last), &[&log]);
    }
}

#[test]
fn a_layer_whose_filter_disables_all_spans_still_gets_its_events() {
    let (log, text) = (Log::new(), Text::default());
    let events = filter_fn(|metadata| metadata.is_event());
    check(registry().with(text.layer().with_filter(events)).with(log.layer()), &[&log]);
    text.check(&["trace from within", "debug from within", "return=1"], &["finest"]);

    let (log, text) = (Log::new(), Text::default());
    let debug = Targets::new().with_default(LevelFilter::DEBUG);
    check(registry().with(log.layer()).with(text.layer().with_filter(debug)), &[&log]);
    text.check(&["debug from within", "return=1"], &["trace from within"]);
}

#[test]
fn two_layers_in_one_subscriber_are_each_complete() {
    let logs = [Log::new(), Log::new(), Log::new()];
    let [a, b, c] = &logs;
    check(registry().with(a.layer()).with(b.layer()).with(c.layer()), &[a, b, c]);
    assert_eq!(a.to_string(), b.to_string());

    let (all, some) = (Log::new(), Log::new());
    let none_of_them = some.layer().with_directives("off").unwrap();
    check(registry().with(none_of_them).with(all.layer()), &[&all]);
    assert_eq!(some.lines(), [""; 0]);
}

#[test]
fn two_layers_agree_on_a_panic() {
    let [a, b] = [Log::new(), Log::new()];
    with_default(registry().with(a.layer()).with(b.layer()), || {
        let unwound = std::panic::catch_unwind(|| {
            let outer = info_span!("outer");
            struct CleansUp;
            impl Drop for CleansUp {
                fn drop(&mut self) {
                    assert_eq!(succeed(), Ok(1));
                }
            }
            outer.in_scope(|| {
                let _guard = CleansUp;
                std::panic::resume_unwind(Box::new("on purpose"))
            })
        });
        assert!(unwound.is_err());
    });
    let told = ["outer invoke", "succeed invoke", "succeed success", "outer failed"];
    for log in [&a, &b] {
        check_lines(log);
        assert_eq!(story(log), told);
    }
}

#[test]
fn wrapped_in_an_option_a_box_a_vector_or_both() {
    type Boxed = Box<dyn Layer<Registry> + Send + Sync>;
    let log = Log::new();
    check(registry().with(Some(log.layer())), &[&log]);

    let log = Log::new();
    let boxed: Boxed = Box::new(log.layer());
    check(registry().with(boxed), &[&log]);

    let (log, text) = (Log::new(), Text::default());
    let layers: Vec<Boxed> = vec![text.layer().boxed(), log.layer().boxed()];
    check(registry().with(layers), &[&log]);
    text.check(&ALL, &[]);

    let (a, b) = (Log::new(), Log::new());
    check(registry().with(vec![a.layer(), b.layer()]), &[&a, &b]);

    let log = Log::new();
    let optional: Option<Boxed> = Some(log.layer().and_then(Text::default().layer()).boxed());
    check(registry().with(optional), &[&log]);
}

#[test]
fn an_option_without_a_layer_takes_nothing_from_the_others() {
    let text = Text::default();
    with_default(registry().with(text.layer()).with(None::<InvocationLayer>), program);
    text.check(&ALL, &[]);
}

#[test]
fn a_reloadable_layer_records_what_it_was_told_last() {
    let log = Log::new();
    let (layer, handle) = reload::Layer::new(log.layer());
    let text = Text::default();
    with_default(registry().with(layer).with(text.layer()), || {
        program();
        assert_eq!(story(&log), TOLD);
        let span = info_span!("begun before", invocation.name = "begun before");
        span.in_scope(|| {});
        handle.modify(|layer| *layer = log.layer().with_directives("off").unwrap()).unwrap();
        program();
        drop(span);
        assert_eq!(log.lines().len(), TOLD.len() + 1);
        handle.reload(log.layer()).unwrap();
        program();
    });
    check_lines(&log);
    log.assert_no_invoke_ended_twice();
    let told = story(&log);
    assert_eq!(told[..TOLD.len()], TOLD);
    assert_eq!(told[TOLD.len()], "begun before invoke");
    assert_eq!(told[TOLD.len() + 1..], TOLD);
    text.check(&ALL, &[]);
}

#[test]
fn subscribers_on_several_threads_at_once_do_not_mix() {
    let logs: Vec<_> = (0..8).map(|_| Log::new()).collect();
    thread::scope(|scope| {
        for log in &logs {
            scope.spawn(|| {
                with_default(registry().with(log.layer()), || (0..50).for_each(|_| program()));
            });
        }
    });
    for log in &logs {
        check_lines(log);
        assert_eq!(story(log), TOLD.repeat(50));
        assert_eq!(log.to_string(), logs[0].to_string());
    }
}

#[test]
fn a_subscriber_inside_another_takes_what_happens_in_it() {
    let [outer, inner] = [Log::new(), Log::new()];
    with_default(registry().with(outer.layer()), || {
        let span = info_span!("around");
        span.in_scope(|| check(registry().with(inner.layer()), &[&inner]));
    });
    check_lines(&outer);
    assert_eq!(story(&outer), ["around invoke", "around unknown"]);
}
