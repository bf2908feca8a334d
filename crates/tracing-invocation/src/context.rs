//! Shaping the context of a record by a function of the program's own.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::asking::ask;
use crate::operation::Operation;
use crate::payload::structure::push_members;
use crate::payload::{Fragment, Rules};
use crate::record::Outcome;

/// What a context formatter is shown: the context that a record is about to carry, and of which operation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ContextFields {
    /// The operation's namespace.
    pub event_namespace: String,
    /// The operation's name.
    pub event_name: String,
    /// What the record says of it.
    pub event_outcome: Outcome,
    /// What it works on.
    pub entity_id: Option<String>,
    /// The context fields, with the values that they have now: redacted, but not cut as they are in a record, unless they
    /// have more than 64,000 bytes together.
    pub fields: Map<String, Value>,
}

impl ContextFields {
    pub(crate) fn of(operation: &Operation, outcome: Outcome) -> Self {
        let text = |json: &[u8]| serde_json::from_slice(json).unwrap_or_default();
        let members = |fragment: &Fragment| -> Map<String, Value> {
            let object = [b"{", fragment.as_bytes(), b"}"].concat();
            serde_json::from_slice(&object).unwrap_or_default()
        };
        let mut fields = members(&operation.fields.context);
        if let Some(uncut) = &operation.fields.uncut {
            fields.extend(members(uncut));
        }
        Self {
            event_namespace: text(operation.namespace()),
            event_name: text(operation.name()),
            event_outcome: outcome,
            entity_id: operation.entity_id().map(text),
            fields,
        }
    }
}

/// A function of the program's own that shapes context.
#[derive(Clone)]
pub(crate) struct ContextFormatter(Arc<Format>);

type Format = dyn Fn(&ContextFields) -> Option<Map<String, Value>> + Send + Sync;

impl ContextFormatter {
    pub(crate) fn new(
        format: impl Fn(&ContextFields) -> Option<Map<String, Value>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(format))
    }

    /// The context in the shape that the program gives it, limited and redacted as values are; `None` where the program
    /// declines or panics.
    pub(crate) fn context(&self, fields: &ContextFields, rules: &Rules) -> Option<Fragment> {
        let shaped = ask(|| (self.0)(fields))??;
        let mut object = Vec::new();
        push_members(&mut object, &shaped, rules);
        let members = object.strip_prefix(b"{")?.strip_suffix(b"}")?;
        let mut fragment = Fragment::default();
        if !members.is_empty() {
            fragment.push(b"", |to| to.extend_from_slice(members));
        }
        Some(fragment)
    }
}

impl fmt::Debug for ContextFormatter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContextFormatter")
    }
}
