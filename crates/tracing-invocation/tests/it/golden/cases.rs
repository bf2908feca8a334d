//! Loads the golden cases.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// What one file holds.
#[derive(Deserialize)]
struct Group {
    group: String,
    cases: Vec<Case>,
}

/// One case: an operation in words, and the records that it left.
#[derive(Deserialize)]
pub(crate) struct Case {
    name: String,
    /// What the operation does.
    pub(crate) what: String,
    /// Its records, in order.
    pub(crate) records: Vec<Original>,
    /// How many records there were at which moment.
    #[serde(default)]
    pub(super) checkpoints: Vec<Checkpoint>,
    /// What was seen besides records.
    #[serde(default)]
    pub(crate) observed: Value,
    /// What was printed.
    #[serde(default)]
    pub(crate) stderr: Vec<String>,
}

/// A moment at which records were counted.
#[derive(Deserialize)]
pub(super) struct Checkpoint {
    pub(super) records_so_far: usize,
}

/// A record of the original.
#[derive(Clone, Deserialize)]
pub(crate) struct Original {
    pub(super) level: String,
    pub(super) event_namespace: String,
    pub(super) event_name: String,
    pub(super) entity_id: Option<String>,
    pub(super) event_outcome: Option<String>,
    pub(super) payload: Map<String, Value>,
}

macro_rules! files {
    ($($group:literal)*) => {
        /// The groups and their files.
        pub(super) const FILES: &[(&str, &str)] =
            &[$(($group, include_str!(concat!("../../golden/", $group, ".json")))),*];
    };
}

files! {
    "call_shapes" "cancellation" "closures" "context_fields" "context_formatter" "context_resolution" "context_tree"
    "documented" "error_payloads" "error_policy" "event_policy" "field_specs" "levels_and_names" "manual_events"
    "normalization" "pattern_policy" "queued_sink" "rendering" "result_logging" "sink_failures" "suppression"
    "verbosity"
}

/// All cases, by `group/name`.
pub(super) static CASES: LazyLock<BTreeMap<String, Case>> = LazyLock::new(|| {
    let mut cases = BTreeMap::new();
    for (file, text) in FILES {
        let group: Group = serde_json::from_str(text).unwrap();
        assert_eq!(group.group, *file, "a file is named as its group");
        for case in group.cases {
            let name = format!("{file}/{}", case.name);
            assert!(cases.insert(name, case).is_none(), "two cases of {file} have one name");
        }
    }
    cases
});

/// The case of this name, `group/name`.
#[track_caller]
pub(crate) fn case(name: &str) -> &'static Case {
    CASES.get(name).unwrap_or_else(|| panic!("there is no golden case {name:?}"))
}
