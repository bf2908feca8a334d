//! Whatever the value and the limits.

use proptest::prelude::*;
use serde_json::json;

use super::strict::read;
use super::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => r#"[ab\x00é"\\\n🦀]{0,9}"#,
        1 => Just("__more__".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 16.0)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    (0..10_usize, 0..6_usize, 0..5_usize).prop_map(|(text, items, depth)| Limits {
        text,
        items,
        depth,
        ..Limits::DEFAULT
    })
}

fn longest_text(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(elements) => elements.iter().map(longest_text).max().unwrap_or(0),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| key.chars().count().max(longest_text(value)))
            .max()
            .unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// An object with these members, told as a whole.
struct AtOnce<'a>(&'a [(String, u8)]);

impl Serialize for AtOnce<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

proptest! {
    #[test]
    fn every_value_is_what_the_model_leaves_of_it(value in value(), limits in limits()) {
        let json = written_within(&value, &limits);
        prop_assert_eq!(read(&json), model::limited(&value, &limits, 0));
    }

    #[test]
    fn a_value_within_the_limits_is_whole(value in value()) {
        let limits = Limits { text: 100, items: 100, depth: 100, ..Limits::DEFAULT };
        let json = written_within(&value, &limits);
        prop_assert_eq!(read(&json), model::limited(&value, &limits, 0));
        prop_assert!(!json.contains("more)") && !json.contains("more keys"));
    }

    #[test]
    fn no_text_is_longer_than_the_limit_and_its_mark(value in value(), limit in 40..50_usize) {
        // Above the length of the marks and of the numbers that are texts.
        let limits = Limits { text: limit, items: 2, ..Limits::DEFAULT };
        let long = json!({"long": "é".repeat(100), "🦀".repeat(100): value});
        let longest = longest_text(&read(&written_within(&long, &limits)));
        prop_assert_eq!(longest, limit + mark::CUT.len());
    }

    #[test]
    fn no_key_stands_twice(
        members in prop::collection::vec((text(), any::<u8>()), 0..9),
        limits in limits(),
    ) {
        let limits = Limits { depth: 1, ..limits };
        let model = members.iter().map(|(key, value)| (key.as_str(), Value::from(*value)));
        let model = Value::Object(model::object(model, &limits));
        prop_assert_eq!(read(&written_within(&OneByOne(&members), &limits)), model.clone());
        prop_assert_eq!(read(&written_within(&AtOnce(&members), &limits)), model);
    }
}
