//! Classifies lines: records in any supported format, or something else.

use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tracing_invocation::Record;
use tracing_invocation::convention::key;

use crate::presets;

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Records: one, or several in a format that allows more than one on a line.
    Records(usize),
    /// An empty line.
    Blank,
    /// At least a part of the line is not a valid record. Holds the number of records that were read nevertheless.
    Skipped(Why, usize),
}

/// Why a line is skipped, from the least to the most serious reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// Another program wrote it.
    Foreign,
    /// A record on it is cut off. The records that follow on the same line are read.
    Torn,
    /// It has the keys of a record, but an invalid value.
    Invalid,
    /// It is longer than [`MAX_LINE`](crate::input::MAX_LINE).
    TooLong,
}

impl Why {
    pub(crate) const ALL: [Self; 4] = [Self::Foreign, Self::Torn, Self::Invalid, Self::TooLong];

    /// Describes lines that are skipped for this reason.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Foreign => "not a record",
            Self::Torn => "torn",
            Self::Invalid => "invalid record",
            Self::TooLong => "too long",
        }
    }
}

/// How records begin in each format: native, ECS, OTLP, Google Cloud.
const BEGINNINGS: [&[u8]; 4] =
    [br#"{"timestamp":"#, br#"{"@timestamp":"#, br#"{"resourceLogs":"#, br#"{"severity":"#];

/// How many torn records to tolerate on a line before the rest of it is skipped.
///
/// The parser may read to the end of the line before it finds that a record is torn, so without a limit a hostile line
/// would take quadratic time.
const MAX_TORN: usize = 16;

/// Passes each record on a line to `each`.
///
/// `T` is the type into which a native line is deserialized: [`Record`], or a type with only some of its fields.
pub(crate) fn read<'a, T>(line: &'a [u8], each: &mut impl FnMut(T)) -> Kind
where
    T: Deserialize<'a> + From<Record>,
{
    // Fast path: nearly all lines are one native record. The check for a brace is needed because serde also
    // deserializes a struct from an array.
    if line.first() == Some(&b'{')
        // serde does not validate the UTF-8 of the values that it skips.
        && let Ok(text) = std::str::from_utf8(line)
        && let Ok(native) = serde_json::from_str(text)
    {
        each(native);
        return Kind::Records(1);
    }
    let (objects, why) = match objects(line) {
        Parsed::Blank => return Kind::Blank,
        Parsed::Objects(objects, why) => (objects, why),
    };
    let count = objects.len();
    let read = objects.into_iter().filter_map(|object| Record::deserialize(object).ok());
    let read = read.map(|record| each(record.into())).count();
    match why {
        Some(why) => Kind::Skipped(why, read),
        None if read < count => Kind::Skipped(Why::Invalid, read),
        None => Kind::Records(read),
    }
}

/// A line, parsed as JSON.
pub(crate) enum Parsed {
    /// An empty line.
    Blank,
    /// Objects with the keys of a native record, whose values are not validated; and why the rest of the line is skipped,
    /// if it is.
    Objects(Vec<Value>, Option<Why>),
}

/// Returns all objects on a line that have the keys of a record in any format, converted to native objects.
///
/// Skips text in front of a record, such as the prefix of `docker compose logs`, and a torn record before it. Reads several
/// records on a line whose newlines are missing.
pub(crate) fn objects(line: &[u8]) -> Parsed {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Parsed::Blank;
    }
    // Every format contains this key. Behind its last occurrence there can be no record, so the rest of the line is not
    // searched for one.
    let last_key = memmem::rfind(line, key::EVENT_OUTCOME.as_bytes());
    let (mut found, mut why, mut torn) = (Vec::new(), None, 0);
    let mut rest = line;
    while !rest.is_empty() && torn < MAX_TORN {
        let has_key = last_key.is_some_and(|last| last >= line.len() - rest.len());
        match if has_key { object(rest) } else { Err(nothing(rest)) } {
            Ok((objects, length)) => {
                found.extend(objects);
                rest = rest[length..].trim_ascii_start();
            }
            Err((of_rest, length)) => {
                why = why.max(Some(of_rest));
                torn += usize::from(of_rest == Why::Torn);
                rest = beginning(rest, length);
            }
        }
    }
    // Text next to a record is a prefix and no reason to report the line, unless it is a torn record.
    let why = why.filter(|why| found.is_empty() || *why == Why::Torn);
    Parsed::Objects(found, why)
}

/// Returns the text from the next possible beginning of a record, at `from` or later; empty if there is none.
fn beginning(text: &[u8], from: usize) -> &[u8] {
    let text = text.get(from..).unwrap_or_default();
    let mut places = memmem::find_iter(text, br#"{""#);
    places.find(|at| begins_as_record(&text[*at..])).map_or(&[], |at| &text[at..])
}

fn begins_as_record(text: &[u8]) -> bool {
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// Returns `true` if the text is a proper beginning of a record that breaks off within its first key.
fn is_stump(text: &[u8]) -> bool {
    text.len() > 1 && BEGINNINGS.iter().any(|beginning| beginning.starts_with(text))
}

/// Parses the JSON value at the beginning of a text.
///
/// Returns its native objects and its length, or the reason why there are none and the offset at which to continue.
fn object(text: &[u8]) -> Result<(Vec<Value>, usize), (Why, usize)> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => {
            // Skip an object of another program as a whole: a record that is nested inside it is its data.
            let skipped = if value.is_object() { values.byte_offset() } else { 1 };
            let objects = presets::natives(value).ok_or((Why::Foreign, skipped))?;
            Ok((objects, values.byte_offset()))
        }
        Some(Err(_)) | None => Err((broken(text), 1)),
    }
}

/// Classifies a text that does not contain the key of a record. Returns the offset at which a torn record may begin.
fn nothing(text: &[u8]) -> (Why, usize) {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => (Why::Foreign, values.byte_offset()),
        Some(Err(_)) | None => (broken(text), 1),
    }
}

/// Classifies a text that does not begin with valid JSON.
fn broken(text: &[u8]) -> Why {
    if begins_as_record(text) || is_stump(text) { Why::Torn } else { Why::Foreign }
}
