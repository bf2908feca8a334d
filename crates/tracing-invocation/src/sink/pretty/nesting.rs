//! How deep an operation lies in others, as far as a sink can know.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::record::{Outcome, Record, SpanId};

/// How many operations are known at once. The end of an operation may never come here, so that what is not heard of
/// for long is forgotten.
const CAPACITY: usize = 4_096;

/// The open operations of which a sink was told.
#[derive(Default)]
pub(super) struct Nesting(Mutex<Known>);

#[derive(Default)]
struct Known {
    places: HashMap<SpanId, Place>,
    /// Counts what was heard.
    now: u64,
}

#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// When it was last heard of: itself, or one begun in it.
    heard: u64,
}

impl Nesting {
    /// How many open operations the record's own lies in. It is known itself from its `invoke` until its end.
    pub(super) fn depth_of(&self, record: &Record) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).depth_of(record)
    }
}

impl Known {
    fn depth_of(&mut self, record: &Record) -> usize {
        self.now += 1;
        let below_parent = record.parent_span_id.and_then(|parent| {
            let parent = self.places.get_mut(&parent)?;
            parent.heard = self.now;
            Some(parent.depth + 1)
        });
        let depth = below_parent.unwrap_or(0);
        if record.event_outcome == Outcome::Invoke {
            self.make_room();
            self.places.insert(record.span_id, Place { depth, heard: self.now });
            return depth;
        }
        if !record.event_outcome.is_terminal() {
            return self.places.get(&record.span_id).map_or(depth, |place| place.depth);
        }
        self.places.remove(&record.span_id).map_or(depth, |place| place.depth)
    }

    /// Forgets the half that was not heard of for longest, so that it is seldom looked for.
    fn make_room(&mut self) {
        if self.places.len() < CAPACITY {
            return;
        }
        let mut heard: Vec<_> = self.places.values().map(|place| place.heard).collect();
        let (_, &mut median, _) = heard.select_nth_unstable(CAPACITY / 2);
        self.places.retain(|_, place| place.heard >= median);
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::record::{Level, TraceId};

    fn record(outcome: Outcome, span: u64, parent: Option<u64>) -> Record {
        Record {
            timestamp: SystemTime::UNIX_EPOCH,
            level: Level::Debug,
            event_namespace: String::new(),
            event_name: String::new(),
            event_outcome: outcome,
            entity_id: None,
            trace_id: TraceId::of(1),
            span_id: SpanId::of(span),
            parent_span_id: parent.map(SpanId::of),
            duration_ns: None,
            payload_truncated: false,
            payload: serde_json::Map::new(),
        }
    }

    #[test]
    fn an_operation_stands_where_it_began_until_it_ends() {
        let nesting = Nesting::default();
        let depth = |outcome, span, parent| nesting.depth_of(&record(outcome, span, parent));
        assert_eq!(depth(Outcome::Invoke, 1, None), 0);
        assert_eq!(depth(Outcome::Invoke, 2, Some(1)), 1);
        assert_eq!(depth(Outcome::Invoke, 3, Some(2)), 2);
        // A child that outlives its parent.
        assert_eq!(depth(Outcome::Success, 2, Some(1)), 1);
        assert_eq!(depth(Outcome::Cancelled, 3, Some(2)), 2);
        // Not told of its beginning, but of its parent's.
        assert_eq!(depth(Outcome::Failed, 4, Some(1)), 1);
        assert_eq!(depth(Outcome::Success, 1, None), 0);
        assert_eq!(depth(Outcome::Invoke, 5, Some(1)), 0);
    }

    #[test]
    fn what_never_ends_is_forgotten_and_what_is_in_use_is_not() {
        let nesting = Nesting::default();
        nesting.depth_of(&record(Outcome::Invoke, 1, None));
        for span in 2..100_000 {
            assert_eq!(nesting.depth_of(&record(Outcome::Invoke, span, Some(1))), 1);
            assert!(nesting.0.lock().unwrap().places.len() <= CAPACITY);
        }
        // Of the oldest, not even its depth is left.
        assert_eq!(nesting.depth_of(&record(Outcome::Success, 2, None)), 0);
    }
}
