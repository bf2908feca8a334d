//! From the values of spans and events to bytes that are ready to be written.

use std::fmt;
use std::sync::Once;

use tracing_core::Event;
use tracing_core::field::{Field, Visit};

use crate::callsite::{Callsite, FieldRole, SecretFields};
use crate::convention::{error, field};
use crate::operation::{Ending, Failure};
use crate::payload::structure::push_json;
use crate::payload::{Extent, Fields, Rules, inside_err, json, push_debug, text};
use crate::record::TraceContext;
use crate::settings::Settings;
use crate::sink::report;
use crate::verbosity::{Gate, Verbosity};

/// What the values that `record` shows a visitor say of a span of `callsite`.
pub(super) fn fields(
    callsite: &'static Callsite,
    settings: &Settings,
    record: impl FnOnce(&mut dyn Visit),
) -> Fields {
    let wanted = Wanted::Everything(settings.verbosity);
    let mut visitor = SpanVisitor::new(callsite, &settings.rules, wanted);
    visitor.uncut = settings.formatter.as_ref().map(|_| Box::new(Uncut::new(&settings.rules)));
    record(&mut visitor);
    visitor.fields
}

/// The names alone that they give it.
pub(super) fn names(
    callsite: &'static Callsite,
    settings: &Settings,
    record: impl FnOnce(&mut dyn Visit),
) -> Fields {
    let speaks = callsite.names_itself
        || callsite.may_have_entity
        || callsite.may_opt_out
        || callsite.may_promise;
    if !speaks {
        return Fields::default();
    }
    let mut visitor = SpanVisitor::new(callsite, &settings.rules, Wanted::Names);
    record(&mut visitor);
    visitor.fields
}

/// What a span says of its names and entity, as it is: neither cut nor redacted, and not to be written.
#[derive(Default)]
pub(super) struct RawNames {
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) entity_id: Option<String>,
    traceparent: Option<String>,
}

/// The names that the values `record` shows a visitor give a span of `callsite`, as they are.
pub(super) fn raw_names(
    callsite: &'static Callsite,
    record: impl FnOnce(&mut dyn Visit),
) -> RawNames {
    let mut visitor = RawVisitor { callsite, names: RawNames::default() };
    if callsite.names_itself || callsite.may_have_entity {
        record(&mut visitor);
    }
    visitor.names
}

/// What the values that `record` shows a visitor say of who called. What is no `traceparent` says nothing, as W3C Trace
/// Context has it: the operation begins a trace.
pub(super) fn caller(
    callsite: &'static Callsite,
    record: impl FnOnce(&mut dyn Visit),
) -> Option<TraceContext> {
    if !callsite.may_have_caller {
        return None;
    }
    let mut visitor = RawVisitor { callsite, names: RawNames::default() };
    record(&mut visitor);
    visitor.names.traceparent?.parse().ok()
}

struct RawVisitor {
    callsite: &'static Callsite,
    names: RawNames,
}

impl Visit for RawVisitor {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let place = match self.callsite.role_of(field) {
            Some(FieldRole::Name) => &mut self.names.name,
            Some(FieldRole::Namespace) => &mut self.names.namespace,
            Some(FieldRole::EntityId) => &mut self.names.entity_id,
            Some(FieldRole::Traceparent) => &mut self.names.traceparent,
            _ => return,
        };
        *place = text::quietly(|| format!("{value:?}"));
    }
}

/// The value of an event with one field, as JSON.
pub(super) fn value(event: &Event<'_>, rules: &Rules) -> Vec<u8> {
    let mut value = Vec::new();
    push_value(&mut value, event, rules);
    value
}

/// Appends it to nothing.
fn push_value(to: &mut Vec<u8>, event: &Event<'_>, rules: &Rules) {
    event.record(&mut ValueVisitor { rules, value: to });
    if to.is_empty() {
        to.extend_from_slice(b"null");
    }
}

/// Returns what the event of `ret` says: that the call succeeded, with its value where results are wanted; or, where the value is
/// an `Err`, that it failed. `ret` shows the whole `Result` of a function that does not have `err`, too.
pub(super) fn returned(event: &Event<'_>, settings: &Settings) -> Ending {
    let mut visitor = ErrVisitor { rules: &settings.rules, message: None };
    event.record(&mut visitor);
    match visitor.message {
        Some(message) => opaque(|to| *to = message),
        None => Ending::returned(settings.results().then(|| value(event, &settings.rules)), None),
    }
}

/// The failure that the event of `err` tells of.
pub(super) fn failure(event: &Event<'_>, rules: &Rules) -> Ending {
    opaque(|to| {
        push_value(to, event, &rules.for_messages());
        if to.first() != Some(&b'"') {
            *to = in_quotes(std::mem::take(to));
        }
    })
}

