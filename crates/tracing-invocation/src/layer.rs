//! The only `impl Layer`: what `tracing` tells, in the words of the journal.

mod builder;
mod cancellation;
mod decision;
mod interest;
mod trace;
mod unwinding;
mod visit;

use decision::Decision;
use interest::Declared;
use trace::Tracer;

use std::any::TypeId;
use std::fmt;
use std::io;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Interest, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::asking::is_asking;
use crate::callsite::Callsite;
use crate::compiled_out::CompiledOut;
use crate::error_class::ErrorRules;
use crate::evidence::Evidence;
use crate::hidden::Watched;
use crate::journal::{Journal, Opened};
use crate::operation::{Ending, Keeping, Left, Operation};
use crate::panic_hook;
use crate::panic_note;
use crate::settings::{Current, InForce};
use crate::settle::handover;
use crate::sink::turn;
use crate::stack::Stack;

/// A layer that records what happened to every operation: `invoke`, then exactly one of `success`, `failed`,
/// `cancelled` and `unknown`.
///
/// Made by [`layer`], configured by its `with_` methods, and composed with a registry like any other layer. It
/// chooses spans by itself: a per-layer filter around it (`with_filter`) would hide the evidence of how
/// operations ended. It never disables anything for the layers beside it, and asks `tracing` for nothing but the spans that it
/// records and the events that may be evidence: what no other layer wants stays disabled. A layer that `reload` brings cannot
/// say so, and enables every callsite of the process; to change a layer live, use its [`Handle`](crate::Handle).
///
/// It installs a panic hook that notes what a panic says and calls the hook that was there: when it is composed, and again
/// when a span opens after the program has set a hook of its own.
///
/// It reports on stderr, once in a process, if a filter on the whole subscriber hides every span that its directives select,
/// or if a feature of `tracing` compiles their levels out. The second is also the first record of the log.
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(tracing_invocation::layer().with_directives("info,shop::cache=off")?)
///     .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr));
/// # drop(subscriber);
/// # Ok::<(), tracing_invocation::InvalidDirectives>(())
/// ```
pub struct InvocationLayer {
    journal: Arc<Journal>,
    current: InForce,
    errors: ErrorRules,
    tracer: Option<Tracer>,
    declared: Declared,
    watched: Arc<Watched>,
    has_arrived: AtomicBool,
}

/// A layer that writes JSON lines to stdout and records spans of level `INFO` and more severe.
#[must_use]
pub fn layer() -> InvocationLayer {
    InvocationLayer::new(Journal::new()).with_writer(io::stdout)
}

impl InvocationLayer {
    /// Says what is wrong with how the program is put together: when the layer is composed, or when its first span opens, if
    /// `reload` brought it.
    fn arrive(&self) {
        if self.has_arrived.load(Ordering::Relaxed)
            || self.has_arrived.swap(true, Ordering::Relaxed)
        {
            return;
        }
        self.journal.outputs.report_unwatched();
        if let Some(missing) = self.current.with(|current| CompiledOut::of(current.recorded())) {
            missing.report();
            self.journal.write_notice(&missing.record());
        }
    }

    fn open<S>(
        &self,
        attributes: &Attributes<'_>,
        id: &Id,
        context: &Context<'_, S>,
        current: &Current,
    ) where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let decision = Decision::of(attributes.metadata(), current);
        if !decision.is_recorded {
            return;
        }
        let callsite = decision.callsite;
        callsite.origin.note_opened();
        let refused = decision.refuses(attributes, current);
        let is_refused = refused.is_some();
        let fields = refused.unwrap_or_else(|| {
            visit::fields(callsite, current, |visitor| attributes.record(visitor))
        });
        if fields.opts_out {
            return;
        }
        let parent = if attributes.is_contextual() {
            context.lookup_current()
        } else {
            attributes.parent().and_then(|parent| context.span(parent))
        };
        let ancestors = parent.into_iter().flat_map(|parent| parent.scope());
        let caller = visit::caller(callsite, |visitor| attributes.record(visitor));
        let opened = Opened { callsite, fields, is_refused, caller };
        let ancestors = ancestors.map(|span| span.id().into_u64());
        self.journal.open(id.into_u64(), opened, ancestors, current);
    }

    /// Has an operation that is entered for the first time take its place in a trace that others take part in.
    fn join(&self, id: &Id, current: &Current) {
        let key = id.into_u64();
        if self.journal.table.with(key, |operation| operation.is_invoked()) == Some(false) {
            let context = self.tracer.as_ref().and_then(|tracer| tracer.context_of(id));
            self.journal.join(key, context, current);
        }
    }

    /// How an operation ended that left no evidence until its span was closed.
    fn ending_without_evidence<S>(
        &self,
        key: u64,
        context: &Context<'_, S>,
        current: &Current,
    ) -> Ending
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let table = &self.journal.table;
        let was_cancelled = table.with(key, |operation| {
            let promises = operation.fields.promises_evidence
                || current.has_promise_of(operation.callsite.metadata());
            promises && operation.may_have_been_pending()
        });
        if was_cancelled != Some(true) {
            return Ending::UNKNOWN;
        }
        cancellation::explain(table, key, context, current);
        Ending::CANCELLED
    }
}

