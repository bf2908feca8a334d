//! Values on one line, as compact as they can be and still be told apart.

use serde_json::{Map, Value};

use crate::format::hostile::is_hostile;

/// A value: `2500`, `EUR`, `"two words"`, `[1, 2]`, `{city=Bern}`.
pub(super) fn text(value: &Value) -> String {
    let mut text = String::new();
    push(&mut text, value);
    text
}

/// A word as it is, and any other text in quotes.
pub(super) fn word(text: &str) -> String {
    let mut word = String::new();
    push_word(&mut word, text);
    word
}

fn push(to: &mut String, value: &Value) {
    match value {
        Value::String(text) => push_word(to, text),
        Value::Array(items) => {
            to.push('[');
            for (number, item) in items.iter().enumerate() {
                to.push_str(if number == 0 { "" } else { ", " });
                push(to, item);
            }
            to.push(']');
        }
        Value::Object(members) => {
            to.push('{');
            push_members(to, members);
            to.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => to.push_str(&value.to_string()),
    }
}

fn push_members(to: &mut String, members: &Map<String, Value>) {
    for (number, (key, value)) in members.iter().enumerate() {
        to.push_str(if number == 0 { "" } else { ", " });
        push_word(to, key);
        to.push('=');
        push(to, value);
    }
}

fn push_word(to: &mut String, text: &str) {
    if is_word(text) {
        to.push_str(text);
        return;
    }
    to.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            to.push('\\');
        }
        to.push(character);
    }
    to.push('"');
}

/// Whether a text needs no quotes to be told apart from what stands around it.
fn is_word(text: &str) -> bool {
    let is_mark = |character| r#""\,=()[]{}"#.contains(character);
    let breaks =
        |character: char| character.is_whitespace() || is_hostile(character) || is_mark(character);
    !text.is_empty() && !text.contains(breaks)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_quoted_only_where_it_has_to_be() {
        let value = json!({
            "a": null,
            "b": [1, -2.5, true],
            "c d": {"city": "Zürich", "street": "Am \"Ufer\" \\ 3", "": ""},
            "e": "new\nline",
            "f": [[], {}],
        });
        insta::assert_snapshot!(text(&value).replace('\n', "<newline>"), @r#"{a=null, b=[1, -2.5, true], "c d"={""="", city=Zürich, street="Am \"Ufer\" \\ 3"}, e="new<newline>line", f=[[], {}]}"#);
    }
}
