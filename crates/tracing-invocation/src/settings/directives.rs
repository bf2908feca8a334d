//! What to record, in the syntax of `Targets`.

use std::fmt;

use tracing_core::LevelFilter;
use tracing_subscriber::filter::Targets;

/// What `directives` name, separated by commas: the spans that are recorded, and behind a slash the least severe
/// records that are written. Where two speak of the same target, the later counts.
pub(super) fn parse(directives: &str) -> Result<(Targets, Targets), InvalidDirectives> {
    let mut recorded = Targets::new();
    let mut threshold = Targets::new().with_default(LevelFilter::TRACE);
    for directive in directives.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        let invalid = || InvalidDirectives { directive: directive.to_owned() };
        let (target, levels) = match directive.split_once('=') {
            Some((target, levels)) => (Some(target.trim_end()), levels.trim_start()),
            None if is_levels(directive) => (None, directive),
            None => (Some(directive), "trace"),
        };
        let (spans, records) = levels.split_once('/').unwrap_or((levels, "trace"));
        let (spans, records) = parse_level(spans).zip(parse_level(records)).ok_or_else(invalid)?;
        match target {
            None => {
                recorded = recorded.with_default(spans);
                threshold = threshold.with_default(records);
            }
            Some(target) if is_target(target) => {
                recorded = recorded.with_target(target, spans);
                threshold = threshold.with_target(target, records);
            }
            Some(_) => return Err(invalid()),
        }
    }
    Ok((recorded, threshold))
}

fn is_levels(text: &str) -> bool {
    text.split('/').next().and_then(parse_level).is_some()
}

fn parse_level(text: &str) -> Option<LevelFilter> {
    // An empty text parses as a level, too.
    Some(text.trim()).filter(|text| !text.is_empty())?.parse().ok()
}

/// Whether this may be meant as a target. `Targets` itself would take anything, and then match nothing: silence
/// is a poor answer to `info;shop=debug`, or to the field filters of other syntaxes.
fn is_target(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_:-.".contains(c))
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
             target=level, separated by commas, as in \"info,shop::cache=debug\"; a level/level also says which records are written",
            self.directive
        )
    }
}

impl std::error::Error for InvalidDirectives {}

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
        let (targets, _) = parse(" info , , shop::cache = off ,").unwrap();
        assert!(targets.would_enable("shop", &Level::INFO));
        assert!(!targets.would_enable("shop::cache", &Level::ERROR));
    }

    #[test]
    fn behind_a_slash_stands_what_is_written() {
        let (spans, records) = parse("info/warn,shop=debug/error,cache").unwrap();
        assert!(
            spans.would_enable("shop", &Level::DEBUG)
                && !spans.would_enable("other", &Level::DEBUG)
        );
        assert!(
            records.would_enable("other", &Level::WARN)
                && !records.would_enable("other", &Level::INFO)
        );
        assert!(
            records.would_enable("shop", &Level::ERROR)
                && !records.would_enable("shop", &Level::WARN)
        );
        assert!(records.would_enable("cache", &Level::TRACE));
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
            let (ours, _) = parse(&text).unwrap();
            prop_assert_eq!(ours.would_enable(&target, &level), theirs.would_enable(&target, &level));
        }
    }
}
