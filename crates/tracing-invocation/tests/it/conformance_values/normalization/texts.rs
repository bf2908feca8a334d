//! Texts and bytes.

use serde::Serialize;
use serde_json::{Value, json};
use tracing_invocation::{Limits, operation};

use super::{Bytes, logged, logged_put, put, put_whole, value_in, written};
use crate::golden::assert_golden;
use tracing_invocation::testing::Log;

/// The log of a call with a text: the same, whether `tracing` knows it, it serializes, or it is formatted.
#[track_caller]
fn logged_text(value: &str) -> Log {
    #[operation("put", args(value))]
    fn native(value: &str) {}
    #[operation("put", args(%value))]
    fn formatted(value: &str) {}

    let serialized = logged_put(value);
    assert_eq!(written(Limits::DEFAULT, || native(value)), value_in(&serialized));
    assert_eq!(written(Limits::DEFAULT, || formatted(value)), value_in(&serialized));
    serialized
}

/// What is written of bytes that `tracing` presents as bytes.
fn put_slice(value: &[u8]) -> Value {
    value_in(&logged_slice(value))
}

/// The log of a call with bytes that `tracing` presents as bytes.
fn logged_slice(value: &[u8]) -> Log {
    #[operation("put", args(value))]
    fn native(value: &[u8]) {}

    logged(Limits::DEFAULT, || native(value))
}

#[test]
fn text_short() {
    assert_golden!("normalization/text_short", logged_text("abc"));
}

#[test]
fn text_empty() {
    assert_golden!("normalization/text_empty", logged_text(""));
}

#[test]
fn text_at_limit() {
    let text = "x".repeat(200);
    assert_golden!("normalization/text_at_limit", logged_text(&text));
}

#[test]
fn text_over_limit() {
    assert_golden!("normalization/text_over_limit", logged_text(&"x".repeat(201)));
}

#[test]
fn text_limit_counts_characters() {
    let text = format!("{}\u{1f600}", "é".repeat(201));
    assert_golden!("normalization/text_limit_counts_characters", logged_text(&text));
}

#[test]
fn text_limit_counts_code_points() {
    let text = format!("{}\u{1f600}tail", "a".repeat(199));
    assert_golden!("normalization/text_limit_counts_code_points", logged_text(&text));
}

/// Differs: bytes are a text of hexadecimal digits.
#[test]
fn bytes() {
    assert_golden!("normalization/bytes", logged_slice(&[0x00, 0x01, 0xff]));
    assert_eq!(put(Bytes(&[0x00, 0x01, 0xff])), "0001ff");
}

/// Differs: bytes are cut like a text, unless their limits are lifted.
#[test]
fn bytes_long() {
    let cut = format!("{}...", "00".repeat(100));
    assert_eq!(put_slice(&[0; 300]), cut);
    assert_eq!(put(Bytes(&[0; 300])), cut);
    assert_eq!(put_whole(Bytes(&[0; 300])), "00".repeat(300));
}

/// Differs: a vector of bytes serializes as a list of numbers, and is written as one; a slice of it is bytes.
#[test]
fn byte_buffer_mutable() {
    let mut buffer = b"ab".to_vec();
    buffer.push(b'c');
    assert_eq!(put(&buffer), json!([97, 98, 99]));
    assert_golden!("normalization/byte_buffer_mutable", logged_slice(&buffer));
}

/// Differs: as in [`bytes`] where the view is a slice, or a type that serializes as bytes.
#[test]
fn byte_view() {
    struct View<'a> {
        of: &'a [u8],
    }

    impl Serialize for View<'_> {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_bytes(self.of)
        }
    }

    let buffer = b"_abc_".to_vec();
    assert_golden!("normalization/byte_view", logged_slice(&buffer[1..4]));
    assert_eq!(put(View { of: &buffer[1..4] }), "616263");
}
