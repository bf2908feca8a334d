//! Which operations a command is asked about.

use std::io;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use tracing_invocation::{EventMetadata, EventPolicy as _, PatternPolicy, PolicyRule};

/// The heading of what selects operations, in a help.
pub(crate) const WHICH: &str = "Which operations";

/// Patterns of what operations are called. Those of one kind are alternatives; those of different kinds match together.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Select {
    /// Those with this event name; `*`, `?` and `[a-c]` as in a shell
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new(), help_heading = WHICH)]
    name: Vec<String>,
    /// Those in this namespace
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new(), help_heading = WHICH)]
    namespace: Vec<String>,
    /// Those that work on this entity
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new(), help_heading = WHICH)]
    entity: Vec<String>,
}

impl Select {
    /// What the patterns select.
    ///
    /// # Errors
    ///
    /// Where one is not a pattern.
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

/// Patterns, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Selected(Option<PatternPolicy>);

/// Says that patterns select nothing of what was read.
pub(crate) fn say_nothing_is_selected() {
    anstream::eprintln!(
        "invocations: no operation is selected: --name, --namespace and --entity take patterns of the whole text, in \
         which capital letters matter, as in 'charge*'"
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
