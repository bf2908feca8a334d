//! What a log comes to, counted without the page: line by line, and by the definition of a percentile.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tracing_invocation::format::lasted;

/// How an operation ended, if it did, and how long it took.
type Ended = Option<(String, u64)>;

/// By name: how often it was called, how that ended, and how long it took, as the page is to show it.
pub(super) fn of(log: &str) -> Value {
    let mut operations: BTreeMap<String, (String, Ended)> = BTreeMap::new();
    for line in log.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        if text("event_name") == "delivery" {
            continue;
        }
        let name = format!("{} {}", text("event_namespace"), text("event_name"));
        let operation = operations.entry(text("span_id")).or_insert((name, None));
        match &*text("event_outcome") {
            "invoke" | "slow" => {}
            end => operation.1 = Some((end.to_owned(), record["duration_ns"].as_u64().unwrap())),
        }
    }
    let mut by_name: BTreeMap<String, Vec<Ended>> = BTreeMap::new();
    for (name, ended) in operations.into_values() {
        by_name.entry(name).or_default().push(ended);
    }
    by_name.into_iter().map(|(name, all)| (name, row(&all))).collect::<Map<_, _>>().into()
}

fn row(all: &[Ended]) -> Value {
    let ended = |word: &str| all.iter().flatten().filter(|(end, _)| end == word).count();
    let mut durations: Vec<_> = all.iter().flatten().map(|(_, nanos)| *nanos).collect();
    durations.sort_unstable();
    let percentile = |percent: usize| {
        let rank = (durations.len() * percent).div_ceil(100).max(1);
        durations.get(rank - 1).map_or_else(|| "–".to_owned(), |nanos| lasted(*nanos))
    };
    let number = |count: usize| if count == 0 { "–".to_owned() } else { count.to_string() };
    let open = all.iter().filter(|ended| ended.is_none()).count();
    json!([
        all.len().to_string(),
        number(ended("success")),
        number(ended("failed")),
        number(ended("cancelled")),
        number(ended("unknown")),
        number(open),
        number(0),
        percentile(50),
        percentile(90),
        percentile(99),
        percentile(100),
    ])
}
