//! What a line is: records, in whatever format, or something else.

use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tracing_invocation::Record;
use tracing_invocation::convention::key;

use crate::presets;

/// What a line turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Records: one, or several of a format that puts more than one on a line.
    Records(usize),
    /// Nothing.
    Blank,
    /// Not ours, or not as a whole: how many records were read all the same.
    PassedOver(Why, usize),
}

/// Why a line is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// It is of somebody else.
    Foreign,
    /// It begins as a record does, and is cut off. What follows on the same line is read.
    Torn,
    /// It has the keys of a record, and a value that no record has.
    Invalid,
    /// It is longer than any line that is read.
    TooLong,
}

impl Why {
    pub(crate) const ALL: [Self; 4] = [Self::Foreign, Self::Torn, Self::Invalid, Self::TooLong];

    /// What so many of these lines are.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Foreign => "no record",
            Self::Torn => "torn",
            Self::Invalid => "invalid as a record",
            Self::TooLong => "too long",
        }
    }
}

/// How lines of records begin: the native format, ECS, OTLP, Google Cloud.
const BEGINNINGS: [&[u8]; 4] =
    [br#"{"timestamp":"#, br#"{"@timestamp":"#, br#"{"resourceLogs":"#, br#"{"severity":"#];

/// How many torn records a line may have before what follows on it is not read: each may be read as far as the next.
const TORN: usize = 16;

/// Hands what records there are on a line to `each`.
///
/// `T` is what is read of a native line: a [`Record`] itself, or what is wanted of it.
pub(crate) fn read<'a, T>(line: &'a [u8], each: &mut impl FnMut(T)) -> Kind
where
    T: Deserialize<'a> + From<Record>,
{
    // A list is an object to serde as well, if it has as many values.
    if line.first() == Some(&b'{')
        // What is passed over in a line has to be a text, too.
        && let Ok(text) = std::str::from_utf8(line)
        && let Ok(native) = serde_json::from_str(text)
    {
        each(native);
        return Kind::Records(1);
    }
    let (objects, why) = match objects(line) {
        Said::Blank => return Kind::Blank,
        Said::Objects(objects, why) => (objects, why),
    };
    let count = objects.len();
    let read = objects.into_iter().filter_map(|object| Record::deserialize(object).ok());
    let read = read.map(|record| each(record.into())).count();
    match why {
        Some(why) => Kind::PassedOver(why, read),
        None if read < count => Kind::PassedOver(Why::Invalid, read),
        None => Kind::Records(read),
    }
}

/// A line as JSON.
pub(crate) enum Said {
    /// Nothing.
    Blank,
    /// Native objects, which may or may not be records; and what else was on the line.
    Objects(Vec<Value>, Option<Why>),
}

/// What on a line has the keys of a record, whatever its format.
///
/// Text in front of a record, as `docker compose logs` puts it there, is no obstacle, and neither is another that was torn
/// off before it, or whose newline is missing.
pub(crate) fn objects(line: &[u8]) -> Said {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Said::Blank;
    }
    // The key is in every format. Behind the last there is nothing to be taken apart.
    let last_key = memmem::rfind(line, key::EVENT_OUTCOME.as_bytes());
    let (mut found, mut why, mut torn) = (Vec::new(), None, 0);
    let mut rest = line;
    while !rest.is_empty() && torn < TORN {
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
    // What stands before a record is somebody's prefix, unless it is a record as well.
    let why = why.filter(|why| found.is_empty() || *why == Why::Torn);
    Said::Objects(found, why)
}

/// What follows from where the next record may begin, so many bytes further on or later; or nothing.
fn beginning(text: &[u8], from: usize) -> &[u8] {
    let text = text.get(from..).unwrap_or_default();
    let mut places = memmem::find_iter(text, br#"{""#);
    places.find(|at| begins_as_record(&text[*at..])).map_or(&[], |at| &text[at..])
}

fn begins_as_record(text: &[u8]) -> bool {
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// Whether a text breaks off before it is long enough to begin as a record does.
fn is_stump(text: &[u8]) -> bool {
    text.len() > 1 && BEGINNINGS.iter().any(|beginning| beginning.starts_with(text))
}

/// The native objects that a text begins with, and how long they are there; or why there are none, and after how much of
/// the text there may be others.
fn object(text: &[u8]) -> Result<(Vec<Value>, usize), (Why, usize)> {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => {
            // What somebody else's object holds is theirs as well, whatever it looks like.
            let theirs = if value.is_object() { values.byte_offset() } else { 1 };
            let objects = presets::natives(value).ok_or((Why::Foreign, theirs))?;
            Ok((objects, values.byte_offset()))
        }
        Some(Err(_)) | None => Err((broken(text), 1)),
    }
}

/// Why there is no record in a text without a key of one, and after how much of it there may be a torn one.
fn nothing(text: &[u8]) -> (Why, usize) {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => (Why::Foreign, values.byte_offset()),
        Some(Err(_)) | None => (broken(text), 1),
    }
}

/// What a text is that is no JSON.
fn broken(text: &[u8]) -> Why {
    if begins_as_record(text) || is_stump(text) { Why::Torn } else { Why::Foreign }
}
