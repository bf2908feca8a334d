//! Holds this library to the records that the original really emitted.
//!
//! `tests/golden` has those records, group by group and case by case, exactly as they came. A test that runs the
//! operation of a case ends with [`assert_golden!`], which compares both logs after [`rules`] has normalised them, and
//! registers the test as the case's scenario. A case that does not carry over has a row in `differences.json` instead.
//! [`census`] requires exactly one of the two for each case.

mod cases;
mod census;
mod differences;
mod rules;

pub(crate) use cases::case;

use serde_json::Value;
use tracing_invocation::testing::Log;

use crate::support::check_lines;

/// A test that runs the operation of a case.
pub(crate) struct Scenario {
    /// The case, as `group/name`.
    pub(crate) case: &'static str,
    /// The test's file and line.
    pub(crate) place: &'static str,
}

inventory::collect!(Scenario);

/// Asserts that a log has the records of a golden case, and registers the test as the scenario of that case.
///
/// A case that counts records while its operation runs needs those counts, too: `so_far [1, 2]`.
macro_rules! assert_golden {
    ($case:literal, $log:expr) => {
        assert_golden!($case, $log, so_far [])
    };
    ($case:literal, $log:expr, so_far [$($count:expr),*]) => {{
        inventory::submit! {
            $crate::golden::Scenario { case: $case, place: concat!(file!(), ":", line!()) }
        }
        $crate::golden::assert_same($case, module_path!(), &$log, &[$($count),*]);
    }};
}
pub(crate) use assert_golden;

/// Asserts what was observed of a case that leaves no records, and registers the test as the scenario of that case. What
/// this library has no counterpart of is left out.
macro_rules! assert_golden_observed {
    ($case:literal, $observed:expr) => {{
        inventory::submit! {
            $crate::golden::Scenario { case: $case, place: concat!(file!(), ":", line!()) }
        }
        $crate::golden::assert_observed($case, &$observed);
    }};
}
pub(crate) use assert_golden_observed;

/// The comparison that [`assert_golden_observed!`] makes.
#[track_caller]
pub(crate) fn assert_observed(name: &str, observed: &Value) {
    let case = case(name);
    assert!(case.records.is_empty(), "{name} has records to compare");
    let observed = observed.as_object().unwrap();
    assert!(!observed.is_empty(), "{name}: nothing was observed");
    for (key, value) in observed {
        assert_eq!(value, &case.observed[key], "{name}, {key}: {}", case.what);
    }
}

/// The comparison that [`assert_golden!`] makes. `module` is where the scenario's operations are defined, which is
/// the namespace of those that have none of their own.
#[track_caller]
pub(crate) fn assert_same(name: &str, module: &str, log: &Log, so_far: &[usize]) {
    let case = case(name);
    let expected = rules::of_the_original(&case.records);
    let found = rules::of_this_library(&log.records(), module);
    assert_eq!(found, expected, "{name}: {}\n{log}", case.what);
    let counted: Vec<_> = case.checkpoints.iter().map(|point| point.records_so_far).collect();
    assert_eq!(so_far, counted, "{name}: the records at its checkpoints\n{log}");
    check_lines(log);
}