impl<S> Layer<S> for InvocationLayer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_layer(&mut self, subscriber: &mut S) {
        self.declared.on_layer(subscriber);
        self.watched.watch();
        panic_hook::keep();
        self.arrive();
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.declared.register_callsite(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.watched.registered();
        None
    }

    #[expect(unsafe_code, reason = "the trait declares it so; nothing is dereferenced here")]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            Some(ptr::from_ref(self).cast())
        } else {
            self.declared.pointer_to(id)
        }
    }

    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        if let Some(tracer) = &self.tracer {
            tracer.is_part_of(subscriber);
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        panic_note::look();
        panic_hook::keep();
        if self.declared.is_unplaced() {
            self.arrive();
        }
        if !turn::is_writing() && !is_asking() {
            self.current.with(|current| self.open(attributes, id, &context, current));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let key = id.into_u64();
        let known = self.journal.table.with(key, |operation| {
            let is_over = operation.is_settled() || matches!(operation.keeping, Keeping::Refused);
            (operation.callsite, is_over)
        });
        let Some((callsite, is_over)) = known else {
            return;
        };
        self.current.with(|current| {
            if let Some(caller) = visit::caller(callsite, |visitor| values.record(visitor)) {
                self.journal.join(key, Some(caller), current);
            }
            if is_over {
                return;
            }
            let newer = visit::fields(callsite, current, |visitor| values.record(visitor));
            self.journal.table.with(key, |operation| {
                operation.update(newer);
            });
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let event_callsite = Callsite::of(event.metadata());
        let Some(evidence) = event_callsite.evidence else {
            return;
        };
        let Some(span) = context.event_span(event) else {
            return;
        };
        let key = span.id().into_u64();
        let origin = &Callsite::of(span.metadata()).origin;
        let is_wanted =
            |operation: &mut Operation| !operation.is_wrapped() && !operation.is_settled();
        if self.journal.table.with(key, is_wanted) != Some(true) {
            return;
        }
        self.current.with(|current| {
            if !origin.owns(&event_callsite.origin, evidence, |span| current.records(span)) {
                return;
            }
            let ending = match evidence {
                Evidence::Return => visit::returned(event, current),
                Evidence::Error => visit::failure(event, &current.rules),
            };
            self.journal.note_evidence(key, ending);
        });
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        if turn::is_writing() {
            return;
        }
        unwinding::entered(id.into_u64());
        let key = handover::key(id.into_u64());
        self.current.with(|current| {
            handover::entered_under(&current.rules, current.epoch);
            if current.capture.awaiting {
                handover::want_awaiting();
                if !handover::is_poll(key) {
                    cancellation::note_awaited(&self.journal.table, key);
                }
            }
            if self.tracer.is_some() || self.journal.has_joined.load(Ordering::Relaxed) {
                self.join(id, current);
            }
            let began = self.journal.enter(key, handover::levels(key), current);
            if began && current.capture.cause {
                let polled = Some(Stack::here());
                let table = &self.journal.table;
                table.with(key, |operation| operation.why.get_or_insert_default().polled = polled);
            }
        });
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let key = handover::key(id.into_u64());
        let ending = handover::ending(key);
        let is_known = ending.is_some();
        let is_over = ending.is_some_and(|ending| {
            self.current.with(|current| {
                let now = self.journal.clock.now();
                let ending = ending.seen_by(&self.errors).for_layer(&current.rules, current.epoch);
                if ending.is_drop() {
                    cancellation::explain(&self.journal.table, key, &context, current);
                }
                self.journal.settle_at(key, ending, now, current)
            })
        });
        if turn::is_writing() {
            return;
        }
        if unwinding::left_by_panic(key.span) && !is_known {
            self.current.with(|current| {
                let ending = Ending::panicked(&panic_note::unwinding(), &current.rules);
                self.journal.panicked(key.span, ending);
            });
        }
        if let Some(noting) = handover::noting(key)
            && self.current.with(|current| current.capture.awaiting)
        {
            let table = &self.journal.table;
            table.with(key, |operation| operation.why.get_or_insert_default().noting = noting);
        }
        if is_over {
            return;
        }
        match self.journal.exit(key) {
            Left::Open => {}
            Left::Slow(slow) => {
                self.current.with(|current| self.journal.tell_slow(key, slow, current));
            }
            Left::Ended(ending, now) => {
                self.current.with(|current| self.journal.settle_at(key, ending, now, current));
            }
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let key = id.into_u64();
        if self.journal.table.close(key) {
            self.current.with(|current| {
                let ending = || self.ending_without_evidence(key, &context, current);
                self.journal.close(key, ending, current);
            });
        }
    }
}

impl fmt::Debug for InvocationLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvocationLayer")
            .field("settings", &self.handle().settings())
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}
