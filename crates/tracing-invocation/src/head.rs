//! What a record begins with: the same for every record of a callsite, but for its time and ids.

use crate::clock::Timestamp;
use crate::payload::json;
use crate::place::Digits;
use crate::record::{Level, Outcome};

/// What stands before the level; zeros in the place of the time.
const BEGINNING: [u8; 52] = *br#"{"timestamp":"0000-00-00T00:00:00.000000Z","level":""#;
const TIME: usize = 14;

/// What stands behind the outcome; zeros in the place of the ids.
const IDS: [u8; 75] =
    *br#"","trace_id":"00000000000000000000000000000000","span_id":"0000000000000000"#;
const TRACE_ID: usize = 14;
const SPAN_ID: usize = 59;

const PARENT: [u8; 36] = *br#"","parent_span_id":"0000000000000000"#;
const PARENT_SPAN_ID: usize = 20;

/// Appends a record up to the digits of its span id. The time and the ids are to be set; names are JSON texts with their
/// quotes.
pub(crate) fn push(
    to: &mut Vec<u8>,
    level: Level,
    namespace: &[u8],
    name: &[u8],
    outcome: Outcome,
) {
    to.extend_from_slice(&BEGINNING);
    to.extend_from_slice(level.as_str().as_bytes());
    to.extend_from_slice(br#"","event_namespace":"#);
    to.extend_from_slice(namespace);
    to.extend_from_slice(br#","event_name":"#);
    to.extend_from_slice(name);
    to.extend_from_slice(br#","event_outcome":""#);
    to.extend_from_slice(outcome.as_str().as_bytes());
    to.extend_from_slice(&IDS);
}

#[inline]
pub(crate) fn set_timestamp(head: &mut [u8], timestamp: &Timestamp) {
    if let Some(beginning) = head.first_chunk_mut::<{ BEGINNING.len() }>() {
        beginning[TIME..TIME + timestamp.len()].copy_from_slice(timestamp);
    }
}

/// Puts the entity, a JSON text, between the outcome and the ids.
pub(crate) fn insert_entity(head: &mut Vec<u8>, entity_id: &[u8]) {
    head.truncate(head.len().saturating_sub(IDS.len()));
    head.extend_from_slice(br#"","entity_id":"#);
    head.extend_from_slice(entity_id);
    head.extend_from_slice(&IDS[1..]);
}

#[inline]
pub(crate) fn set_ids(head: &mut [u8], digits: &Digits) {
    if let Some(ids) = head.last_chunk_mut::<{ IDS.len() }>() {
        let (trace_id, span_id) = digits.split_at(32);
        ids[TRACE_ID..TRACE_ID + 32].copy_from_slice(trace_id);
        ids[SPAN_ID..].copy_from_slice(span_id);
    }
}

/// Appends the operation that this one was begun by, behind the ids.
pub(crate) fn push_parent(to: &mut Vec<u8>, span_id: u64) {
    let mut parent = PARENT;
    parent[PARENT_SPAN_ID..].copy_from_slice(&json::hex(span_id));
    to.extend_from_slice(&parent);
}
