//! What a span or event says of itself statically, worked out once for each place in the code.

use std::cell::Cell;
use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock, PoisonError, RwLock};

use tracing_core::Metadata;
use tracing_core::field::Field;

use crate::convention::{field, inherited, payload};
use crate::evidence::{Evidence, Origin};
use crate::head;
use crate::payload::{Limits, Redaction, text};
use crate::record::{Level, Outcome};
use crate::verbosity::Gate;

/// What one callsite says of itself.
pub(crate) struct Callsite {
    metadata: &'static Metadata<'static>,
    /// The event name and namespace: JSON texts, quotes included.
    pub(crate) name: Box<[u8]>,
    pub(crate) namespace: Box<[u8]>,
    /// What its records begin with, by level and outcome.
    heads: [[OnceLock<Box<[u8]>>; Outcome::ALL.len()]; Level::COUNT],
    /// By the index of the field.
    pub(crate) fields: Box<[FieldRole]>,
    /// Whether two fields end up under one key, so that the later must replace the earlier.
    pub(crate) repeats_keys: bool,
    /// Whether a context field has a reserved name.
    pub(crate) nests_context: bool,
    /// Whether a field gives another name or namespace.
    pub(crate) names_itself: bool,
    /// Whether a field says that a call is not to be recorded.
    pub(crate) may_opt_out: bool,
    /// Whether a field names an entity.
    pub(crate) may_have_entity: bool,
    /// Whether a field says who called.
    pub(crate) may_have_caller: bool,
    /// Whether a field promises that the span leaves evidence.
    pub(crate) may_promise: bool,
    /// Whether operations inside inherit a field.
    pub(crate) bequeaths: bool,
    /// Whether this is an event that may be evidence, and of what.
    pub(crate) evidence: Option<Evidence>,
    /// Which events belong to this span, or which span this event belongs to.
    pub(crate) origin: Origin,
    /// The keys that were last looked for, in the upper half, and which of the first fields have a secret one.
    secrets: AtomicU64,
}

/// Which fields of a callsite have a secret key.
#[derive(Clone, Copy)]
pub(crate) struct SecretFields(u32);

/// What a field of a span is for. Keys include the colon.
pub(crate) enum FieldRole {
    Name,
    Namespace,
    EntityId,
    Record,
    Traceparent,
    Evidence,
    Argument(Gate, Box<[u8]>),
    Context(Gate, Box<[u8]>),
}

impl Callsite {
    /// The callsite with this metadata. Made once and kept for good: callsites are as static as the code.
    pub(crate) fn of(metadata: &'static Metadata<'static>) -> &'static Self {
        static ALL: LazyLock<RwLock<HashMap<usize, &'static Callsite>>> =
            LazyLock::new(RwLock::default);
        const RECENT: usize = 64;
        thread_local! {
            static CACHE: [Cell<Option<&'static Callsite>>; RECENT] = const { [const { Cell::new(None) }; RECENT] };
        }

        let address = ptr::from_ref(metadata).addr();
        let slot = (address >> 4) % RECENT;
        if let Some(recent) = CACHE.with(|cache| cache[slot].get())
            && ptr::eq(recent.metadata, metadata)
        {
            return recent;
        }
        let known = ALL.read().unwrap_or_else(PoisonError::into_inner).get(&address).copied();
        let callsite = known.unwrap_or_else(|| {
            let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
            all.entry(address).or_insert_with(|| {
                let callsite = Box::leak(Box::new(Self::new(metadata)));
                callsite.origin.register();
                callsite
            })
        });
        CACHE.with(|cache| cache[slot].set(Some(callsite)));
        callsite
    }

    fn new(metadata: &'static Metadata<'static>) -> Self {
        let limit = Limits::IDENTITY;
        let quoted = |name: &str| {
            let mut quoted = Vec::new();
            text::push_name(&mut quoted, name, limit);
            quoted.into_boxed_slice()
        };
        let fields: Box<[FieldRole]> = metadata
            .fields()
            .iter()
            .map(|field| match field.name() {
                field::NAME => FieldRole::Name,
                field::NAMESPACE => FieldRole::Namespace,
                field::ENTITY_ID => FieldRole::EntityId,
                field::RECORD => FieldRole::Record,
                field::TRACEPARENT => FieldRole::Traceparent,
                field::EVIDENCE => FieldRole::Evidence,
                name => {
                    let Marked { gate, name, .. } = Marked::of(name);
                    match name.strip_prefix(field::ARGUMENT_PREFIX) {
                        Some(argument) => FieldRole::Argument(gate, key(argument, limit)),
                        None => FieldRole::Context(gate, key(name, limit)),
                    }
                }
            })
            .collect();
        let mut keys: Vec<_> = fields
            .iter()
            .filter_map(|role| match role {
                FieldRole::Argument(_, key) => Some((true, key)),
                FieldRole::Context(_, key) => Some((false, key)),
                _ => None,
            })
            .collect();
        keys.sort_unstable();
        let names = || metadata.fields().iter().map(|field| field.name());
        let (name, namespace) = (quoted(metadata.name()), quoted(metadata.target()));
        Self {
            name,
            namespace,
            heads: Default::default(),
            repeats_keys: keys.windows(2).any(|pair| pair[0] == pair[1]),
            nests_context: names().any(|name| payload::RESERVED.contains(&Marked::of(name).name)),
            names_itself: names().any(|name| matches!(name, field::NAME | field::NAMESPACE)),
            may_opt_out: names().any(|name| name == field::RECORD),
            may_have_entity: names().any(|name| name == field::ENTITY_ID),
            may_have_caller: names().any(|name| name == field::TRACEPARENT),
            may_promise: names().any(|name| name == field::EVIDENCE),
            bequeaths: names().any(|name| Marked::of(name).is_inherited),
            evidence: Evidence::of(metadata),
            origin: Origin::new(metadata),
            fields,
            secrets: AtomicU64::new(0),
            metadata,
        }
    }

