//! Reports spans that do not exist because a feature of `tracing` removes their levels at compile time.
//!
//! The features `max_level_*` and `release_max_level_*` hold for the whole program, and any dependency may enable one.

use std::fmt;
use std::sync::Once;

use serde_json::{Map, json};
use tracing::level_filters::STATIC_MAX_LEVEL;
use tracing_core::LevelFilter;
use tracing_subscriber::filter::Targets;

use crate::convention::{delivery, error};
use crate::record::Record;
use crate::sink::{notice, report};

/// The levels that directives select and the program does not contain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CompiledOut {
    /// The least severe level that directives select.
    selected: LevelFilter,
    /// The least severe level that the program contains.
    compiled_in: LevelFilter,
}

impl CompiledOut {
    /// What is missing of the spans that `recorded` selects, if anything is.
    pub(crate) fn of(recorded: &Targets) -> Option<Self> {
        Self::compare(recorded, STATIC_MAX_LEVEL)
    }

    fn compare(recorded: &Targets, compiled_in: LevelFilter) -> Option<Self> {
        let levels = recorded.iter().map(|(_, level)| level).chain(recorded.default_level());
        let selected = levels.max()?;
        (selected > compiled_in).then_some(Self { selected, compiled_in })
    }

    /// Reports it on stderr, once in a process.
    pub(crate) fn report(&self) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| report(format_args!("{self}")));
    }

    /// The record for the log.
    pub(crate) fn record(&self) -> Record {
        notice(Map::from_iter([
            (error::TYPE.to_owned(), delivery::LEVELS_COMPILED_OUT.into()),
            (error::MESSAGE.to_owned(), self.to_string().into()),
            (
                error::DETAILS.to_owned(),
                json!({
                    "feature": self.feature(),
                    "compiled_in": self.compiled_in.to_string(),
                    "selected": self.selected.to_string(),
                }),
            ),
        ]))
    }

    /// The feature that removes the levels. A release build may have either of two.
    fn feature(&self) -> String {
        if cfg!(debug_assertions) {
            format!("max_level_{}", self.compiled_in)
        } else {
            format!("max_level_{0} or release_max_level_{0}", self.compiled_in)
        }
    }
}

impl fmt::Display for CompiledOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { selected, compiled_in } = self;
        write!(
            f,
            "the directives select spans up to the level {selected}, but a feature of the crate `tracing`, {}, compiles out \
             every level below {compiled_in}: those operations are not recorded, nor their failures; `cargo tree -e \
             features -i tracing` shows which crate enables the feature",
            self.feature(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(directives: &str, compiled_in: LevelFilter) -> Option<CompiledOut> {
        CompiledOut::compare(&directives.parse().unwrap(), compiled_in)
    }

    #[test]
    fn nothing_is_missing_where_every_selected_level_is_compiled_in() {
        for (directives, compiled_in) in [
            ("info", LevelFilter::TRACE),
            ("info", LevelFilter::INFO),
            ("off", LevelFilter::OFF),
            ("error,shop=off", LevelFilter::ERROR),
        ] {
            assert_eq!(compare(directives, compiled_in), None, "{directives} {compiled_in}");
        }
        assert_eq!(CompiledOut::compare(&Targets::new(), LevelFilter::OFF), None);
    }

    #[test]
    fn one_target_that_selects_more_is_enough() {
        let missing = compare("info,shop=debug", LevelFilter::INFO).unwrap();
        assert_eq!(missing.selected, LevelFilter::DEBUG);
        assert!(compare("info", LevelFilter::WARN).is_some());
    }

    #[test]
    fn the_record_names_the_feature() {
        let missing = compare("info", LevelFilter::WARN).unwrap();
        let record = missing.record();
        let error = &record.payload["error"];
        assert_eq!(error["type"], "levels_compiled_out");
        assert_eq!(error["details"]["compiled_in"], "warn");
        assert_eq!(error["details"]["selected"], "info");
        for text in [&error["details"]["feature"], &error["message"]] {
            assert!(text.as_str().unwrap().contains("max_level_warn"), "{text}");
        }
    }
}
