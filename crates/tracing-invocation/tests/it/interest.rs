//! What the layer asks `tracing` for: the spans that it records and the events that may be evidence. What nobody else asks
//! for stays disabled beside it, and other layers see what they see without it.

use std::sync::{Arc, Mutex};

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::subscriber::{Interest, with_default};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber, event_enabled, instrument, span_enabled,
};
use tracing_invocation::testing::Log;
use tracing_invocation::{InvocationLayer, Limits};
use tracing_subscriber::filter::{EnvFilter, Targets, filter_fn};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::{registry, reload};

use crate::hostile::tools::{alone, stderr_of};
use crate::support::{check_lines, story};

#[instrument(ret, err, fields(invocation.evidence = "ret, err"))]
fn sell(fails: bool) -> Result<u8, &'static str> {
    tracing::trace!("picks");
    if fails { Err("sold out") } else { Ok(1) }
}

#[instrument(level = "debug", ret(level = "trace"))]
fn pack() -> u8 {
    tracing::warn!("a box is torn");
    2
}

/// Spans and events of every level, some of which the layer records.
fn program() {
    let _ = (sell(false), sell(true));
    tracing::debug_span!("shelf", free = tracing::field::Empty).in_scope(|| {
        tracing::Span::current().record("free", 3);
        pack();
        tracing::debug!("empty");
        tracing::trace_span!("dust").in_scope(|| tracing::trace!("settles"));
    });
    tracing::info!(target: "h2", "a frame");
    tracing::trace!(target: "h2", "a byte");
}

const TOLD: [&str; 4] = ["sell invoke", "sell success", "sell invoke", "sell failed"];

/// What a layer is told.
#[derive(Clone, Default)]
struct Seen {
    told: Arc<Mutex<Vec<String>>>,
    callsites: Arc<Mutex<Vec<&'static Metadata<'static>>>>,
}

impl Seen {
    fn tell(&self, what: &str, metadata: &'static Metadata<'static>, parent: Option<&str>) {
        let told = format!("{what} {} in {parent:?}", metadata.name());
        self.told.lock().unwrap().push(told);
        self.callsites.lock().unwrap().push(metadata);
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

impl<S> Layer<S> for Seen
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let parent = context.span(id).unwrap().parent().map(|parent| parent.name());
        self.tell("new", attributes.metadata(), parent);
    }

    fn on_record(&self, id: &Id, _: &tracing::span::Record<'_>, context: Context<'_, S>) {
        self.tell("record", context.metadata(id).unwrap(), None);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let parent = context.event_span(event).map(|span| span.name());
        self.tell("event", event.metadata(), parent);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.tell("enter", context.metadata(id).unwrap(), None);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.tell("exit", context.metadata(id).unwrap(), None);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.tell("close", context.metadata(&id).unwrap(), None);
    }
}

/// Every callsite that [`program`] reaches.
fn callsites() -> Vec<&'static Metadata<'static>> {
    let seen = Seen::default();
    with_default(registry().with(seen.clone()), program);
    let callsites = seen.callsites.lock().unwrap().clone();
    assert!(callsites.iter().any(|metadata| *metadata.level() == Level::TRACE));
    callsites
}

