//! The only `impl Layer`: what `tracing` tells, in the words of the journal.

mod directives;
mod unwinding;
mod visit;

pub use directives::InvalidDirectives;

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use serde_json::{Map, Value};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterFn, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::callsite::{Callsite, Evidence};
use crate::context::{ContextFields, ContextFormatter};
use crate::journal::Journal;
use crate::operation::{Ending, How, Operation};
use crate::record::Levels;
use crate::settle::{ErrorClass, ErrorRules, handover, panics};
use crate::sink::{WriterSink, turn};

/// A layer that records what happened to every operation: `invoke`, then exactly one of `success`, `failed`,
/// `cancelled` and `unknown`.
///
/// Made by [`layer`], configured by its `with_` methods, and composed with a registry like any other layer. It
/// chooses spans by itself: a per-layer filter around it (`with_filter`) would hide the evidence of how
/// operations ended. It never disables anything for the layers beside it.
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
    journal: Journal,
    recorded: Targets,
    promising: Targets,
    results: bool,
    errors: ErrorRules,
}

/// A layer that writes JSON lines to stdout and records spans of level `INFO` and more severe.
#[must_use]
pub fn layer() -> InvocationLayer {
    InvocationLayer {
        journal: Journal::new(Arc::new(WriterSink::new(io::stdout))),
        recorded: Targets::new().with_default(directives::DEFAULT_LEVEL),
        promising: Targets::new(),
        results: false,
        errors: ErrorRules::new(),
    }
}

impl InvocationLayer {
    /// Writes records through `make_writer`, each with one `write_all` of one whole line.
    ///
    /// The metadata that a [`MakeWriter`] is shown carries the record's level, so that
    /// [`with_max_level`](tracing_subscriber::fmt::writer::MakeWriterExt::with_max_level) chooses by it.
    #[must_use]
    pub fn with_writer<W>(mut self, make_writer: W) -> Self
    where
        W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    {
        self.journal.sink = Arc::new(WriterSink::new(make_writer));
        self
    }

    /// Records the ordinary spans that `targets` enables.
    #[must_use]
    pub fn with_targets(mut self, targets: impl Into<Targets>) -> Self {
        self.recorded = targets.into();
        self
    }

    /// Records the ordinary spans that `directives` enable, in the syntax of [`Targets`]: `info`,
    /// `shop=debug,shop::cache=off`.
    ///
    /// # Errors
    ///
    /// Where a directive is not of that syntax; the error names it.
    pub fn with_directives(self, directives: &str) -> Result<Self, InvalidDirectives> {
        Ok(self.with_targets(directives::parse(directives)?))
    }

    /// Takes the word of the spans that `targets` enables that `ret`, and `err` where they can fail, are in force:
    /// closed without evidence, they were cancelled. Spans with a field `invocation.*` promise it on their own.
    #[must_use]
    pub fn with_promising(mut self, targets: impl Into<Targets>) -> Self {
        self.promising = targets.into();
        self
    }

    /// Whether the values that `ret` makes visible become the `result` of `success` records. Off by default.
    #[must_use]
    pub fn with_results(mut self, results: bool) -> Self {
        self.results = results;
        self
    }

    /// Records each outcome at the level that `levels` says. An operation's own `levels(..)` have precedence.
    #[must_use]
    pub fn with_levels(mut self, levels: Levels) -> Self {
        self.journal.levels = levels;
        self
    }

