//! What a layer is made of, and how it is set up.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::{Map, Value};
use tracing_core::Dispatch;
use tracing_core::span::Id;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;

use super::InvocationLayer;
use super::interest::Declared;
use super::trace::Tracer;
use crate::clock::Clock;
use crate::context::ContextFields;
use crate::delivery::{Delivery, Guard};
use crate::error_class::{ErrorClass, ErrorRules};
use crate::hidden::Watched;
use crate::in_flight::InFlight;
use crate::journal::Journal;
use crate::payload::{Limits, Redaction};
use crate::policy::{EventPolicy, InvalidPolicy};
use crate::record::{Levels, TraceContext};
use crate::settings::{Capture, Handle, InForce, InvalidDirectives, Sampling, Settings};
use crate::sink::{JsonLines, Output};
use crate::verbosity::Verbosity;
use crate::watchdog::Next;

impl InvocationLayer {
    pub(crate) fn new(journal: Journal) -> Self {
        let (journal, current) = (Arc::new(journal), InForce::new(Settings::default()));
        watch(&journal, &current);
        let declared = Declared::new(&current);
        let watched = Watched::new(&current);
        Self {
            journal,
            current,
            errors: ErrorRules::new(),
            tracer: None,
            declared,
            watched,
            has_arrived: AtomicBool::new(false),
        }
    }

    /// Writes records through `make_writer` and nowhere else: [`with_sink`](Self::with_sink) of [`JsonLines`].
    #[must_use]
    pub fn with_writer<W>(self, make_writer: W) -> Self
    where
        W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    {
        self.with_sink(JsonLines::new(make_writer))
    }

    /// Gives records to this output and no other: a [`Sink`](crate::sink::Sink), or an [`Output`] that says more about
    /// how it is used.
    #[must_use]
    pub fn with_sink(self, output: impl Into<Output>) -> Self {
        let output = output.into();
        self.journal.outputs.choose(|outputs| *outputs = vec![output]);
        self
    }

    /// Gives records to this output as well.
    ///
    /// ```
    /// use tracing_invocation::sink::{JsonLines, Output};
    /// use tracing_invocation::{Level, layer};
    ///
    /// let failures = Output::new(JsonLines::new(std::io::stderr)).with_max_level(Level::Error);
    /// let layer = layer().and_sink(failures);
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn and_sink(self, output: impl Into<Output>) -> Self {
        let output = output.into();
        self.journal.outputs.choose(|outputs| outputs.push(output));
        self
    }

