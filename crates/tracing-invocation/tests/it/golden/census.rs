//! Requires of each golden case that it has exactly one scenario, or exactly one row in the table of differences.

use std::collections::BTreeMap;
use std::path::Path;

use super::cases::{CASES, FILES};
use super::{Scenario, differences};

#[test]
fn every_case_has_a_scenario_or_a_difference() {
    let mut answers: BTreeMap<&str, Vec<String>> =
        CASES.keys().map(|case| (case.as_str(), Vec::new())).collect();
    let mut wrong = Vec::new();
    let rows = differences::all();
    let rows = rows
        .iter()
        .flat_map(|row| row.cases.iter().map(|case| (case.as_str(), "a row".to_owned())));
    let scenarios = inventory::iter::<Scenario>
        .into_iter()
        .map(|scenario| (scenario.case, scenario.place.to_owned()));
    for (case, by) in rows.chain(scenarios) {
        match answers.get_mut(case) {
            Some(answers) => answers.push(by),
            None => wrong.push(format!("{case} is no case, but is named by {by}")),
        }
    }
    for (case, answers) in answers {
        match answers.as_slice() {
            [] => wrong.push(format!("{case} has neither a scenario nor a row")),
            [_] => {}
            several => wrong.push(format!("{case} has more than one: {}", several.join(", "))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_golden_file_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "differences.json")
        .collect();
    found.sort_unstable();
    let mut read: Vec<_> = FILES.iter().map(|(group, _)| format!("{group}.json")).collect();
    read.sort_unstable();
    assert_eq!(found, read);
}