/// The interest of a subscriber in each callsite of [`program`], asked for in the way that `tracing` does.
#[track_caller]
fn check_interest(
    subscriber: impl Subscriber + Send + Sync,
    expected: impl Fn(&Metadata<'_>) -> Interest,
) {
    let dispatch = Dispatch::new(subscriber);
    for metadata in callsites() {
        let (interest, expected) = (dispatch.register_callsite(metadata), expected(metadata));
        let is = |interest: &Interest| (interest.is_never(), interest.is_always());
        assert_eq!(is(&interest), is(&expected), "{metadata:?}");
    }
}

/// Spans of level `INFO`, and events as `ret` and `err` make them.
fn is_needed(metadata: &Metadata<'_>) -> bool {
    let mut fields = metadata.fields().iter().map(|field| field.name());
    let is_evidence = matches!(fields.next(), Some("return" | "error")) && fields.next().is_none();
    if metadata.is_span() { *metadata.level() <= Level::INFO } else { is_evidence }
}

fn only_what_is_needed(metadata: &Metadata<'_>) -> Interest {
    if is_needed(metadata) { Interest::always() } else { Interest::never() }
}

#[test]
fn a_callsite_that_nobody_else_wants_is_disabled() {
    let layer = || Log::new().layer();
    check_interest(registry().with(layer()), only_what_is_needed);
    check_interest(registry().with(layer()).with(layer()), only_what_is_needed);
    check_interest(registry().with(layer().and_then(layer())), only_what_is_needed);
    check_interest(registry().with(Some(layer())), only_what_is_needed);
    check_interest(registry().with(vec![layer(), layer()]), only_what_is_needed);
    let boxed: Box<dyn Layer<Registry> + Send + Sync> = Box::new(layer());
    check_interest(registry().with(boxed), only_what_is_needed);
}

#[test]
fn beside_layers_with_filters_only_what_someone_wants_is_enabled() {
    fn warnings<S>() -> impl Layer<S> + Send + Sync
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        Seen::default().with_filter(LevelFilter::WARN)
    }
    let expected = |metadata: &Metadata<'_>| {
        let both = [is_needed(metadata), *metadata.level() <= Level::WARN];
        match both {
            [true, true] => Interest::always(),
            [false, false] => Interest::never(),
            _ => Interest::sometimes(),
        }
    };
    let layer = || Log::new().layer();
    check_interest(registry().with(layer()).with(warnings()), expected);
    check_interest(registry().with(warnings()).with(layer()), expected);
    check_interest(registry().with(layer().and_then(warnings())), expected);
    check_interest(registry().with(warnings().and_then(layer())), expected);
    let all: Vec<Box<dyn Layer<Registry> + Send + Sync>> =
        vec![layer().boxed(), warnings().boxed()];
    check_interest(registry().with(all), expected);
}

#[test]
fn a_layer_that_records_nothing_asks_for_no_span() {
    let layer = Log::new().layer().with_directives("off").unwrap();
    check_interest(registry().with(layer), |metadata| {
        if metadata.is_event() { only_what_is_needed(metadata) } else { Interest::never() }
    });
}

#[test]
fn what_is_asked_for_follows_the_settings_that_are_in_force() {
    fn debug_span() -> bool {
        span_enabled!(Level::DEBUG)
    }
    fn trace_event() -> bool {
        event_enabled!(target: "h2", Level::TRACE)
    }
    alone(|| {
        let layer = Log::new().layer();
        let handle = layer.handle();
        registry().with(layer).with(Seen::default().with_filter(LevelFilter::WARN)).init();
        assert!(!debug_span() && !trace_event());

        handle.update(|settings| settings.with_directives("debug").unwrap());
        assert!(debug_span() && !trace_event());
        handle.update(|settings| settings.with_limits(Limits::DEFAULT));
        assert!(debug_span() && !trace_event());
        handle.replace(handle.settings().with_directives("info").unwrap());
        assert!(!debug_span() && !trace_event());
    });
}

/// Counts how often it is asked about a callsite of this target.
struct Asked(Arc<Mutex<u32>>);

impl<S: Subscriber> Layer<S> for Asked {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        *self.0.lock().unwrap() += u32::from(metadata.target() == "asked");
        Interest::always()
    }
}

#[test]
fn other_changes_of_settings_do_not_go_through_all_callsites() {
    alone(|| {
        let asked = Arc::default();
        let layer = Log::new().layer();
        let handle = layer.handle();
        registry().with(layer).with(Asked(Arc::clone(&asked))).init();
        tracing::info!(target: "asked", "once");
        let so_far = *asked.lock().unwrap();

        handle.update(|settings| settings.with_limits(Limits::DEFAULT).with_results(true));
        handle.update(|settings| settings.with_directives("info").unwrap());
        assert_eq!(*asked.lock().unwrap(), so_far);
        handle.update(|settings| settings.with_directives("debug").unwrap());
        assert_eq!(*asked.lock().unwrap(), so_far + 1);
    });
}

