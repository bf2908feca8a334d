//! Characters that act on whatever shows them.

use std::borrow::Cow;

/// Whether a character does something other than to be seen: controls, separators of lines, what reorders text, and
/// what is invisible. What joins and varies the characters of scripts and emoji may stay.
pub(crate) fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Bidirectional marks, embeddings, overrides and isolates; separators of lines and paragraphs.
            '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Invisible: spaces of no width, operators, formatting that is deprecated, annotations, tags.
            | '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
            | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text as it may be shown to a person: what would act on a terminal, reorder the text or hide is an escape.
///
/// ```
/// use tracing_invocation::format::harmless;
///
/// assert_eq!(harmless("café"), "café");
/// assert_eq!(harmless("red \u{1b}[31m"), "red \\u{1b}[31m");
/// ```
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    push_harmless(&mut shown, text);
    Cow::Owned(shown)
}

/// Appends `text`, with escapes in the place of such characters.
pub(crate) fn push_harmless(to: &mut String, text: &str) {
    for character in text.chars() {
        if is_hostile(character) {
            to.extend(character.escape_default());
        } else {
            to.push(character);
        }
    }
}