    /// What errors of type `E` count as, themselves or as a cause of what is returned. The first rule that matches
    /// wins; what an operation says of its own errors has precedence. A rule that panics has no say.
    ///
    /// Of the errors that everybody meets, `tokio::task::JoinError` is known: that a task was cancelled counts as a
    /// cancellation, unless a rule says otherwise.
    ///
    /// ```
    /// use std::io;
    /// use tracing_invocation::ErrorClass;
    ///
    /// let layer = tracing_invocation::layer().with_error_class(|error: &io::Error| match error.kind() {
    ///     io::ErrorKind::NotFound => ErrorClass::Suppressed,
    ///     _ => ErrorClass::Full,
    /// });
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn with_error_class<E: Error + 'static>(
        self,
        classify: impl Fn(&E) -> ErrorClass + Send + Sync + 'static,
    ) -> Self {
        self.errors.add(classify);
        self
    }

    /// Shapes the context of every record by a function of the program's own: what it answers stands in the place of
    /// the context fields. Where it answers `None` or panics, they stay as they are.
    ///
    /// It is called once per record, with nothing locked, and costs the reading of what was already written.
    #[must_use]
    pub fn with_context_formatter(
        mut self,
        format: impl Fn(&ContextFields) -> Option<Map<String, Value>> + Send + Sync + 'static,
    ) -> Self {
        self.journal.formatter = Some(ContextFormatter::new(format));
        self
    }

    pub(crate) fn journal_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// A filter for a subscriber that has no other layer: what this one makes no use of costs next to nothing.
    pub(crate) fn filter(&self) -> FilterFn<impl Fn(&Metadata<'_>) -> bool + use<>> {
        let recorded = self.recorded.clone();
        filter_fn(move |metadata| {
            if metadata.is_span() {
                recorded.would_enable(metadata.target(), metadata.level())
            } else {
                Evidence::of(metadata).is_some()
            }
        })
    }

    fn records(&self, metadata: &Metadata<'_>) -> bool {
        self.recorded.would_enable(metadata.target(), metadata.level())
    }

    /// How an operation ended that left no evidence until its span was closed.
    fn ending_without_evidence(&self, operation: &Operation) -> Ending {
        let metadata = operation.callsite.metadata();
        let promises = operation.callsite.is_marked
            || operation.callsite.has_returned()
            || self.promising.would_enable(metadata.target(), metadata.level());
        if promises { Ending::CANCELLED } else { Ending::UNKNOWN }
    }
}

impl<S> Layer<S> for InvocationLayer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_layer(&mut self, _: &mut S) {
        panics::install_hook();
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if !self.records(metadata) || turn::is_writing() {
            return;
        }
        let callsite = Callsite::of(metadata);
        let fields = visit::fields(callsite, &self.journal.rules, |visitor| {
            attributes.record(visitor);
        });
        if fields.refused {
            return;
        }
        let parent = context.span(id).and_then(|span| span.parent());
        let ancestors = parent.into_iter().flat_map(|parent| parent.scope());
        self.journal.open(
            id.into_u64(),
            callsite,
            fields,
            ancestors.map(|span| span.id().into_u64()),
        );
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let key = id.into_u64();
        let Some(callsite) = self.journal.table.with(key, |operation| operation.callsite) else {
            return;
        };
        let newer = visit::fields(callsite, &self.journal.rules, |visitor| values.record(visitor));
        self.journal.table.with(key, |operation| {
            let invoked = operation.is_invoked();
            operation.fields.update(newer, invoked);
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(evidence) = Callsite::of(event.metadata()).evidence else {
            return;
        };
        let Some(span) = context.event_span(event) else {
            return;
        };
        let key = span.id().into_u64();
        let origin = Callsite::of(span.metadata());
        let open = || self.journal.table.with(key, |operation| !operation.is_settled());
        if !origin.is_origin_of(event.metadata()) || open() != Some(true) {
            return;
        }
        let rules = &self.journal.rules;
        let ending = match evidence {
            Evidence::Return => {
                origin.note_return();
                Ending::new(How::Success(self.results.then(|| visit::value(event, rules))))
            }
            Evidence::Error => visit::failure(event, rules),
        };
        self.journal.settle(key, ending);
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        if turn::is_writing() {
            return;
        }
        unwinding::entered(id.into_u64());
        self.journal.enter(id.into_u64(), handover::levels());
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        let key = id.into_u64();
        let ending = handover::ending(key);
        let is_known = ending.is_some();
        if let Some(ending) = ending {
            self.journal.settle(key, ending.seen_by(&self.errors));
        }
        if turn::is_writing() {
            return;
        }
        if unwinding::left_by_panic(key) && !is_known {
            self.journal.panicked(key, Ending::panicked(None, &self.journal.rules));
        }
        self.journal.exit(key);
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.journal.close(id.into_u64(), |operation| self.ending_without_evidence(operation));
    }
}

impl fmt::Debug for InvocationLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvocationLayer")
            .field("recorded", &self.recorded)
            .field("promising", &self.promising)
            .field("results", &self.results)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}
