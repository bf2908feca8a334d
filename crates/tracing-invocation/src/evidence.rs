//! Decides which events are evidence of how a stock span ended.
//!
//! `#[instrument(ret, err)]` emits an event with the single field `return` or `error` as the last thing inside the span.
//! Nothing links that event to its attribute: a layer only sees that both callsites stand at the same place in the source.
//! Where a `macro_rules!` writes the function, or several things stand on one line, other callsites share the place: the
//! program's own events, and spans of other functions. An event counts only where its owner is certain:
//!
//! - An event belongs to the span in which it is seen first, unless another span of the same place may be hidden: filtered
//!   out by the settings, or by a filter of the subscriber. A hidden span's events appear inside the span around it.
//! - A span that owns two events of one kind proves nothing by that kind. An attribute writes one; the other one is the
//!   program's own, and which is which cannot be seen.

use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock};

use tracing_core::Metadata;

use crate::callsite::Callsite;
use crate::convention::evidence;

/// What an event is evidence of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Evidence {
    Return,
    Error,
}

impl Evidence {
    /// Returns what an event with this metadata may be evidence of: the events of `ret` and `err` have one field and no
    /// message.
    pub(crate) fn of(metadata: &Metadata<'_>) -> Option<Self> {
        if !metadata.is_event() || metadata.fields().len() != 1 {
            return None;
        }
        match metadata.fields().iter().next()?.name() {
            evidence::RETURN => Some(Self::Return),
            evidence::ERROR => Some(Self::Error),
            _ => None,
        }
    }
}

/// A place in the source code, and the spans whose callsites stand there.
pub(crate) struct Site {
    spans: RwLock<Vec<&'static Callsite>>,
}

/// File, line and module.
type Place = (&'static str, u32, Option<&'static str>);

impl Site {
    /// Returns the place of a callsite. Callsites that are made at run time may have none.
    pub(crate) fn of(metadata: &'static Metadata<'static>) -> Option<&'static Self> {
        static ALL: LazyLock<RwLock<HashMap<Place, &'static Site>>> =
            LazyLock::new(RwLock::default);

        // Other events are no evidence, and there are many of them.
        if metadata.is_event() && Evidence::of(metadata).is_none() {
            return None;
        }
        let place = (metadata.file()?, metadata.line()?, metadata.module_path());
        let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
        Some(
            all.entry(place)
                .or_insert_with(|| Box::leak(Box::new(Self { spans: RwLock::default() }))),
        )
    }

    /// Notes a callsite that stands here.
    pub(crate) fn add(&self, callsite: &'static Callsite) {
        if callsite.metadata().is_span() {
            self.spans.write().unwrap_or_else(PoisonError::into_inner).push(callsite);
        }
    }

    /// Returns `true` if a span other than `callsite` stands here that a filter may hide.
    fn may_hide_another_than(
        &self,
        callsite: &Callsite,
        is_recorded: impl Fn(&Metadata<'_>) -> bool,
    ) -> bool {
        let spans = self.spans.read().unwrap_or_else(PoisonError::into_inner);
        let mut others = spans.iter().filter(|span| !ptr::eq(**span, callsite));
        others.any(|span| !span.was_opened() || !is_recorded(span.metadata()))
    }
}

/// Which events a span owns, by their kind, and which span owns an event. Addresses of callsites: zero is none.
#[derive(Default)]
pub(crate) struct Owned {
    returns: AtomicUsize,
    errors: AtomicUsize,
    owner: AtomicUsize,
}

/// A span owns more than one event of a kind. No callsite has this address.
const SEVERAL: usize = 1;

impl Owned {
    fn events(&self, kind: Evidence) -> &AtomicUsize {
        match kind {
            Evidence::Return => &self.returns,
            Evidence::Error => &self.errors,
        }
    }
}

/// Returns `true` if `event`, seen directly inside a span of `span`, was certainly written by that span's attribute.
#[inline]
pub(crate) fn is_proof(
    span: &'static Callsite,
    event: &'static Callsite,
    kind: Evidence,
    is_recorded: impl Fn(&Metadata<'_>) -> bool,
) -> bool {
    let known = span.owned.events(kind).load(Ordering::Relaxed);
    known == ptr::from_ref(event).addr()
        || known != SEVERAL && becomes_proof(span, event, kind, is_recorded)
}

/// As [`is_proof`], for an event that the span does not own yet.
#[cold]
fn becomes_proof(
    span: &'static Callsite,
    event: &'static Callsite,
    kind: Evidence,
    is_recorded: impl Fn(&Metadata<'_>) -> bool,
) -> bool {
    let Some(site) = span.site.filter(|site| event.site.is_some_and(|other| ptr::eq(*site, other)))
    else {
        return false;
    };
    let (this, that) = (ptr::from_ref(span).addr(), ptr::from_ref(event).addr());
    let owner = event.owned.owner.load(Ordering::Relaxed);
    if owner == 0 && site.may_hide_another_than(span, is_recorded) {
        return false;
    }
    // Whoever comes first owns it: another thread may see the same event in another span at this moment.
    let owner = event.owned.owner.compare_exchange(0, this, Ordering::Relaxed, Ordering::Relaxed);
    if owner.is_err_and(|owner| owner != this) {
        return false;
    }
    let events = span.owned.events(kind);
    match events.compare_exchange(0, that, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => true,
        Err(known) if known == that => true,
        Err(_) => {
            events.store(SEVERAL, Ordering::Relaxed);
            false
        }
    }
}
