//! Selects operations by patterns.

use std::io;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use tracing_invocation::{EventMetadata, EventPolicy as _, PatternPolicy, PolicyRule};

/// The heading of these options in `--help`.
pub(crate) const WHICH: &str = "Which operations";

/// Patterns for names. Patterns of one option are alternatives; an operation must match all options that are given.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Select {
    /// Only operations with this event name; `*`, `?` and `[a-c]` work as in a shell
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new(), help_heading = WHICH)]
    name: Vec<String>,
    /// Only operations in this namespace
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new(), help_heading = WHICH)]
    namespace: Vec<String>,
    /// Only operations on this entity
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new(), help_heading = WHICH)]
    entity: Vec<String>,
}

impl Select {
    /// Compiles the patterns.
    ///
    /// # Errors
    ///
    /// Returns an error if a pattern is invalid.
    pub(crate) fn compile(&self) -> io::Result<Selected> {
        let patterns = [&self.name, &self.namespace, &self.entity];
        if patterns.iter().all(|patterns| patterns.is_empty()) {
            return Ok(Selected(None));
        }
        let rule = PolicyRule::allow()
            .with_event_names(&self.name)
            .with_event_namespaces(&self.namespace)
            .with_entity_ids(&self.entity);
        let policy = PatternPolicy::new([rule]).map_err(io::Error::other)?;
        Ok(Selected(Some(policy.with_default(false))))
    }
}

/// Compiled patterns; `None` selects everything.
#[derive(Clone, Debug)]
pub(crate) struct Selected(Option<PatternPolicy>);

/// Reports on stderr that the patterns match no operation.
pub(crate) fn report_no_match() {
    anstream::eprintln!(
        "invocations: no operation matches: the patterns of --name, --namespace and --entity must match the whole text, \
        and are case-sensitive, as in 'charge*'"
    );
}

impl Selected {
    pub(crate) fn is_everything(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn takes(&self, namespace: &str, name: &str, entity_id: Option<&str>) -> bool {
        self.0.as_ref().is_none_or(|policy| {
            let mut event = EventMetadata::new(namespace, name);
            if let Some(entity_id) = entity_id {
                event = event.with_entity_id(entity_id);
            }
            policy.is_recorded(&event)
        })
    }
}