    /// What its records of this level and outcome begin with, but for their time and ids.
    #[inline]
    pub(crate) fn head(&self, level: Level, outcome: Outcome) -> &[u8] {
        self.heads[level as usize][outcome as usize].get_or_init(|| {
            let mut head = Vec::new();
            head::push(&mut head, level, &self.namespace, &self.name, outcome);
            head.into_boxed_slice()
        })
    }

    /// What `field` is for, if it is one of this callsite's: a record may carry fields of another.
    pub(crate) fn role_of(&self, field: &Field) -> Option<&FieldRole> {
        let role = self.fields.get(field.index())?;
        (field.callsite() == self.metadata.callsite()).then_some(role)
    }

    /// The fields whose values are not to be looked at. Worked out again only when others are looked for.
    pub(crate) fn secrets(&self, redaction: &Redaction) -> SecretFields {
        let keys = u64::from(redaction.keys_id()) << 32;
        let known = self.secrets.load(Ordering::Relaxed);
        if known & !u64::from(u32::MAX) == keys {
            return SecretFields(known as u32);
        }
        let fields = self.metadata.fields().iter().take(SecretFields::MANY);
        let secrets = fields.enumerate().fold(0, |secrets, (at, field)| {
            secrets | u32::from(SecretFields::is_secret(field.name(), redaction)) << at
        });
        self.secrets.store(keys | u64::from(secrets), Ordering::Relaxed);
        SecretFields(secrets)
    }

    /// Returns the key, with its colon, under which operations inside inherit `field`, if they do.
    pub(crate) fn inherited_key(&self, field: &Field) -> Option<Vec<u8>> {
        if !self.bequeaths {
            return None;
        }
        let Marked { is_inherited, name, .. } = Marked::of(field.name());
        let name = name.strip_prefix(field::ARGUMENT_PREFIX).unwrap_or(name);
        // Nothing stands in the place of the entities.
        let is_inherited = is_inherited && name != inherited::ENTITY_IDS;
        is_inherited.then(|| key(name, Limits::DEFAULT.text).into_vec())
    }

    pub(crate) fn metadata(&self) -> &'static Metadata<'static> {
        self.metadata
    }
}

impl SecretFields {
    /// How many fields are known of; of others one has to ask by name.
    const MANY: usize = 32;

    pub(crate) fn has(self, field: &Field, redaction: &Redaction) -> bool {
        match field.index() {
            at if at < Self::MANY => self.0 >> at & 1 == 1,
            _ => Self::is_secret(field.name(), redaction),
        }
    }

    /// Whether what stands under this name, behind its gate, is secret. A field that speaks to this crate is not.
    fn is_secret(name: &str, redaction: &Redaction) -> bool {
        let Marked { name, .. } = Marked::of(name);
        !name.starts_with(field::PREFIX) && redaction.is_secret_key(name)
    }
}

/// The name of a field, and what stands in front of it.
struct Marked<'a> {
    gate: Gate,
    is_inherited: bool,
    name: &'a str,
}

impl<'a> Marked<'a> {
    fn of(name: &'a str) -> Self {
        let (gate, name) = Gate::of(name);
        match name.strip_prefix(field::INHERIT_PREFIX) {
            Some(name) if !name.is_empty() => Self { gate, is_inherited: true, name },
            _ => Self { gate, is_inherited: false, name },
        }
    }
}

fn key(name: &str, limit: usize) -> Box<[u8]> {
    let mut key = Vec::with_capacity(name.len() + 3);
    key.push(b'"');
    text::push_cut(&mut key, name, limit);
    key.extend_from_slice(b"\":");
    key.into_boxed_slice()
}
