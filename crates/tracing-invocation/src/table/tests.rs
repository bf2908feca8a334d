use std::collections::BTreeMap;
use std::sync::{Barrier, LazyLock};
use std::thread;

use proptest::prelude::*;
use tracing_subscriber::registry;

use super::*;
use crate::callsite::Callsite;
use crate::operation::Keeping;
use crate::payload::Fields;
use crate::place::Place as Ids;

fn operation(span_id: u64) -> Operation {
    static CALLSITE: LazyLock<&Callsite> = LazyLock::new(|| {
        let span =
            tracing::subscriber::with_default(registry(), || tracing::info_span!("operation"));
        Callsite::of(span.metadata().unwrap())
    });
    let callsite = *CALLSITE;
    Operation::new(callsite, Ids::new(1, span_id), None, Fields::default(), Keeping::All)
}

fn open(span_id: u64) -> Operation {
    let mut operation = operation(span_id);
    operation.enter();
    operation.written();
    operation
}

#[derive(Clone, Debug)]
enum Step {
    Insert { key: u64, is_open: bool },
    Close(u64),
    Remove(u64),
}

/// Ids as a registry gives them, ids that go up and up, and any.
fn key() -> impl Strategy<Value = u64> {
    let of_a_registry = (0..3_u64, 0..3_u64, 0..200_u64)
        .prop_map(|(generation, thread, number)| (generation << 51 | thread << 38 | number) + 1);
    let counted = 1..100_000_u64;
    prop_oneof![4 => of_a_registry, 1 => counted, 1 => 1..=u64::MAX]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (key(), any::<bool>()).prop_map(|(key, is_open)| Step::Insert { key, is_open }),
        1 => key().prop_map(Step::Close),
        1 => key().prop_map(Step::Remove),
    ]
}

proptest! {
    #[test]
    fn agrees_with_a_map(steps in prop::collection::vec(step(), 0..300)) {
        let table = Table::new();
        let mut model: BTreeMap<u64, (u64, bool)> = BTreeMap::new();
        for (at, step) in steps.into_iter().enumerate() {
            let span_id = at as u64 + 1;
            match step {
                Step::Insert { key, is_open } => {
                    // The registry gives an id again only after its span was closed; a layer may not have been told.
                    table.insert(key, || if is_open { open(span_id) } else { operation(span_id) });
                    model.insert(key, (span_id, is_open));
                }
                Step::Close(key) => {
                    let is_open = model.get(&key).is_some_and(|(_, is_open)| *is_open);
                    prop_assert_eq!(table.close(key), is_open);
                    if !is_open {
                        model.remove(&key);
                    }
                }
                Step::Remove(key) => {
                    table.remove(key);
                    model.remove(&key);
                }
            }
        }
        for (key, (span_id, _)) in &model {
            prop_assert_eq!(table.with(*key, |operation| operation.place.span_id()), Some(*span_id));
        }
        let mut keys: Vec<u64> = table.open().into_iter().map(|(_, key)| key.span).collect();
        keys.sort_unstable();
        let open = model.iter().filter(|(_, (_, is_open))| *is_open).map(|(key, _)| *key);
        prop_assert_eq!(keys, open.collect::<Vec<_>>());
    }

    #[test]
    fn room_is_made_for_as_many_as_there_are(keys in prop::collection::vec(key(), 0..300)) {
        let table = Table::new();
        let mut inserted = keys.clone();
        for key in keys {
            table.insert(key, || operation(1));
        }
        inserted.sort_unstable();
        inserted.dedup();
        for shard in &table.shards {
            let part = shard.0.lock().unwrap();
            prop_assert!(part.places.len() <= 8 * (part.taken + KEPT), "{} for {}", part.places.len(), part.taken);
        }
        inserted.iter().for_each(|key| table.remove(*key));
        for shard in &table.shards {
            let part = shard.0.lock().unwrap();
            prop_assert!(part.places.len() <= KEPT && part.others.is_empty());
        }
    }
}

#[test]
fn spans_of_two_threads_are_in_different_shards_and_those_of_one_stand_side_by_side() {
    const SPANS: u64 = 40;
    let subscriber = tracing::Dispatch::new(registry());
    // While both live, so that neither takes over the place of the other.
    let both = Barrier::new(2);
    let opened = || {
        let spans: Vec<_> = tracing::dispatcher::with_default(&subscriber, || {
            (0..SPANS).map(|_| tracing::info_span!("operation")).collect()
        });
        both.wait();
        spans.iter().map(|span| Path::of(span.id().unwrap().into_u64())).collect::<Vec<_>>()
    };
    let [one, other] = thread::scope(|scope| {
        [scope.spawn(opened), scope.spawn(opened)].map(|thread| thread.join().unwrap())
    });
    let shards = |paths: &[Path]| {
        paths.iter().map(|path| path.shard).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(shards(&one).is_disjoint(&shards(&other)));
    for paths in [one, other] {
        assert_eq!(shards(&paths).len() as u64, Path::SHARDS);
        assert!(paths.iter().all(|path| (path.place as u64) < SPANS / Path::SHARDS));
    }
}
