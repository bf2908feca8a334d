//! What is recorded and how: one value, replaced as a whole while the program runs.

mod capture;
mod directives;
mod expected;
#[cfg(feature = "watch")]
mod file;
mod handle;
mod in_force;
mod sampling;

pub use capture::Capture;
pub use directives::InvalidDirectives;
pub(crate) use expected::Expected;
#[cfg(feature = "watch")]
pub use file::{PolicyFile, PolicyFileError};
pub use handle::Handle;
pub(crate) use in_force::{Current, InForce};
pub use sampling::{InvalidSampling, Sampling};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tracing_core::{LevelFilter, Metadata};
use tracing_subscriber::filter::Targets;

use crate::context::{ContextFields, ContextFormatter};
use crate::payload::{Fragment, Limits, Redaction, Rules};
use crate::policy::{EventPolicy, InvalidPolicy};
use crate::record::{Level, Levels};
use crate::verbosity::Verbosity;

/// What is recorded and how. A value: each `with_` method answers with a changed one.
///
/// A layer begins with the settings that its own `with_` methods describe. Its [`Handle`] replaces them while the
/// program runs; each record is built wholly under one value.
#[derive(Clone)]
#[must_use = "settings change nothing until a layer or a handle has them"]
pub struct Settings {
    recorded: Targets,
    /// The least severe records that are written, by target.
    threshold: Targets,
    /// Whether those are all of them.
    writes_all: bool,
    promising: Targets,
    results: bool,
    inherits: bool,
    pub(crate) rules: Rules,
    pub(crate) levels: Levels,
    pub(crate) formatter: Option<ContextFormatter>,
    pub(crate) policy: Option<Arc<dyn EventPolicy>>,
    pub(crate) verbosity: Verbosity,
    pub(crate) sampling: Sampling,
    pub(crate) capture: Capture,
    pub(crate) expected: Expected,
    /// Whether more is to be kept of an operation that begins than how it ends.
    wants_progress: bool,
}

impl Default for Settings {
    /// Every record of spans of level `INFO` and more severe.
    fn default() -> Self {
        Self {
            recorded: Targets::new().with_default(LevelFilter::INFO),
            threshold: Targets::new().with_default(LevelFilter::TRACE),
            writes_all: true,
            promising: Targets::new(),
            results: false,
            inherits: true,
            rules: Rules { limits: Limits::DEFAULT, redaction: Redaction::standard() },
            levels: Levels::DEFAULT,
            formatter: None,
            policy: None,
            verbosity: Verbosity::default(),
            sampling: Sampling::default(),
            capture: Capture::none(),
            expected: Expected::default(),
            wants_progress: false,
        }
    }
}

impl Settings {
    /// Records the spans that `targets` enables.
    pub fn with_targets(self, targets: impl Into<Targets>) -> Self {
        Self { recorded: targets.into(), ..self }
    }

    /// Writes only the records that `targets` enables, by the operation's target and the *record's* level.
    pub fn with_record_threshold(self, targets: impl Into<Targets>) -> Self {
        let threshold = targets.into();
        Self { writes_all: lets_all_through(&threshold), threshold, ..self }
    }

    /// Records what `directives` say: in the syntax of [`Targets`], `info` or `shop=debug,shop::cache=off`. Behind
    /// a slash stands the least severe record that is written: `info/info` leaves `invoke` and `success` out,
    /// `info,shop::cache=debug/error` keeps failures alone of the cache.
    ///
    /// # Errors
    ///
    /// Where a directive is not of that syntax; the error names it.
    pub fn with_directives(self, directives: &str) -> Result<Self, InvalidDirectives> {
        let (recorded, threshold) = directives::parse(directives)?;
        Ok(Self { recorded, writes_all: lets_all_through(&threshold), threshold, ..self })
    }

    /// Treats spans that `targets` enables as cancelled if they close without a `return` or `error` event. Their functions
    /// have `#[instrument(ret)]`, and `err` where they can fail, and no filter drops these events. A span promises the same by
    /// itself with the field `invocation.evidence = "ret, err"`.
    pub fn with_promising(self, targets: impl Into<Targets>) -> Self {
        Self { promising: targets.into(), ..self }
    }

