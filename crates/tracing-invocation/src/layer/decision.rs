//! What is decided of a span before anything is done for it.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ptr;

use tracing_core::Metadata;
use tracing_core::span::Attributes;

use super::visit;
use crate::asking::ask;
use crate::callsite::Callsite;
use crate::payload::Fields;
use crate::policy::{EventMetadata, EventPolicy};
use crate::settings::Current;

/// What settings say of a place in the code, for every call of it.
#[derive(Clone, Copy)]
pub(super) struct Decision {
    pub(super) callsite: &'static Callsite,
    pub(super) is_recorded: bool,
    /// What the policy answers, where that holds for every call.
    policy: Option<bool>,
}

impl Decision {
    /// The decision on this place, worked out once for each thread and settings.
    pub(super) fn of(metadata: &'static Metadata<'static>, current: &Current) -> Self {
        const RECENT: usize = 64;
        type Slot = Cell<Option<(u64, Decision)>>;
        thread_local! {
            static CACHE: [Slot; RECENT] = const { [const { Cell::new(None) }; RECENT] };
        }

        let slot = (ptr::from_ref(metadata).addr() >> 4) % RECENT;
        if let Some((epoch, decision)) = CACHE.with(|cache| cache[slot].get())
            && epoch == current.epoch
            && ptr::eq(decision.callsite.metadata(), metadata)
        {
            return decision;
        }
        let decision = Self::new(metadata, current);
        CACHE.with(|cache| cache[slot].set(Some((current.epoch, decision))));
        decision
    }

    fn new(metadata: &'static Metadata<'static>, current: &Current) -> Self {
        let callsite = Callsite::of(metadata);
        let is_recorded = current.records(metadata);
        let policy = match &current.policy {
            None => Some(true),
            Some(_) if !is_recorded || callsite.names_itself => None,
            Some(policy) => ask(|| {
                policy.static_answer(&event(metadata, metadata.target(), metadata.name(), None))
            })
            .flatten(),
        };
        Self { callsite, is_recorded, policy }
    }

    /// Whether the policy refuses this call; then also the names that it gives itself, all that is looked at.
    pub(super) fn refuses(&self, attributes: &Attributes<'_>, current: &Current) -> Option<Fields> {
        let policy = current.policy.as_deref()?;
        let is_recorded =
            self.policy.unwrap_or_else(|| self.ask(attributes, policy, current.epoch));
        let names = || visit::names(self.callsite, current, |visitor| attributes.record(visitor));
        (!is_recorded).then(names)
    }

    fn ask(&self, attributes: &Attributes<'_>, policy: &dyn EventPolicy, epoch: u64) -> bool {
        let metadata = self.callsite.metadata();
        let raw = visit::raw_names(self.callsite, |visitor| attributes.record(visitor));
        let event = event(
            metadata,
            raw.namespace.as_deref().unwrap_or(metadata.target()),
            raw.name.as_deref().unwrap_or(metadata.name()),
            raw.entity_id.as_deref(),
        );
        let is_renamed = self.callsite.names_itself;
        let known = is_renamed.then(|| static_answer(policy, epoch, metadata, &event)).flatten();
        // A policy that panics counts as one that says "record".
        known.unwrap_or_else(|| ask(|| policy.is_recorded(&event)).unwrap_or(true))
    }
}

/// The answer for every call of a place in the code that goes by these names, asked for once for each thread and
/// settings: a name that a span gives itself is mostly the same each time.
fn static_answer(
    policy: &dyn EventPolicy,
    epoch: u64,
    metadata: &'static Metadata<'static>,
    event: &EventMetadata<'_>,
) -> Option<bool> {
    const RECENT: usize = 64;
    type Slot = Cell<Option<(u64, u64, Option<bool>)>>;
    thread_local! {
        static CACHE: [Slot; RECENT] = const { [const { Cell::new(None) }; RECENT] };
    }

    let mut hasher = DefaultHasher::new();
    (ptr::from_ref(metadata).addr(), event.event_namespace, event.event_name).hash(&mut hasher);
    let names = hasher.finish();
    let slot = names as usize % RECENT;
    if let Some((known_epoch, known, answer)) = CACHE.with(|cache| cache[slot].get())
        && (known_epoch, known) == (epoch, names)
    {
        return answer;
    }
    let event = EventMetadata { entity_id: None, ..*event };
    let answer = ask(|| policy.static_answer(&event)).flatten();
    CACHE.with(|cache| cache[slot].set(Some((epoch, names, answer))));
    answer
}

fn event<'a>(
    metadata: &'a Metadata<'_>,
    event_namespace: &'a str,
    event_name: &'a str,
    entity_id: Option<&'a str>,
) -> EventMetadata<'a> {
    EventMetadata {
        event_namespace,
        event_name,
        entity_id,
        file: metadata.file(),
        line: metadata.line(),
        function: Some(metadata.name()),
    }
}