/// Returns a failure of which only the text is known, which `push` appends as a JSON text.
fn opaque(push: impl FnOnce(&mut Vec<u8>)) -> Ending {
    let mut failure = Failure::new(error::TYPE_OPAQUE, push);
    // That of `err(Debug)` looks the same.
    failure.may_be_debug_text = true;
    Ending::failed(failure)
}

/// A JSON text: what is not one already is put in quotes, so that a key has one type.
fn in_quotes(value: Vec<u8>) -> Vec<u8> {
    if value.first() == Some(&b'"') {
        return value;
    }
    let mut quoted = Vec::with_capacity(value.len() + 2);
    json::push_string(&mut quoted, &String::from_utf8_lossy(&value));
    quoted
}

struct SpanVisitor<'a> {
    callsite: &'static Callsite,
    rules: &'a Rules,
    secrets: SecretFields,
    wanted: Wanted,
    /// There where the program is to see what context says before it is cut.
    uncut: Option<Box<Uncut>>,
    fields: Fields,
}

/// What values are written by that the program is to see before they are cut.
struct Uncut {
    rules: Rules,
    /// What cuts them afterwards.
    limited: Rules,
    /// Bytes that may still be kept of them.
    room: usize,
}

impl Uncut {
    fn new(rules: &Rules) -> Self {
        let room = Fields::MOST_UNCUT;
        Self { rules: rules.uncut(), limited: rules.of_redacted(), room }
    }

    /// Appends a member to `fields`, and keeps what was cut of it.
    fn push(
        &mut self,
        fields: &mut Fields,
        key: &[u8],
        push: impl FnOnce(&mut Vec<u8>, &Rules) -> Extent,
    ) {
        let mut uncut = Vec::new();
        let extent = push(&mut uncut, &self.rules);
        let mut cut = Vec::new();
        if extent == Extent::Limited {
            push_json(&mut cut, &uncut, &self.limited);
        }
        if extent == Extent::Whole || cut == uncut {
            return fields.context.push(key, |to| to.extend_from_slice(&uncut));
        }
        fields.context.push(key, |to| to.extend_from_slice(&cut));
        if let Some(left) = self.room.checked_sub(key.len() + uncut.len()) {
            self.room = left;
            let kept = fields.uncut.get_or_insert_default();
            kept.push(key, |to| to.extend_from_slice(&uncut));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Names,
    Everything(Verbosity),
}

impl Wanted {
    fn lets_through(self, gate: Gate) -> bool {
        matches!(self, Self::Everything(verbosity) if gate.lets_through(verbosity))
    }
}

impl<'a> SpanVisitor<'a> {
    fn new(callsite: &'static Callsite, rules: &'a Rules, wanted: Wanted) -> Self {
        let secrets = callsite.secrets(&rules.redaction);
        Self { callsite, rules, secrets, wanted, uncut: None, fields: Fields::default() }
    }

    /// Takes the text of `invocation.evidence` as it is. Returns `false` for other fields.
    #[inline]
    fn take_promise(&mut self, field: &Field, text: &str) -> bool {
        let is_promise = self.callsite.may_promise
            && matches!(self.callsite.role_of(field), Some(FieldRole::Evidence));
        if is_promise {
            self.fields.promises_evidence = promise(text);
        }
        is_promise
    }

    #[inline]
    fn take(&mut self, field: &Field, push: impl FnOnce(&mut Vec<u8>, &Rules) -> Extent) {
        let Some(role) = self.callsite.role_of(field) else {
            return;
        };
        let redaction = &self.rules.redaction;
        let is_secret = self.secrets.has(field, redaction);
        let push = |to: &mut Vec<u8>, rules: &Rules| {
            if is_secret {
                redaction.push_mark(to);
                Extent::Limited
            } else {
                push(to, rules)
            }
        };
        let (is_context, gate, key) = match role {
            FieldRole::Context(gate, key) => (true, gate, key),
            FieldRole::Argument(gate, key) => (false, gate, key),
            // Read as it is: see `caller`.
            FieldRole::Traceparent => return,
            FieldRole::Name
            | FieldRole::Namespace
            | FieldRole::EntityId
            | FieldRole::Record
            | FieldRole::Evidence => {
                let mut value = Vec::new();
                push(&mut value, &self.rules.for_identity());
                return say(&mut self.fields, role, value);
            }
        };
        if !self.wanted.lets_through(*gate) {
            return;
        }
        let Fields { context, args, uncut, .. } = &mut self.fields;
        let of = if is_context { context } else { args };
        if self.callsite.repeats_keys {
            of.remove(key);
            if let Some(uncut) = uncut.as_mut().filter(|_| is_context) {
                uncut.remove(key);
            }
        }
        match &mut self.uncut {
            Some(uncut) if is_context && !is_secret => uncut.push(&mut self.fields, key, push),
            _ => of.push(key, |to| {
                push(to, self.rules);
            }),
        }
        if self.callsite.bequeaths
            && let Some(inherited) = self.callsite.inherited_key(field)
        {
            let Fields { context, args, inherited: to, .. } = &mut self.fields;
            let of = if is_context { context } else { args };
            if let Some((_, value)) = of.members().last() {
                to.get_or_insert_default().set(&inherited, |to| to.extend_from_slice(value));
            }
        }
    }
}

/// Takes what a field with a role of its own says.
fn say(fields: &mut Fields, role: &FieldRole, value: Vec<u8>) {
    if let FieldRole::Record = role {
        fields.opts_out = value == b"false";
    } else if let FieldRole::Evidence = role {
        fields.promises_evidence = promise(String::from_utf8_lossy(&value).trim_matches('"'));
    } else if value != b"null" {
        // What is `null` is no name.
        let identity = fields.identity.get_or_insert_default();
        let name = match role {
            FieldRole::Name => &mut identity.name,
            FieldRole::Namespace => &mut identity.namespace,
            _ => &mut identity.entity_id,
        };
        *name = Some(in_quotes(value));
    }
}

/// Returns `true` if the text of `invocation.evidence` promises an event however the span ends. `err` alone does
/// not: a success leaves nothing then.
fn promise(text: &str) -> bool {
    static REPORTED: Once = Once::new();

    if matches!(text, "ret" | "ret, err") {
        return true;
    }
    let mut words = text.split(',').map(str::trim);
    if words.clone().any(|word| !matches!(word, "ret" | "err")) {
        REPORTED.call_once(|| {
            report(format_args!(
                "{} = {text:?} promises nothing: write \"ret\", or \"ret, err\" where the function can fail",
                field::EVIDENCE,
            ));
        });
        return false;
    }
    words.any(|word| word == "ret")
}

/// Looks whether a value is an `Err`, and takes the text of what is inside.
struct ErrVisitor<'a> {
    rules: &'a Rules,
    message: Option<Vec<u8>>,
}

impl Visit for ErrVisitor<'_> {
    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        self.message = inside_err(value, self.rules);
    }

    // A text is no `Result`.
    fn record_str(&mut self, _: &Field, _: &str) {}
}

