//! One line for the common case.

use std::env::{self, VarError};
use std::fmt;

use tracing_core::{Dispatch, dispatcher};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use crate::convention::ENVIRONMENT_VARIABLE;
use crate::layer::{InvocationLayer, layer};
use crate::settings::InvalidDirectives;
use crate::sink::report;

/// Records every operation of the program as JSON lines on stdout. What to record is read from the environment
/// variable `INVOCATION_LOG`, in the directive syntax of [`Targets`](tracing_subscriber::filter::Targets); where it
/// is unset or empty, spans of level `INFO` and more severe. It chooses by the level of *spans*, which for
/// `#[instrument]` is `INFO` unless it says otherwise: `error` records only operations whose spans are of that level.
///
/// Events, as of `info!`, are no records, and go nowhere: a program that wants both composes [`layer()`] with
/// `fmt::layer()`. So does one that wants a [`Guard`](crate::Guard), or other sinks.
///
/// Never panics. Directives that cannot be read are reported on stderr, and the default is recorded instead;
/// where a subscriber is set already, that is reported and nothing changes. [`try_init`] returns both as errors.
///
/// ```standalone_crate
/// tracing_invocation::init();
///
/// let error = tracing_invocation::try_init().unwrap_err();
/// assert!(error.to_string().starts_with("a global subscriber is set already"));
/// ```
pub fn init() {
    let layer = from_environment().unwrap_or_else(|error| {
        report(format_args!("{error}; recording INFO and more severe instead"));
        layer()
    });
    if let Err(error) = install(layer) {
        report(format_args!("{error}"));
    }
}

/// As [`init`], but says what stands in the way.
///
/// # Errors
///
/// Where `INVOCATION_LOG` holds something other than directives, or a global subscriber is set already. In either
/// case nothing is installed.
pub fn try_init() -> Result<(), InitError> {
    install(from_environment()?)
}

/// Why [`try_init`] installed nothing.
#[derive(Debug)]
pub struct InitError(Reason);

#[derive(Debug)]
enum Reason {
    Directives(InvalidDirectives),
    NotUnicode,
    AlreadySet(dispatcher::SetGlobalDefaultError),
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Directives(error) => write!(f, "{ENVIRONMENT_VARIABLE}: {error}"),
            Reason::NotUnicode => write!(f, "{ENVIRONMENT_VARIABLE} is not valid Unicode: write directives such as \"info,shop=debug\""),
            Reason::AlreadySet(_) => f.write_str(
                "a global subscriber is set already: compose it with tracing_invocation::layer() instead",
            ),
        }
    }
}

impl std::error::Error for InitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Reason::Directives(error) => Some(error),
            Reason::AlreadySet(error) => Some(error),
            Reason::NotUnicode => None,
        }
    }
}

fn from_environment() -> Result<InvocationLayer, InitError> {
    match env::var(ENVIRONMENT_VARIABLE) {
        Ok(directives) if !directives.trim().is_empty() => layer()
            .with_directives(&directives)
            .map_err(|error| InitError(Reason::Directives(error))),
        Ok(_) | Err(VarError::NotPresent) => Ok(layer()),
        Err(VarError::NotUnicode(_)) => Err(InitError(Reason::NotUnicode)),
    }
}

fn install(layer: InvocationLayer) -> Result<(), InitError> {
    dispatcher::set_global_default(Dispatch::new(registry().with(layer)))
        .map_err(|error| InitError(Reason::AlreadySet(error)))
}
