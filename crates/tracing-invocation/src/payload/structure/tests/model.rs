//! What the limits leave of a value, said once more over `serde_json::Value`.

use serde_json::{Map, Value};

use crate::payload::Limits;

pub(super) fn limited(value: &Value, limits: &Limits, depth: usize) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(number) if number.is_u64() && !number.is_i64() => number.to_string().into(),
        Value::Number(_) => value.clone(),
        Value::String(text) => cut(text, limits.text).into(),
        Value::Array(_) if depth == limits.depth => "<list>".into(),
        Value::Object(_) if depth == limits.depth => "<object>".into(),
        Value::Array(elements) => {
            let mut kept: Vec<_> = elements
                .iter()
                .take(limits.items)
                .map(|element| limited(element, limits, depth + 1))
                .collect();
            if elements.len() > kept.len() {
                let more = elements.len() - kept.len();
                kept.push(format!("... ({more} more)").into());
            }
            kept.into()
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| (key.as_str(), limited(value, limits, depth + 1)));
            object(members, limits).into()
        }
    }
}

pub(super) fn object<'a>(
    members: impl Iterator<Item = (&'a str, Value)>,
    limits: &Limits,
) -> Map<String, Value> {
    let mut kept = Map::new();
    let mut more = 0;
    for (key, value) in members {
        if kept.len() < limits.items {
            kept.insert(cut(key, limits.text), value);
        } else {
            more += 1;
        }
    }
    if more > 0 {
        more += usize::from(kept.remove("__more__").is_some());
        kept.insert("__more__".to_owned(), format!("{more} more keys").into());
    }
    kept
}

fn cut(text: &str, limit: usize) -> String {
    let text = text.replace('\0', "\u{FFFD}");
    if text.chars().count() <= limit {
        return text;
    }
    text.chars().take(limit).chain("...".chars()).collect()
}
