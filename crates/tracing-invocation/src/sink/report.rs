//! What this crate has to say of itself, on stderr.

use std::io::{self, Write as _};

use crate::payload::text::quietly;

/// Says something on stderr, where that is possible.
pub(crate) fn report(what: std::fmt::Arguments<'_>) {
    let line = quietly(|| format!("tracing-invocation: {what}\n")).unwrap_or_default();
    let _ = io::stderr().write_all(line.as_bytes());
}
