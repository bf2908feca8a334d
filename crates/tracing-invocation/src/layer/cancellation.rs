//! Why an operation was cancelled, as far as is known while it is.

use std::borrow::Cow;
use std::thread::panicking;

use tracing_core::Subscriber;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::convention::cancellation;
use crate::operation::{Key, Operation, Parent, Why};
use crate::panic_note::Unwinding;
use crate::payload::{Fragment, json, text};
use crate::settings::{Capture, Current};
use crate::settle::reason;
use crate::stack::symbols;
use crate::stack::{self, Cause, Stack};
use crate::table::Table;

/// Notes why the operation with this key ends by a drop, if it is open.
pub(super) fn explain<S>(
    table: &Table,
    key: impl Into<Key>,
    context: &Context<'_, S>,
    current: &Current,
) where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    let key = key.into();
    if is_nothing_known(current) {
        return;
    }
    let facts = table.with(key, |operation| operation.is_open().then(|| Facts::of(operation)));
    if let Some(facts) = facts.flatten()
        && let Some(told) = facts.told(table, context, current)
    {
        table.with(key, |operation| operation.why = Some(told));
    }
}

/// Whether there is nothing to be told, whatever the operation knows.
fn is_nothing_known(current: &Current) -> bool {
    let Capture { cause, awaiting, .. } = current.capture;
    !cause && !awaiting && !reason::is_any() && !panicking()
}

/// Notes where an operation waits that is about to be dropped: what it waits for is dropped with it.
#[cold]
pub(super) fn note_awaited(table: &Table, key: Key) {
    let noting = table.with(key, |operation| operation.noting()).flatten();
    if let Some(noting) = noting.and_then(|noting| noting.upgrade()) {
        let awaited = noting.in_force();
        table.with(key, |operation| operation.why.get_or_insert_default().awaited = awaited);
    }
}

/// What an operation knows.
struct Facts {
    parent: Option<Parent>,
    began: u64,
    unwinding: Unwinding,
    polled: Option<Stack>,
    awaited: Vec<Stack>,
}

/// What is told of a cancellation.
#[derive(Default)]
struct Told {
    cause: Option<Cause>,
    reason: Option<Cow<'static, str>>,
    /// The enclosing operation that was dropped, and why that was.
    parent: Option<u64>,
    parent_cause: Option<Cause>,
    dropped_at: Option<String>,
}

impl Facts {
    fn of(operation: &mut Operation) -> Self {
        let Why { polled, awaited, .. } = operation.why.take().map(|why| *why).unwrap_or_default();
        let Operation { parent, around: began, unwinding, .. } = *operation;
        Self { parent, began, unwinding, polled, awaited }
    }

    /// The members of `cancellation`, where anything is known.
    fn told<S>(self, table: &Table, context: &Context<'_, S>, current: &Current) -> Option<Box<Why>>
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let capture = current.capture;
        let mut why = self.around(table);
        if why.is_unknown() && !capture.cause && self.awaited.is_empty() {
            return None;
        }
        let until = symbols::deadline(capture.patience);
        if capture.cause {
            let read = symbols::frames(&Stack::here(), until).map(|dropped| {
                let polled = self.polled.and_then(|polled| symbols::frames(&polled, until));
                stack::read(&dropped, polled.as_deref())
            });
            let entered = || context.lookup_current().map(|span| span.id().into_u64());
            let parent = self.parent.filter(|parent| entered() == Some(parent.key));
            why.add(read, parent.and_then(|parent| parent.span_id));
        }
        let waits = stack::waits(&self.awaited, until);
        let mut told = Fragment::default();
        why.push(&mut told, current);
        push_waits(&mut told, &waits);
        (!told.is_empty()).then(|| Box::new(Why { told, ..Why::default() }))
    }

    /// What is known without looking at the stack.
    fn around(&self, table: &Table) -> Told {
        let mut why = Told::default();
        let mut ancestors = Ancestors { table, known: Vec::new(), next: self.parent };
        let parent = reason::find_dropping(self.began, |wrapper| ancestors.span_id_of(wrapper));
        if let Some(span_id) = parent {
            why.cause = Some(Cause::Parent);
            why.parent = Some(span_id);
        }
        if let Some((cause, reason)) = reason::said_since(self.began) {
            why.set(cause);
            if why.parent.is_none() {
                why.reason = reason;
            }
        }
        if self.unwinding.is_other_now() {
            why.set(Cause::Unwinding);
        }
        why
    }
}

