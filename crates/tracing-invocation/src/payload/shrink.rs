//! Making a record fit its size limit, with the line still valid JSON.

use serde_json::{Map, Value};

#[cfg(doc)]
use super::Limits;
use super::text::cut_at;
use crate::convention::{error, mark, payload, progress};
use crate::record::Record;

/// What is left of every value, tried in this order: the largest lose first.
const STEPS: [Left; 7] = [
    Left { text: 2_000, items: 1_000 },
    Left { text: 500, items: 100 },
    Left { text: 100, items: 20 },
    Left { text: 50, items: 10 },
    Left { text: 25, items: 5 },
    Left { text: 10, items: 2 },
    Left { text: 0, items: 0 },
];

/// Characters left of a text, and items left of a list.
#[derive(Clone, Copy)]
struct Left {
    text: usize,
    items: usize,
}

/// Rewrites `line`, a record and its newline, so that it has at most `limit` bytes; marks it as truncated.
///
/// Texts and lists are cut first, the longest most; then context is left out, the largest members first, and how many
/// are missing is said. What says how the operation ended stays whole, unless it alone is above the limit; then the
/// names are cut as well. Ids, levels and times always stay, for which [`Limits::MIN_RECORD`] bytes are enough.
pub(crate) fn shrink(line: &mut Vec<u8>, limit: usize) {
    // No line is nested too deep to be read: see `Limits::MAX_DEPTH`.
    if let Ok(record) = serde_json::from_slice(line) {
        shrink_as(line, record, limit, write_native);
    }
}

/// The same of a `line` that says `record` as `write` appends it, its newline included.
pub(crate) fn shrink_as(
    line: &mut Vec<u8>,
    mut record: Record,
    limit: usize,
    write: impl Fn(&Record, &mut Vec<u8>),
) {
    let rewrite = |line: &mut Vec<u8>, record: &Record| {
        line.clear();
        write(record, line);
        line.len() <= limit
    };
    record.payload_truncated = true;
    for left in STEPS {
        for (key, value) in &mut record.payload {
            if gives_way(key) {
                cut(value, left);
            }
        }
        if rewrite(line, &record) {
            return;
        }
    }
    drop_members(line, &mut record, limit);
    if !rewrite(line, &record) {
        cut_ending(line, &mut record, rewrite);
    }
}

/// Whether a member of the payload is not what says how the operation ended.
fn gives_way(key: &str) -> bool {
    matches!(key, payload::ARGS | payload::RESULT | payload::INHERITED)
        || !payload::RESERVED.contains(&key)
}

/// Writes through the escaping of this crate, so that a shrunk line is as safe as any other.
pub(crate) fn write_native(record: &Record, line: &mut Vec<u8>) {
    use serde::Serialize as _;
    let mut serializer = serde_json::Serializer::with_formatter(&mut *line, super::json::Safe);
    // Neither a `Vec` nor a record that was just read can fail to be written.
    let _ = record.serialize(&mut serializer);
    line.push(b'\n');
}

fn cut(value: &mut Value, left: Left) {
    match value {
        Value::String(text) => cut_text(text, left.text),
        Value::Array(items) => {
            items.iter_mut().for_each(|item| cut(item, left));
            cut_list(items, left.items);
        }
        Value::Object(members) => members.values_mut().for_each(|member| cut(member, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn cut_text(text: &mut String, limit: usize) {
    let length = text.strip_suffix(mark::CUT).unwrap_or(text);
    // How many items are missing is said in a text, too.
    if let Some(end) = cut_at(length, limit).filter(|_| missing_items(text).is_none()) {
        text.truncate(end);
        text.push_str(mark::CUT);
    }
}

fn cut_list(items: &mut Vec<Value>, limit: usize) {
    let before = items.last().and_then(Value::as_str).and_then(missing_items);
    let there = items.len() - usize::from(before.is_some());
    if there > limit {
        items.truncate(limit);
        let missing = before.unwrap_or(0) + (there - limit);
        items.push(format!("{} ({missing} more)", mark::CUT).into());
    }
}

/// How many items are missing of a list that ends in this text, if that is what it says.
fn missing_items(text: &str) -> Option<usize> {
    text.strip_prefix(mark::CUT)?.strip_prefix(" (")?.strip_suffix(" more)")?.parse().ok()
}

fn drop_members(line: &[u8], record: &mut Record, limit: usize) {
    let mut over = line.len().saturating_sub(limit);
    for place in [payload::CONTEXT, payload::ARGS, payload::INHERITED] {
        if let Some(Value::Object(members)) = record.payload.get_mut(place) {
            over = over.saturating_sub(drop_largest(members, over, |_| true));
        }
    }
    over = over.saturating_sub(drop_largest(&mut record.payload, over, |key| {
        !payload::RESERVED.contains(&key)
    }));
    if let Some(Value::Object(members)) = record.payload.get_mut(payload::RESULT) {
        drop_largest(members, over, |_| true);
    }
}

/// Leaves of the ending what a reader relies on, and of the names what there is room for.
fn cut_ending(
    line: &mut Vec<u8>,
    record: &mut Record,
    rewrite: impl Fn(&mut Vec<u8>, &Record) -> bool,
) {
    record.payload.remove(payload::CANCELLATION);
    if let Some(Value::Object(said)) = record.payload.get_mut(payload::PROGRESS) {
        said.retain(|key, _| !matches!(key.as_str(), progress::LAST_CHILD | progress::PENDING));
    }
    if let Some(Value::Object(said)) = record.payload.get_mut(payload::ERROR) {
        said.retain(|key, _| matches!(key.as_str(), error::TYPE | error::MESSAGE));
    }
    for left in STEPS {
        if rewrite(line, record) {
            return;
        }
        if let Some(said) = record.payload.get_mut(payload::ERROR) {
            cut(said, left);
        }
    }
    for left in STEPS {
        if rewrite(line, record) {
            return;
        }
        let names = [&mut record.event_namespace, &mut record.event_name];
        names.into_iter().chain(&mut record.entity_id).for_each(|name| cut_text(name, left.text));
    }
    if !rewrite(line, record) {
        record.payload.remove(payload::PROGRESS);
        rewrite(line, record);
    }
}

/// Drops members until `over` bytes and the mark that counts them are gained; returns how many were.
fn drop_largest(
    members: &mut Map<String, Value>,
    over: usize,
    may: impl Fn(&str) -> bool,
) -> usize {
    if over == 0 {
        return 0;
    }
    let mark_bytes = mark::MORE_KEY.len() + 40;
    let mut sizes: Vec<(usize, String)> = members
        .iter()
        .filter(|(key, _)| may(key))
        .map(|(key, value)| (key.len() + value.to_string().len() + 4, key.clone()))
        .collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let (mut gained, mut dropped) = (0, 0);
    for (size, key) in sizes {
        if gained >= over + mark_bytes {
            break;
        }
        members.remove(&key);
        gained += size;
        dropped += 1;
    }
    if dropped == 0 {
        return 0;
    }
    members.insert(mark::MORE_KEY.to_owned(), format!("{dropped} more keys").into());
    gained.saturating_sub(mark_bytes)
}
