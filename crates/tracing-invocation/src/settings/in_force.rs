//! The settings that a layer records by.

use std::cell::Cell;
use std::mem;
use std::ops::Deref;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::{ArcSwap, Cache};
use tracing_core::callsite;

use super::Settings;
use crate::asking::ask;
use crate::compiled_out::CompiledOut;

/// The settings that are in force, and a number that no others ever have.
pub(crate) struct Current {
    pub(crate) settings: Settings,
    /// What was worked out under these settings is known by it.
    pub(crate) epoch: u64,
}

impl Current {
    pub(crate) fn new(settings: Settings) -> Self {
        static EPOCHS: AtomicU64 = AtomicU64::new(1);
        settings.capture.prepare();
        Self { settings, epoch: EPOCHS.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Deref for Current {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

/// The settings of one layer, replaced as a whole. Clones speak of the same layer.
#[derive(Clone)]
pub(crate) struct InForce {
    current: Arc<ArcSwap<Current>>,
    /// Whether `tracing` was told which spans are recorded, and has to be told when that changes.
    is_declared: Arc<AtomicBool>,
}

/// What a thread saw last, which costs a comparison for as long as it is the same.
struct Known {
    cache: Cache<Arc<ArcSwap<Current>>, Arc<Current>>,
    /// The same once more, so that the cache drops none for the last time.
    current: Arc<Current>,
}

struct Seen(Option<Known>);

/// Layers whose settings a thread has at hand.
const SEEN: usize = 4;

thread_local! {
    static RECENT: [Cell<Seen>; SEEN] = const { [const { Cell::new(Seen(None)) }; SEEN] };
}

impl InForce {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            current: Arc::new(ArcSwap::from_pointee(Current::new(settings))),
            is_declared: Arc::default(),
        }
    }

    /// What `look` makes of the settings that are in force now.
    #[inline]
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Current) -> T) -> T {
        // Where `look` gets here again, or the thread is ending, nothing is at hand.
        let place = (ptr::from_ref(&*self.current).addr() >> 6) % SEEN;
        let taken = RECENT.try_with(|recent| recent[place].replace(Seen(None)));
        let mut seen = taken.unwrap_or(Seen(None));
        let known = match &mut seen.0 {
            Some(known) if ptr::eq(known.cache.arc_swap(), &*self.current) => known,
            other => other.insert(Known::new(&self.current)),
        };
        let answer = look(known.current());
        // Dropped here where there is no place for it any more.
        let _ = RECENT.try_with(|recent| recent[place].set(seen));
        answer
    }

    /// The settings that are in force now, to keep.
    pub(crate) fn load(&self) -> Arc<Current> {
        self.current.load_full()
    }

    /// From now on, `tracing` caches which spans are recorded.
    pub(crate) fn declare(&self) {
        self.is_declared.store(true, Ordering::SeqCst);
    }

    pub(crate) fn replace(&self, settings: Settings) {
        let before = self.current.swap(Arc::new(Current::new(settings)));
        self.changed(&before);
    }

    /// As [`Handle::update`](super::Handle::update).
    pub(crate) fn update(&self, mut change: impl FnMut(Settings) -> Settings) {
        let changed =
            |current: &Arc<Current>| Arc::new(Current::new(change(current.settings.clone())));
        let before = self.current.rcu(changed);
        self.changed(&before);
    }

    /// Has `tracing` ask anew who wants which callsite, where other spans are recorded than before. That goes through
    /// all callsites of the process, so other changes leave it out.
    ///
    /// If another thread replaces the settings in between, this compares with what that one stored: whoever comes last
    /// makes `tracing` ask after all changes.
    fn changed(&self, before: &Current) {
        if self.is_declared.load(Ordering::SeqCst) && before.recorded() != self.load().recorded() {
            if let Some(missing) = CompiledOut::of(self.load().recorded()) {
                missing.report();
            }
            callsite::rebuild_interest_cache();
        }
    }
}

impl Known {
    fn new(of: &Arc<ArcSwap<Current>>) -> Self {
        Self { cache: Cache::new(Arc::clone(of)), current: of.load_full() }
    }

    #[inline]
    fn current(&mut self) -> &Current {
        let now = self.cache.load();
        if !Arc::ptr_eq(now, &self.current) {
            drop_quietly(mem::replace(&mut self.current, Arc::clone(now)));
        }
        &self.current
    }
}

impl Drop for Seen {
    #[inline]
    fn drop(&mut self) {
        if let Some(known) = self.0.take() {
            drop_quietly(known);
        }
    }
}

/// With the last of the settings go a policy and a formatter of the program's own, perhaps inside a callback, or on a thread
/// that is ending, where a panic would end the process.
#[cold]
fn drop_quietly(last: impl Sized) {
    ask(|| drop(last));
}
