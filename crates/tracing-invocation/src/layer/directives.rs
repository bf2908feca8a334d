//! What to record, in the syntax of `Targets`.

use std::fmt;

use tracing_core::LevelFilter;
use tracing_subscriber::filter::Targets;

/// The targets that `directives` name, separated by commas. Where two speak of the same target, the later counts.
pub(super) fn parse(directives: &str) -> Result<Targets, InvalidDirectives> {
    let mut targets = Targets::new();
    for directive in directives.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        let invalid = || InvalidDirectives { directive: directive.to_owned() };
        if let Ok(level) = directive.parse::<LevelFilter>() {
            targets = targets.with_default(level);
            continue;
        }
        let (target, level) = directive.split_once('=').unwrap_or((directive, "trace"));
        let (target, level) = (target.trim_end(), level.trim_start());
        // An empty text parses as a level, too.
        if level.is_empty() || !is_target(target) {
            return Err(invalid());
        }
        let level: LevelFilter = level.parse().map_err(|_| invalid())?;
        targets = targets.with_target(target, level);
    }
    Ok(targets)
}

/// Whether this may be meant as a target. `Targets` itself would take anything, and then match nothing: silence
/// is a poor answer to `info;shop=debug`, or to the field filters of other syntaxes.
fn is_target(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_:-./".contains(c))
}

/// A directive that is not of the syntax of [`Targets`].
///
/// ```
/// let error = tracing_invocation::layer().with_directives("info,shop=loud").unwrap_err();
///
/// assert!(error.to_string().starts_with("\"shop=loud\" is not a directive"));
/// assert_eq!(error.directive(), "shop=loud");
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tracing_core::Level;

    #[test]
    fn refuses_what_would_match_nothing() {
        for wrong in [
            "shop=loud",
            "info;shop=debug",
            "shop=",
            "=",
            "=info",
            "shop[run]=info",
            "a b",
            "a=b=info",
        ] {
            let error = parse(&format!("warn,{wrong}")).unwrap_err();
            assert_eq!(error.directive(), wrong);
        }
    }

    #[test]
    fn takes_empty_places_and_spaces() {
        let targets = parse(" info , , shop::cache = off ,").unwrap();
        assert!(targets.would_enable("shop", &Level::INFO));
        assert!(!targets.would_enable("shop::cache", &Level::ERROR));
    }

    proptest! {
        #[test]
        fn what_is_taken_means_what_targets_says(
            directives in prop::collection::vec("(off|error|warn|info|debug|trace|INFO|[a-c](::[a-c])?(=(off|warn|debug))?)", 1..5),
            target in "[a-c](::[a-c])?",
            level in prop::sample::select(vec![Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE]),
        ) {
            let text = directives.join(",");
            let theirs: Targets = text.parse().unwrap_or_default();
            let ours = parse(&text).unwrap();
            prop_assert_eq!(ours.would_enable(&target, &level), theirs.would_enable(&target, &level));
        }
    }
}