/// The operations around one, the nearest first, looked up once and as far as they are asked for.
struct Ancestors<'a> {
    table: &'a Table,
    /// The numbers of their wrappers, and their ids.
    known: Vec<(u64, Option<u64>)>,
    next: Option<Parent>,
}

impl Ancestors<'_> {
    /// The id of the operation with this wrapper, if it is one of them.
    fn span_id_of(&mut self, wrapper: u64) -> Option<u64> {
        /// How many are looked at.
        const FAR: usize = 64;
        let mut at = 0;
        while at < FAR && (at < self.known.len() || self.look_up_next().is_some()) {
            let (known, span_id) = self.known[at];
            if known == wrapper {
                return span_id;
            }
            at += 1;
        }
        None
    }

    fn look_up_next(&mut self) -> Option<()> {
        let parent = self.next.take()?;
        let (wrapper, next) =
            self.table.with_parent(parent, |outer| (outer.wrapper, outer.parent))?;
        self.known.push((wrapper, parent.span_id));
        self.next = next;
        Some(())
    }
}

impl Told {
    fn is_unknown(&self) -> bool {
        self.cause.is_none()
    }

    /// Adds why it happened, or why what it happened by did, where that is not known yet.
    fn set(&mut self, cause: Cause) {
        match self.parent {
            Some(_) => self.parent_cause.get_or_insert(cause),
            None => self.cause.get_or_insert(cause),
        };
    }

    /// Adds what the stack says, if it could be read. `parent` is the operation around this one, if its span is entered.
    fn add(&mut self, read: Option<stack::Read>, parent: Option<u64>) {
        let Some(read) = read else {
            self.cause.get_or_insert(Cause::Unspecified);
            return;
        };
        if let Some(parent) = parent
            && read.in_span
            && matches!(self.cause, None | Some(Cause::Unwinding))
        {
            self.parent_cause = self.cause.replace(Cause::Parent);
            self.parent = Some(parent);
        }
        self.set(read.cause);
        self.dropped_at = read.dropped_at;
    }

    fn push(self, to: &mut Fragment, current: &Current) {
        let mut word = |key: &str, cause: Option<Cause>| {
            if let Some(cause) = cause {
                push(to, key, |to| json::push_string(to, cause.as_str()));
            }
        };
        word(cancellation::CAUSE, self.cause);
        let known = self.parent_cause.filter(|cause| *cause != Cause::Unspecified);
        word(cancellation::PARENT_CAUSE, known);
        if let Some(reason) = self.reason {
            let rules = &current.rules;
            push(to, cancellation::REASON, |to| {
                text::push_str(to, &reason, rules.limits.message, &rules.redaction);
            });
        }
        if let Some(span_id) = self.parent {
            push(to, cancellation::SPAN_ID, |to| {
                to.push(b'"');
                to.extend_from_slice(&json::hex(span_id));
                to.push(b'"');
            });
        }
        if let Some(place) = self.dropped_at {
            push(to, cancellation::DROPPED_AT, |to| json::push_string(to, &place));
        }
    }
}

fn push_waits(to: &mut Fragment, waits: &[stack::Awaiting]) {
    if waits.is_empty() {
        return;
    }
    push(to, cancellation::AWAITING, |to| {
        to.push(b'[');
        for (at, wait) in waits.iter().enumerate() {
            if at > 0 {
                to.push(b',');
            }
            let mut members = Fragment::default();
            if let Some(on) = &wait.on {
                push(&mut members, cancellation::ON, |to| json::push_string(to, on));
            }
            push(&mut members, cancellation::CHAIN, |to| push_texts(to, &wait.chain));
            to.push(b'{');
            to.extend_from_slice(members.as_bytes());
            to.push(b'}');
        }
        to.push(b']');
    });
}

fn push_texts(to: &mut Vec<u8>, texts: &[String]) {
    to.push(b'[');
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            to.push(b',');
        }
        json::push_string(to, text);
    }
    to.push(b']');
}

fn push(to: &mut Fragment, key: &str, value: impl FnOnce(&mut Vec<u8>)) {
    let key = format!("\"{key}\":");
    to.push(key.as_bytes(), value);
}
