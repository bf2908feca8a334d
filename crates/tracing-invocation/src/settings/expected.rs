//! How long operations are expected to take, by what they are called.

use std::cell::Cell;
use std::fmt;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::callsite::Callsite;
use crate::clock::nanos;
use crate::operation::Operation;
use crate::policy::{EventMetadata, EventPolicy as _, InvalidPolicy, PatternPolicy, PolicyRule};

/// Patterns, in order, and how long the operations that match are expected to take. Empty by default.
#[derive(Clone, Default)]
pub(crate) struct Expected {
    all: Arc<[One]>,
    /// Identifies this list in the caches of threads: no other list has the same number.
    id: u64,
}

#[derive(Clone)]
struct One {
    /// Without the white space around it, which no pattern counts.
    pattern: Arc<str>,
    /// Compiled once, and shared by all later lists that hold the pattern.
    matcher: Arc<PatternPolicy>,
    duration_ns: u64,
}

impl Expected {
    /// Returns this list with `duration` for `pattern`: in the place of the pattern if the list holds it already, else
    /// at the end.
    pub(crate) fn with(&self, pattern: &str, duration: Duration) -> Result<Self, InvalidPolicy> {
        let duration_ns = nanos(duration);
        let mut all = self.all.to_vec();
        if let Some(known) = all.iter_mut().find(|one| one.is_for(pattern)) {
            known.duration_ns = duration_ns;
        } else {
            let rule = PolicyRule::allow().with_events([pattern]);
            let matcher = Arc::new(PatternPolicy::new([rule])?.with_default(false));
            all.push(One { pattern: pattern.trim().into(), matcher, duration_ns });
        }
        Ok(Self::new(all))
    }

    /// Returns this list without `pattern`.
    pub(crate) fn without(&self, pattern: &str) -> Self {
        Self::new(self.all.iter().filter(|one| !one.is_for(pattern)).cloned().collect())
    }

    fn new(all: Vec<One>) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        Self { all: all.into(), id: IDS.fetch_add(1, Ordering::Relaxed) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Nanoseconds that no operation is expected to take less than.
    pub(crate) fn shortest_ns(&self) -> Option<u64> {
        self.all.iter().map(|one| one.duration_ns).min()
    }

    /// Nanoseconds that this operation is expected to take.
    pub(crate) fn of(&self, operation: &Operation) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        match operation.own_names() {
            None => self.of_callsite(operation.callsite),
            Some((namespace, name)) => {
                let text = |json: &[u8]| serde_json::from_slice::<String>(json).unwrap_or_default();
                self.of_names(&text(namespace), &text(name))
            }
        }
    }

    /// The same for every call of a place in the code, worked out once for each thread.
    fn of_callsite(&self, callsite: &'static Callsite) -> Option<u64> {
        const RECENT: usize = 64;
        type Slot = Cell<Option<(u64, &'static Callsite, Option<u64>)>>;
        thread_local! {
            static CACHE: [Slot; RECENT] = const { [const { Cell::new(None) }; RECENT] };
        }

        let slot = (ptr::from_ref(callsite).addr() >> 4) % RECENT;
        if let Some((id, known, answer)) = CACHE.with(|cache| cache[slot].get())
            && id == self.id
            && ptr::eq(known, callsite)
        {
            return answer;
        }
        let metadata = callsite.metadata();
        let answer = self.of_names(metadata.target(), metadata.name());
        CACHE.with(|cache| cache[slot].set(Some((self.id, callsite, answer))));
        answer
    }

    fn of_names(&self, namespace: &str, name: &str) -> Option<u64> {
        let event = EventMetadata::new(namespace, name);
        let first = self.all.iter().find(|one| one.matcher.is_recorded(&event));
        first.map(|one| one.duration_ns)
    }
}

impl One {
    fn is_for(&self, pattern: &str) -> bool {
        *self.pattern == *pattern.trim()
    }
}

impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.all.iter();
        f.debug_map()
            .entries(all.map(|one| (&one.pattern, Duration::from_nanos(one.duration_ns))))
            .finish()
    }
}
