//! Lists and mappings, and their limits.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use tracing_invocation::{Limits, operation};

use super::{
    Bytes, Members, logged, logged_put, logged_whole, logged_whole_within, logged_within, numbered,
    put, put_whole, put_within, value_in, written,
};
use crate::golden::assert_golden;

#[derive(Debug, Serialize)]
struct Thing {
    id: u8,
}

const TWO_ITEMS: Limits = Limits { items: 2, ..Limits::DEFAULT };

/// A list inside as many others.
fn nested(lists: usize) -> Value {
    (0..lists).fold(json!([]), |inner, _| json!([inner]))
}

/// What a mapping is written as, in the order of its members.
#[track_caller]
fn text_of<T: Serialize>(value: T) -> String {
    #[operation(args(value))]
    fn put<T: Serialize>(value: T) {}

    let log = logged(Limits::DEFAULT, || put(value));
    assert!(value_in(&log).is_object());
    let line = log.lines().swap_remove(0);
    let (_, text) = line.split_once(r#""args":{"value":"#).unwrap();
    text.trim_end_matches('}').to_owned() + "}"
}

#[test]
fn list_empty() {
    assert_golden!("normalization/list_empty", logged_put([0; 0]));
}

/// Differs: bytes are a text of hexadecimal digits.
#[test]
fn list_of_primitives() {
    assert_golden!("normalization/list_of_primitives", logged_put((1, "x", Bytes(b"t"), true, ())));
}

#[test]
fn list_at_limit() {
    assert_golden!("normalization/list_at_limit", logged_put(Vec::from_iter(1..=10)));
}

#[test]
fn list_one_over() {
    assert_golden!("normalization/list_one_over", logged_put(Vec::from_iter(1..=11)));
}

/// Differs: what a list holds is written, to a depth of four; only deeper ones are marks, and a tuple is a list.
#[test]
fn list_with_containers() {
    let value = (vec![1, 2], (3, 4), BTreeMap::from([("a", 1)]), [0; 0]);
    assert_eq!(put(value), json!([[1, 2], [3, 4], {"a": 1}, []]));
    assert_eq!(put(nested(3)), json!([[[[]]]]));
    assert_eq!(put(nested(4)), json!([[[["<list>"]]]]));
    assert_eq!(put([[[[Thing { id: 1 }]]]]), json!([[[["<object>"]]]]));
}

/// Differs: with its limits lifted, a value is written to any depth that values have.
#[test]
fn list_with_containers_unbounded() {
    let value = (vec![1, 2], (3, 4), BTreeMap::from([("a", 1)]), [0; 0]);
    assert_eq!(put_whole(value), json!([[1, 2], [3, 4], {"a": 1}, []]));
    assert_eq!(put_whole(nested(9)), nested(9));
}

/// Differs: what does not serialize is refused; an object that does is written, and its text where that is asked for.
#[test]
fn list_with_objects() {
    #[operation("put", args(?value))]
    fn text(value: [Thing; 1]) {}

    assert_eq!(put([Thing { id: 1 }]), json!([{"id": 1}]));
    let debug = written(Limits::DEFAULT, || text([Thing { id: 1 }]));
    assert_eq!(debug, "[Thing { id: 1 }]");
}

#[test]
fn tuple() {
    assert_golden!("normalization/tuple", logged_put((1, "a", ())));
}

#[test]
fn mapping_empty() {
    assert_golden!("normalization/mapping_empty", logged_put(BTreeMap::<&str, u8>::new()));
}

#[test]
fn mapping_at_limit() {
    assert_golden!("normalization/mapping_at_limit", logged_put(numbered(10)));
}

#[test]
fn mapping_one_over() {
    assert_golden!("normalization/mapping_one_over", logged_put(numbered(11)));
    assert!(text_of(numbered(11)).ends_with(r#","k10":10,"__more__":"1 more keys"}"#));
}

#[test]
fn mapping_unbounded() {
    assert_golden!("normalization/mapping_unbounded", logged_whole(numbered(13)));
}

/// Differs: as in [`list_with_containers`].
#[test]
fn mapping_with_containers() {
    #[derive(Serialize)]
    struct Mapping {
        items: [u8; 1],
        meta: BTreeMap<&'static str, u8>,
        pair: (u8, u8),
    }

    let value = Mapping { items: [1], meta: BTreeMap::from([("a", 1)]), pair: (1, 2) };
    assert_eq!(put(value), json!({"items": [1], "meta": {"a": 1}, "pair": [1, 2]}));
    let deep = json!({"a": {"b": {"c": {}, "d": []}}});
    assert_eq!(put(&deep), deep);
    let deeper = json!({"a": {"b": {"c": {"d": {}, "e": [1]}}}});
    assert_eq!(put(&deeper), json!({"a": {"b": {"c": {"d": "<object>", "e": "<list>"}}}}));
    assert_eq!(put_whole(&deeper), deeper);
}

#[test]
fn mapping_long_key() {
    let long = Members(vec![("k".repeat(201), 1)]);
    assert_golden!("normalization/mapping_long_key", logged_put(long));
}

#[test]
fn mapping_keys_colliding_after_cut() {
    let key = "k".repeat(200);
    let twins = Members(vec![(format!("{key}a"), 1), (format!("{key}b"), 2)]);
    assert_golden!("normalization/mapping_keys_colliding_after_cut", logged_put(&twins));
    assert_eq!(text_of(twins), format!(r#"{{"{key}...":2}}"#));
}

/// Differs: the mark takes the last place, and counts the member that it replaced.
#[test]
fn mapping_own_more_key() {
    let mut members = vec![("__more__".to_owned(), json!("mine"))];
    members.extend(numbered(10).0.into_iter().map(|(key, number)| (key, json!(number))));
    assert_eq!(
        text_of(Members(members)),
        r#"{"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"__more__":"2 more keys"}"#,
    );
}

#[test]
fn mapping_read_only() {
    let mapping = BTreeMap::from([("a", 1)]);
    assert_golden!("normalization/mapping_read_only", logged_put(&mapping));
    assert_eq!(mapping.len(), 1);
}

#[test]
fn item_limit_2_list() {
    assert_golden!("normalization/item_limit_2_list", logged_within(TWO_ITEMS, [1, 2, 3, 4]));
}

#[test]
fn item_limit_2_mapping() {
    let mapping = BTreeMap::from([("a", 1), ("b", 2), ("c", 3)]);
    assert_golden!("normalization/item_limit_2_mapping", logged_within(TWO_ITEMS, mapping));
}

#[test]
fn text_limit_cuts_keys_not_markers() {
    let limits = Limits { text: 3, items: 1, ..Limits::DEFAULT };
    let mapping = json!({"abcdef": "ghijkl", "x": 1});
    assert_golden!(
        "normalization/text_limit_cuts_keys_not_markers",
        logged_within(limits, mapping)
    );
}

/// Differs: the marks are those of what is nested too deep.
#[test]
fn text_limit_does_not_cut_placeholders() {
    let limits = Limits { text: 3, depth: 1, ..Limits::DEFAULT };
    assert_eq!(put_within(limits, (Thing { id: 1 }, [1])), json!(["<object>", "<list>"]));
    let none = Limits { depth: 0, ..limits };
    assert_eq!(put_within(none, Thing { id: 1 }), "<object>");
}

#[test]
fn limits_in_fields_of_both_kinds() {
    assert_eq!(put_within(TWO_ITEMS, [1, 2, 3]), json!([1, 2, "... (1 more)"]));
    assert_golden!(
        "normalization/limits_in_fields_of_both_kinds",
        logged_whole_within(TWO_ITEMS, [1, 2, 3])
    );
}
