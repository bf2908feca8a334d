//! Decides which events are evidence of how a stock span ended.
//!
//! `#[instrument(ret, err)]` emits an event with the single field `return` or `error` as the last thing inside the span.
//! Nothing links that event to its attribute: a layer only sees that both callsites stand at the same place in the source.
//! Where a `macro_rules!` writes the function, or several things stand on one line, other callsites share the place: the
//! program's own events, and spans of other functions. An event counts only where its owner is certain:
//!
//! - An event belongs to the span in which it is seen first, unless another span of the same place may be hidden: filtered
//!   out by the settings, or by a filter of the subscriber. A hidden span's events appear inside the span around it.
//!   A span of that place that no thread has opened yet counts as hidden: nothing tells the two apart.
//! - A span that owns two events of one kind proves nothing by that kind. An attribute writes one; the other one is the
//!   program's own, and which is which cannot be seen.

use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock};

use tracing_core::Metadata;

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

/// Where a callsite stands, and what belongs to it there.
pub(crate) struct Origin {
    metadata: &'static Metadata<'static>,
    /// The place that it shares with other callsites, if it has one.
    site: Option<&'static Site>,
    /// Of a span: whether one of this callsite has been opened.
    opened: AtomicBool,
    /// Of a span: the events that belong to it, by kind. Addresses of their origins; zero is none.
    returns: AtomicUsize,
    errors: AtomicUsize,
    /// Of an event: the address of the span that it belongs to, or zero.
    owner: AtomicUsize,
}

/// A span owns more than one event of a kind. No origin has this address.
const SEVERAL: usize = 1;

/// A place in the source code, and the spans whose callsites stand there.
struct Site {
    spans: RwLock<Vec<&'static Origin>>,
}

/// File, line and module.
type Place = (&'static str, u32, Option<&'static str>);

impl Origin {
    pub(crate) fn new(metadata: &'static Metadata<'static>) -> Self {
        Self {
            metadata,
            site: Site::of(metadata),
            opened: AtomicBool::new(false),
            returns: AtomicUsize::new(0),
            errors: AtomicUsize::new(0),
            owner: AtomicUsize::new(0),
        }
    }

    /// Makes this span known to the others of its place, once.
    pub(crate) fn register(&'static self) {
        if let Some(site) = self.site.filter(|_| self.metadata.is_span()) {
            site.spans.write().unwrap_or_else(PoisonError::into_inner).push(self);
        }
    }

    /// Notes that a span of this callsite is being opened.
    pub(crate) fn note_opened(&self) {
        // Read before it is written, so that threads do not contend for the cache line.
        if !self.opened.load(Ordering::Relaxed) {
            self.opened.store(true, Ordering::Relaxed);
        }
    }

    /// Returns `true` if `event`, seen directly inside a span of this callsite, was certainly written by its attribute.
    #[inline]
    pub(crate) fn owns(
        &self,
        event: &Self,
        kind: Evidence,
        is_recorded: impl Fn(&Metadata<'_>) -> bool,
    ) -> bool {
        let known = self.events(kind).load(Ordering::Relaxed);
        known == event.address() || known != SEVERAL && self.comes_to_own(event, kind, is_recorded)
    }

    /// As [`owns`](Self::owns), for an event that does not belong to this span yet.
    #[cold]
    fn comes_to_own(
        &self,
        event: &Self,
        kind: Evidence,
        is_recorded: impl Fn(&Metadata<'_>) -> bool,
    ) -> bool {
        let same_site = |site: &&Site| event.site.is_some_and(|other| ptr::eq(*site, other));
        let Some(site) = self.site.filter(same_site) else {
            return false;
        };
        let is_new = event.owner.load(Ordering::Relaxed) == 0;
        if is_new && site.may_hide_another_than(self, is_recorded) {
            return false;
        }
        // The first one owns it: another thread may see the same event in another span at this moment.
        let (relaxed, mine) = (Ordering::Relaxed, self.address());
        let taken = event.owner.compare_exchange(0, mine, relaxed, relaxed);
        if taken.is_err_and(|owner| owner != mine) {
            return false;
        }
        let events = self.events(kind);
        match events.compare_exchange(0, event.address(), relaxed, relaxed) {
            Ok(_) => true,
            Err(known) if known == event.address() => true,
            Err(_) => {
                events.store(SEVERAL, relaxed);
                false
            }
        }
    }

    fn events(&self, kind: Evidence) -> &AtomicUsize {
        match kind {
            Evidence::Return => &self.returns,
            Evidence::Error => &self.errors,
        }
    }

    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }
}

impl Site {
    /// Returns the place of a callsite. Callsites that are made at run time may have none.
    fn of(metadata: &'static Metadata<'static>) -> Option<&'static Self> {
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

    /// Returns `true` if a span other than `this` stands here that a filter may hide.
    fn may_hide_another_than(
        &self,
        this: &Origin,
        is_recorded: impl Fn(&Metadata<'_>) -> bool,
    ) -> bool {
        let spans = self.spans.read().unwrap_or_else(PoisonError::into_inner);
        let mut others = spans.iter().filter(|span| !ptr::eq(**span, this));
        others.any(|span| !span.opened.load(Ordering::Relaxed) || !is_recorded(span.metadata))
    }
}