    /// Counts and flushes what this layer records.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        Delivery::new(&self.journal, &self.current)
    }

    /// The operations that are open.
    #[must_use]
    pub fn in_flight(&self) -> InFlight {
        InFlight::new(&self.journal, &self.current)
    }

    /// Ends the log of this layer when it is dropped: see [`Guard`].
    pub fn guard(&self) -> Guard {
        Guard::new(self.delivery())
    }

    /// Records what these settings say. The methods below change one of them each.
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        self.handle().replace(settings);
        self
    }

    /// Replaces the settings while the layer records.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(&self.current)
    }

    /// See [`Settings::with_targets`].
    #[must_use]
    pub fn with_targets(self, targets: impl Into<Targets>) -> Self {
        self.changed(|settings| settings.with_targets(targets))
    }

    /// See [`Settings::with_directives`].
    ///
    /// # Errors
    ///
    /// Where a directive is not of its syntax; the error names it.
    pub fn with_directives(self, directives: &str) -> Result<Self, InvalidDirectives> {
        let settings = self.handle().settings().with_directives(directives)?;
        Ok(self.with_settings(settings))
    }

    /// See [`Settings::with_promising`].
    #[must_use]
    pub fn with_promising(self, targets: impl Into<Targets>) -> Self {
        self.changed(|settings| settings.with_promising(targets))
    }

    /// See [`Settings::with_results`].
    #[must_use]
    pub fn with_results(self, results: bool) -> Self {
        self.changed(|settings| settings.with_results(results))
    }

    /// See [`Settings::with_inherited_context`].
    #[must_use]
    pub fn with_inherited_context(self, inherits: bool) -> Self {
        self.changed(|settings| settings.with_inherited_context(inherits))
    }

    /// See [`Settings::with_levels`].
    #[must_use]
    pub fn with_levels(self, levels: Levels) -> Self {
        self.changed(|settings| settings.with_levels(levels))
    }

    /// See [`Settings::with_policy`].
    #[must_use]
    pub fn with_policy(self, policy: impl EventPolicy + 'static) -> Self {
        self.changed(|settings| settings.with_policy(policy))
    }

    /// See [`Settings::with_record_threshold`].
    #[must_use]
    pub fn with_record_threshold(self, targets: impl Into<Targets>) -> Self {
        self.changed(|settings| settings.with_record_threshold(targets))
    }

    /// See [`Settings::with_sampling`].
    #[must_use]
    pub fn with_sampling(self, sampling: Sampling) -> Self {
        self.changed(|settings| settings.with_sampling(sampling))
    }

    /// See [`Settings::with_verbosity`].
    #[must_use]
    pub fn with_verbosity(self, verbosity: Verbosity) -> Self {
        self.changed(|settings| settings.with_verbosity(verbosity))
    }

    /// See [`Settings::with_limits`].
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        self.changed(|settings| settings.with_limits(limits))
    }

    /// See [`Settings::with_redaction`].
    #[must_use]
    pub fn with_redaction(self, redaction: Redaction) -> Self {
        self.changed(|settings| settings.with_redaction(redaction))
    }

    /// See [`Settings::with_capture`].
    #[must_use]
    pub fn with_capture(self, capture: Capture) -> Self {
        self.changed(|settings| settings.with_capture(capture))
    }

    /// See [`Settings::with_expected`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn with_expected(self, pattern: &str, duration: Duration) -> Result<Self, InvalidPolicy> {
        let settings = self.handle().settings().with_expected(pattern, duration)?;
        Ok(self.with_settings(settings))
    }

    /// See [`Settings::with_context_formatter`].
    #[must_use]
    pub fn with_context_formatter(
        self,
        format: impl Fn(&ContextFields) -> Option<Map<String, Value>> + Send + Sync + 'static,
    ) -> Self {
        self.changed(|settings| settings.with_context_formatter(format))
    }

    fn changed(self, change: impl FnOnce(Settings) -> Settings) -> Self {
        let settings = self.handle().settings();
        self.with_settings(change(settings))
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

    /// Asks `context` where an operation stands in a trace that others take part in, such as that of OpenTelemetry. It is
    /// asked once for each operation, when its span is first entered and nothing is locked; where it answers `None` or
    /// panics, the operation has ids of its own, in the trace of the operation around it.
    ///
    /// It is given the span and the subscriber that this layer is a part of. What layers *before* this one (`with`) do
    /// on entering a span is done by then. Of `tracing-opentelemetry`, the function is
    /// `tracing_invocation_otlp::trace_context`.
    ///
    /// ```
    /// use tracing_invocation::{TraceContext, TraceId};
    ///
    /// let trace_id = TraceId::new(7).unwrap();
    /// let layer = tracing_invocation::layer().with_trace_context(move |_, _| Some(TraceContext::new(trace_id)));
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn with_trace_context(
        self,
        context: impl Fn(&Id, &Dispatch) -> Option<TraceContext> + Send + Sync + 'static,
    ) -> Self {
        Self { tracer: Some(Tracer::new(context)), ..self }
    }
}

/// Has operations watched that take longer than expected. The clock of a test stands still while a thread sleeps: who moves it
/// has to look, too.
fn watch(journal: &Arc<Journal>, current: &InForce) {
    if !matches!(journal.clock, Clock::System) {
        return;
    }
    let (layer, current) = (Arc::downgrade(journal), current.clone());
    journal.watchdog.set_check(move || match layer.upgrade() {
        Some(journal) => Next::After(journal.report_late(&current.load().settings).next),
        None => Next::Never,
    });
}
