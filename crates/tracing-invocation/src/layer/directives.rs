//! What to record, in the syntax of `Targets`.

use std::fmt;

use tracing_core::LevelFilter;
use tracing_subscriber::filter::Targets;

/// The targets that `directives` name, separated by commas.
pub(super) fn parse(directives: &str) -> Result<Targets, InvalidDirectives> {
    let mut targets = Targets::new();
    for directive in directives
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty())
    {
        let parsed: Targets = directive.parse().map_err(|_| InvalidDirectives {
            directive: directive.to_owned(),
        })?;
        targets = match parsed.default_level() {
            Some(level) if parsed.iter().next().is_none() => targets.with_default(level),
            _ => targets.with_targets(parsed.iter()),
        };
    }
    Ok(targets)
}

/// A directive that is not of the syntax of [`Targets`].
///
/// ```
/// let error = tracing_invocation::layer().with_directives("info,shop=loud").unwrap_err();
///
/// assert!(error.to_string().starts_with("\"shop=loud\" is not a directive"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDirectives {
    directive: String,
}

impl InvalidDirectives {
    /// The directive at fault.
    #[must_use]
    pub fn directive(&self) -> &str {
        &self.directive
    }
}

impl fmt::Display for InvalidDirectives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a directive: write a level (off, error, warn, info, debug or trace), a target, or \
             target=level, separated by commas, as in \"info,shop::cache=debug\"",
            self.directive
        )
    }
}

impl std::error::Error for InvalidDirectives {}

/// What is recorded where nobody says otherwise.
pub(super) const DEFAULT_LEVEL: LevelFilter = LevelFilter::INFO;