    /// Whether the values that `ret` makes visible become the `result` of `success` records. Off by default.
    pub fn with_results(self, results: bool) -> Self {
        Self { results, ..self }
    }

    /// Whether records of operations that failed, were cancelled, are slow, or ended without evidence say in
    /// `payload.inherited` what operations around them work on (`entity_id`), and which values their fields have that are marked
    /// `invocation.inherit.`. On by default. An operation inherits what there is when its span is opened.
    pub fn with_inherited_context(self, inherits: bool) -> Self {
        Self { inherits, ..self }
    }

    /// Records each outcome at the level that `levels` says. An operation's own `levels(..)` have precedence.
    pub fn with_levels(self, levels: Levels) -> Self {
        Self { levels, ..self }
    }

    /// Asks `policy` once per call, before `invoke`. Of a refused call only `failed` and `cancelled` are recorded,
    /// and none of its fields is looked at.
    ///
    /// A policy that panics counts as one that says "record".
    pub fn with_policy(self, policy: impl EventPolicy + 'static) -> Self {
        Self { policy: Some(Arc::new(policy)), ..self }
    }

    /// Asks no policy.
    pub fn without_policy(self) -> Self {
        Self { policy: None, ..self }
    }

    /// Records the fields that are gated to this verbosity.
    pub fn with_verbosity(self, verbosity: Verbosity) -> Self {
        Self { verbosity, ..self }
    }

