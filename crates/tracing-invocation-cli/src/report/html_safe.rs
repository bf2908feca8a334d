//! Writes JSON that is safe to embed in a page.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Writes a value as JSON in which no text ends a script, begins a comment or acts on a terminal.
pub(super) fn to_writer(to: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(to, Inert)).map_err(io::Error::from)
}

struct Inert;

impl Formatter for Inert {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (at, character) in fragment.char_indices().filter(|(_, one)| is_active(*one)) {
            to.write_all(&fragment.as_bytes()[plain..at])?;
            write!(to, "\\u{:04x}", u32::from(character))?;
            plain = at + character.len_utf8();
        }
        to.write_all(&fragment.as_bytes()[plain..])
    }
}

/// Whether a character may mean something to HTML, to a script or to a terminal. All of them are of one UTF-16 unit.
fn is_active(character: char) -> bool {
    matches!(character, '<' | '>' | '&' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> String {
        let mut to = Vec::new();
        to_writer(&mut to, &text).unwrap();
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn no_tag_is_left_of_a_tag() {
        assert_eq!(written("</script><!--"), r#""\u003c/script\u003e\u003c!--""#);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(text in any::<String>()) {
            let json = written(&text);
            prop_assert!(!json.contains(is_active));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