#[test]
fn other_layers_see_what_they_see_without_it() {
    type Compose = fn(Seen, Option<Log>) -> Dispatch;
    let compositions: [Compose; 6] = [
        |seen, log| Dispatch::new(registry().with(log.map(|log| log.layer())).with(seen)),
        |seen, log| Dispatch::new(registry().with(seen).with(log.map(|log| log.layer()))),
        |seen, log| {
            let seen = seen.with_filter(Targets::new().with_default(Level::DEBUG));
            Dispatch::new(registry().with(log.map(|log| log.layer())).with(seen))
        },
        |seen, log| {
            let seen = seen.with_filter(filter_fn(|metadata| metadata.is_event()));
            Dispatch::new(registry().with(seen).with(log.map(|log| log.layer())))
        },
        |seen, log| {
            let seen = seen.with_filter(EnvFilter::new("info,[shelf]=trace"));
            Dispatch::new(registry().with(log.map(|log| log.layer())).with(seen))
        },
        |seen, log| {
            let quiet = Seen::default().with_filter(LevelFilter::ERROR);
            Dispatch::new(registry().with(quiet).with(log.map(|log| log.layer())).with(seen))
        },
    ];
    for (at, compose) in compositions.into_iter().enumerate() {
        let (alone, beside, log) = (Seen::default(), Seen::default(), Log::new());
        tracing::dispatcher::with_default(&compose(alone.clone(), None), program);
        tracing::dispatcher::with_default(&compose(beside.clone(), Some(log.clone())), program);
        assert_eq!(beside.told(), alone.told(), "composition {at}");
        assert!(!alone.told().is_empty(), "composition {at}");
        check_lines(&log);
        assert_eq!(story(&log), TOLD, "composition {at}");
    }
}

#[test]
fn a_filter_around_it_chooses_among_what_it_asks_for() {
    let (log, seen) = (Log::new(), Seen::default());
    let all = log.layer().with_filter(LevelFilter::TRACE);
    with_default(registry().with(all).with(seen.clone()), program);
    assert_eq!(story(&log), TOLD);
    let beside = seen.told();
    with_default(registry().with(seen.clone()), program);
    assert_eq!(seen.told()[beside.len()..], beside);

    let log = Log::new();
    let none = log.layer().with_filter(LevelFilter::WARN);
    with_default(registry().with(none).with(Seen::default()), program);
    assert_eq!(log.lines(), [""; 0]);
}

/// As `log::log_enabled!` asks by way of `tracing-log`. With a per-layer filter in use, the next span would be lost.
#[test]
fn asking_whether_something_is_enabled_hides_no_span() {
    let unwanted = callsites().into_iter().find(|metadata| !is_needed(metadata)).unwrap();
    let log = Log::new();
    with_default(registry().with(log.layer()), || {
        for _ in 0..3 {
            tracing::dispatcher::get_default(|dispatch| dispatch.enabled(unwanted));
            let _ = sell(false);
        }
    });
    assert_eq!(story(&log), TOLD[..2].repeat(3));
}

#[test]
fn a_layer_that_comes_by_reload_records() {
    let (layer, handle) = reload::Layer::new(None::<InvocationLayer>);
    let (log, seen) = (Log::new(), Seen::default());
    with_default(registry().with(layer).with(seen.clone()), || {
        program();
        handle.reload(Some(log.layer())).unwrap();
        program();
    });
    check_lines(&log);
    assert_eq!(story(&log), TOLD);
    let seen = seen.told();
    assert_eq!(seen[..seen.len() / 2], seen[seen.len() / 2..]);
}

/// A registry that says nothing of its being one, and supports no filters.
struct WithoutFilters(Registry);