    /// Writes of values and records what `limits` let through.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { rules: Rules { limits, ..self.rules }, ..self }
    }

    /// Writes a marker in the place of what `redaction` takes for a secret.
    pub fn with_redaction(self, redaction: Redaction) -> Self {
        Self { rules: Rules { redaction, ..self.rules }, ..self }
    }

    /// What is taken for a secret, and how many values were.
    pub fn redaction(&self) -> &Redaction {
        &self.rules.redaction
    }

    /// Keeps only some of the calls that succeed.
    pub fn with_sampling(self, sampling: Sampling) -> Self {
        Self { sampling, ..self }
    }

    /// Finds out more about operations than how they ended.
    pub fn with_capture(self, capture: Capture) -> Self {
        Self { capture, ..self }.with_progress_noted()
    }

    /// Expects operations whose `namespace.name` matches `pattern` to take no longer than `duration`: of one that does, a
    /// record `slow` is written while it is open, once. Of several patterns that match, the first wins. The pattern is one of
    /// [`PatternPolicy`](crate::PatternPolicy)'s: `*` is any text, `?` any character, `[a-c]` one of some.
    ///
    /// A pattern that the settings hold already keeps its place and gets the new duration;
    /// [`without_expected`](Self::without_expected) removes it. An operation keeps the expectation that held when it was
    /// invoked.
    ///
    /// A thread of its own writes the record, at most a second late; there is none as long as nothing is expected.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let layer = tracing_invocation::layer()
    ///     .with_expected("shop::db.*", Duration::from_millis(200))?
    ///     .with_expected("shop*", Duration::from_secs(30))?;
    /// # drop(layer);
    /// # Ok::<(), tracing_invocation::InvalidPolicy>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the pattern is empty, or holds a range that runs backwards, as in `[z-a]`.
    pub fn with_expected(self, pattern: &str, duration: Duration) -> Result<Self, InvalidPolicy> {
        let expected = self.expected.with(pattern, duration)?;
        Ok(Self { expected, ..self }.with_progress_noted())
    }

    /// Removes the expectation that [`with_expected`](Self::with_expected) set for `pattern`, the same text. Operations
    /// that no other pattern matches are then not expected to end in any time. A pattern that is not set is ignored.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let layer = tracing_invocation::layer().with_expected("shop*", Duration::from_secs(30))?;
    /// let handle = layer.handle();
    /// handle.update(|settings| settings.without_expected("shop*"));
    /// # drop(layer);
    /// # Ok::<(), tracing_invocation::InvalidPolicy>(())
    /// ```
    pub fn without_expected(self, pattern: &str) -> Self {
        let expected = self.expected.without(pattern);
        Self { expected, ..self }.with_progress_noted()
    }

    /// Whether more is to be kept of an operation that begins than how it ends.
    #[inline]
    pub(crate) fn wants_progress(&self) -> bool {
        self.wants_progress
    }

    fn with_progress_noted(self) -> Self {
        let Capture { progress, slow_poll, .. } = self.capture;
        let wants_progress = progress || slow_poll.is_some() || !self.expected.is_empty();
        Self { wants_progress, ..self }
    }

    /// Shapes the context of every record by a function of the program's own: what it answers stands in the place of
    /// the context fields, redacted and limited as values are. Where it answers `None` or panics, they stay as they are.
    ///
    /// It is called once per record, with nothing locked. It sees the values of fields redacted, but not cut: up to 64,000
    /// bytes of such values are kept for it while an operation is open. Of values for which there is no room it sees what
    /// a record shows.
    pub fn with_context_formatter(
        self,
        format: impl Fn(&ContextFields) -> Option<Map<String, Value>> + Send + Sync + 'static,
    ) -> Self {
        Self { formatter: Some(ContextFormatter::new(format)), ..self }
    }

    pub(crate) fn inherits(&self) -> bool {
        self.inherits
    }

    pub(crate) fn results(&self) -> bool {
        self.results
    }

    pub(crate) fn recorded(&self) -> &Targets {
        &self.recorded
    }

    /// The context as the program's formatter shapes it, if there is one and it does.
    pub(crate) fn shaped(&self, context: &ContextFields) -> Option<Fragment> {
        self.formatter.as_ref()?.context(context, &self.rules)
    }

    /// Whether a span is recorded.
    pub(crate) fn records(&self, span: &Metadata<'_>) -> bool {
        self.recorded.would_enable(span.target(), span.level())
    }

    /// Whether a span promises that there is evidence of how it ends.
    pub(crate) fn has_promise_of(&self, span: &Metadata<'_>) -> bool {
        self.promising.would_enable(span.target(), span.level())
    }

    /// Whether a record at this level, of an operation with this target, is written.
    #[inline]
    pub(crate) fn writes(&self, target: &str, level: Level) -> bool {
        self.writes_all || self.would_write(target, level)
    }

    fn would_write(&self, target: &str, level: Level) -> bool {
        let level = match level {
            Level::Trace => tracing_core::Level::TRACE,
            Level::Debug => tracing_core::Level::DEBUG,
            Level::Info => tracing_core::Level::INFO,
            Level::Warn => tracing_core::Level::WARN,
            Level::Error => tracing_core::Level::ERROR,
        };
        self.threshold.would_enable(target, &level)
    }
}

/// Whether no target and level is left out.
fn lets_all_through(targets: &Targets) -> bool {
    targets.default_level() == Some(LevelFilter::TRACE)
        && targets.iter().all(|(_, level)| level == LevelFilter::TRACE)
}

impl From<tracing_core::Level> for Level {
    fn from(level: tracing_core::Level) -> Self {
        match level {
            tracing_core::Level::TRACE => Self::Trace,
            tracing_core::Level::DEBUG => Self::Debug,
            tracing_core::Level::INFO => Self::Info,
            tracing_core::Level::WARN => Self::Warn,
            tracing_core::Level::ERROR => Self::Error,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("recorded", &self.recorded)
            .field("threshold", &self.threshold)
            .field("promising", &self.promising)
            .field("results", &self.results)
            .field("inherits", &self.inherits)
            .field("rules", &self.rules)
            .field("levels", &self.levels)
            .field("policy", &self.policy.as_ref().map(|_| ".."))
            .field("verbosity", &self.verbosity)
            .field("sampling", &self.sampling)
            .field("capture", &self.capture)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}
