//! What operations inside others inherit: entities, and fields that are marked for it.
//!
//! An inner operation takes what there is when its span is opened, and shares it with everything inside: nothing is copied where
//! nothing is added. It is written where an operation did not end well, so that such a record alone says what it was about.

use std::sync::Arc;

use super::Operation;
use crate::convention::{inherited, payload};
use crate::payload::json;

/// What the operations inside one inherit.
#[derive(Debug, Default)]
pub(crate) struct Inherited {
    /// The entities of enclosing operations by the operation's name, the nearest first: JSON texts.
    entity_ids: Vec<Member>,
    /// Their marked fields by the field's name, the nearest first: a JSON text, and a value.
    fields: Vec<Member>,
}

/// A key, a JSON text, and a value, which is JSON.
type Member = (Box<[u8]>, Box<[u8]>);

/// How many entities, and how many fields, are inherited: those of the nearest operations.
const MOST: usize = 10;

impl Inherited {
    /// Returns what the operations inside `operation` inherit, which has something to add.
    fn of(operation: &Operation) -> Self {
        let mut inherited = Self::default();
        if let Some(entity_id) = operation.entity_id() {
            inherited.entity_ids.push((operation.name().into(), entity_id.into()));
        }
        for (key, value) in operation.fields.inherited.iter().flat_map(|fields| fields.members()) {
            // Without its colon.
            let key = &key[..key.len().saturating_sub(1)];
            inherited.fields.push((key.into(), value.into()));
        }
        if let Some(around) = &operation.inherited {
            add(&mut inherited.entity_ids, &around.entity_ids);
            add(&mut inherited.fields, &around.fields);
        }
        inherited.fields.truncate(MOST);
        inherited
    }

    /// Appends the member of the payload, with a comma behind it.
    pub(crate) fn push(&self, to: &mut Vec<u8>) {
        json::push_string(to, payload::INHERITED);
        to.extend_from_slice(b":{");
        if !self.entity_ids.is_empty() {
            json::push_string(to, inherited::ENTITY_IDS);
            to.extend_from_slice(b":{");
            push_members(to, &self.entity_ids);
            to.extend_from_slice(b"},");
        }
        push_members(to, &self.fields);
        if to.last() == Some(&b',') {
            to.pop();
        }
        to.extend_from_slice(b"},");
    }
}

/// Adds members of enclosing operations that no nearer one has.
fn add(members: &mut Vec<Member>, around: &[Member]) {
    for (key, value) in around {
        if members.len() >= MOST {
            return;
        }
        if members.iter().all(|(nearer, _)| nearer != key) {
            members.push((key.clone(), value.clone()));
        }
    }
}

fn push_members(to: &mut Vec<u8>, members: &[Member]) {
    for (at, (key, value)) in members.iter().enumerate() {
        if at > 0 {
            to.push(b',');
        }
        to.extend_from_slice(key);
        to.push(b':');
        to.extend_from_slice(value);
    }
}

impl Operation {
    /// Returns what an operation that begins inside this one inherits. Of a refused operation only what is around it is looked
    /// at.
    #[inline]
    pub(crate) fn bequest(&mut self) -> Option<Arc<Inherited>> {
        if !self.has_bequest_of_its_own() {
            return self.inherited.clone();
        }
        if self.bequest.is_none() {
            self.bequest = Some(Arc::new(Inherited::of(self)));
        }
        self.bequest.clone()
    }

    fn has_bequest_of_its_own(&self) -> bool {
        (self.fields.inherited.is_some() || self.entity_id().is_some())
            && !matches!(self.keeping, super::Keeping::Refused)
    }
}
