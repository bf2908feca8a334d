//! What this crate has to say of itself, on stderr.

use std::io::{self, Write as _};

use crate::format::hostile::is_hostile;
use crate::payload::text::quietly;

/// Says something on stderr, where that is possible.
pub(crate) fn report(what: std::fmt::Arguments<'_>) {
    let text = quietly(|| format!("tracing-invocation: {what}")).unwrap_or_default();
    // It is read on a terminal, and may hold what a server said.
    let mut line = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if matches!(character, '\n' | '\r' | '\t') {
            // It is said on one line.
            line.push(' ');
        } else if is_hostile(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line.push('\n');
    let _ = io::stderr().write_all(line.as_bytes());
}