struct ValueVisitor<'a> {
    rules: &'a Rules,
    value: &'a mut Vec<u8>,
}

impl ValueVisitor<'_> {
    fn take_promise(&mut self, _: &Field, _: &str) -> bool {
        false
    }

    fn take(&mut self, _: &Field, push: impl FnOnce(&mut Vec<u8>, &Rules) -> Extent) {
        self.value.clear();
        push(self.value, self.rules);
    }
}

/// How each kind of value is written, the same for every visitor.
macro_rules! visit_values {
    ($($visitor:ident)*) => {
        $(impl Visit for $visitor<'_> {
            fn record_f64(&mut self, field: &Field, value: f64) {
                self.take(field, |to, _| limited(json::push_f64(to, value)));
            }

            fn record_i64(&mut self, field: &Field, value: i64) {
                self.take(field, |to, _| limited(json::push_i64(to, value)));
            }

            fn record_u64(&mut self, field: &Field, value: u64) {
                self.take(field, |to, _| limited(json::push_u64(to, value)));
            }

            fn record_i128(&mut self, field: &Field, value: i128) {
                self.take(field, |to, _| limited(json::push_i128(to, value)));
            }

            fn record_u128(&mut self, field: &Field, value: u128) {
                self.take(field, |to, _| limited(json::push_u128(to, value)));
            }

            fn record_bool(&mut self, field: &Field, value: bool) {
                self.take(field, |to, _| limited(json::push_bool(to, value)));
            }

            fn record_str(&mut self, field: &Field, value: &str) {
                if self.take_promise(field, value) {
                    return;
                }
                self.take(field, |to, Rules { limits, redaction }| {
                    limited(text::push_str(to, value, limits.text, redaction))
                });
            }

            fn record_bytes(&mut self, field: &Field, value: &[u8]) {
                self.take(field, |to, rules| limited(text::push_bytes(to, value, rules.limits.text)));
            }

            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.take(field, |to, rules| push_debug(to, value, rules));
            }
        })*
    };
}

fn limited((): ()) -> Extent {
    Extent::Limited
}

visit_values! { SpanVisitor ValueVisitor }