impl Subscriber for WithoutFilters {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.0.new_span(attributes)
    }

    fn record(&self, id: &Id, values: &tracing::span::Record<'_>) {
        self.0.record(id, values);
    }

    fn record_follows_from(&self, id: &Id, follows: &Id) {
        self.0.record_follows_from(id, follows);
    }

    fn event(&self, event: &Event<'_>) {
        self.0.event(event);
    }

    fn enter(&self, id: &Id) {
        self.0.enter(id);
    }

    fn exit(&self, id: &Id) {
        self.0.exit(id);
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.0.clone_span(id)
    }

    fn try_close(&self, id: Id) -> bool {
        self.0.try_close(id)
    }

    fn current_span(&self) -> tracing_core::span::Current {
        self.0.current_span()
    }
}

impl<'a> LookupSpan<'a> for WithoutFilters {
    type Data = <Registry as LookupSpan<'a>>::Data;

    fn span_data(&'a self, id: &Id) -> Option<Self::Data> {
        self.0.span_data(id)
    }
}

#[test]
fn on_a_subscriber_without_filters_it_records_and_disables_nothing() {
    let (log, seen) = (Log::new(), Seen::default());
    with_default(WithoutFilters(registry()).with(log.layer()).with(seen.clone()), program);
    assert_eq!(story(&log), TOLD);
    let beside = seen.told();
    with_default(WithoutFilters(registry()).with(seen.clone()), program);
    assert_eq!(seen.told()[beside.len()..], beside);
}

#[test]
fn where_a_registry_has_no_room_for_a_filter_it_records_all_the_same() {
    let mut full = registry();
    for _ in 0..64 {
        full.register_filter();
    }
    let log = Log::new();
    with_default(full.with(log.layer()), program);
    assert_eq!(story(&log), TOLD);
}

/// What is said on stderr by a program whose subscriber is made of its layer and a filter, at its end.
#[track_caller]
fn said_of_hidden_spans<F: FnOnce() + Send + 'static>(claim: F) -> Option<Vec<String>> {
    let said = stderr_of(alone(claim)?);
    Some(said.into_iter().filter(|line| line.contains("no operation is recorded")).collect())
}

#[test]
fn a_filter_that_hides_every_span_is_reported_once() {
    let said = said_of_hidden_spans(|| {
        let log = Log::new();
        let layer = log.layer();
        let guards = [layer.guard(), layer.guard()];
        registry().with(layer).with(Seen::default()).with(EnvFilter::new("error")).init();
        program();
        assert_eq!(log.lines(), [""; 0]);
        drop(guards);
    });
    if let Some(said) = said {
        let [said] = &said[..] else { panic!("{said:?}") };
        for part in ["level info", "below error", "with_filter(EnvFilter"] {
            assert!(said.contains(part), "{part:?} is not in {said}");
        }
    }
}

#[test]
fn a_filter_for_another_layer_is_not_reported() {
    let said = said_of_hidden_spans(|| {
        let layer = Log::new().layer();
        let guard = layer.guard();
        registry().with(layer).with(Seen::default().with_filter(EnvFilter::new("error"))).init();
        program();
        drop(guard);
    });
    assert!(said.is_none_or(|said| said.is_empty()));
}

#[test]
fn a_filter_for_all_that_lets_the_spans_through_is_not_reported() {
    let said = said_of_hidden_spans(|| {
        let layer = Log::new().layer().with_directives("info,shop=debug").unwrap();
        let guard = layer.guard();
        registry().with(layer).with(EnvFilter::new("info,tracing_invocation=off")).init();
        program();
        // A subscriber for a while, and one that was never used.
        with_default(registry().with(Log::new().layer()).with(LevelFilter::WARN), program);
        let unused = registry().with(Log::new().layer()).with(LevelFilter::WARN);
        drop(guard);
        drop(unused);
    });
    assert!(said.is_none_or(|said| said.is_empty()));
}

#[test]
fn a_program_that_has_no_subscriber_is_told_nothing() {
    let said = said_of_hidden_spans(|| {
        let layer = Log::new().layer();
        drop(layer.guard());
        drop(registry().with(layer));
    });
    assert!(said.is_none_or(|said| said.is_empty()));
}
