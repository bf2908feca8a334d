//! What stands before the host of a URL.
//!
//! All of it is secret, the user's name included: many a token is written in its place.

use std::ops::Range;

use super::super::words::{self, Word};

/// What a URL's authority, its userinfo and host, stands behind.
pub(super) const BEFORE_AUTHORITY: &str = "://";

/// Whether there may be a URL in `text`. Most texts have not even a colon.
pub(super) fn may_be_in(text: &str) -> bool {
    let known = words::start(text.as_bytes(), Word::has_no_colon);
    known < text.len() && text.contains(BEFORE_AUTHORITY)
}

/// Adds the userinfo of every URL in `text`. If that is not the `whole` text and ends where a userinfo may have
/// begun, the answer is where that is.
pub(super) fn find(text: &str, whole: bool, secrets: &mut Vec<Range<usize>>) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find(BEFORE_AUTHORITY) {
        let start = at + found;
        let (end, is_open) = match text[start..].find(ends_url) {
            Some(length) => (start + length, false),
            None => (text.len(), !whole),
        };
        let open = find_before(&text[..end], start, is_open, secrets);
        if open.is_some() {
            return open;
        }
        at = end;
    }
    None
}

/// Does so for what is at the end of `text` from `at` on: a URL, maybe with others inside it.
fn find_before(
    text: &str,
    mut at: usize,
    is_open: bool,
    secrets: &mut Vec<Range<usize>>,
) -> Option<usize> {
    let last = text.rfind('@');
    while let Some(found) = text[at..].find(BEFORE_AUTHORITY) {
        let start = at + found + BEFORE_AUTHORITY.len();
        let (authority, is_open_authority) = match text[start..].find(ends_authority) {
            Some(length) => (&text[start..start + length], false),
            None => (&text[start..], is_open),
        };
        // Neither a host nor a port is like that: a password in which a `/` was not escaped.
        let goes_on = || has_password(authority);
        at = start;
        if is_open_authority {
            return Some(start);
        } else if let Some(length) = authority.rfind('@') {
            // The last one, because a password may contain others.
            at = start + length;
        } else if goes_on() && is_open {
            return Some(start);
        } else if let Some(last) = last.filter(|&last| last > start && goes_on()) {
            at = last;
        }
        if at > start {
            secrets.push(start..at);
        }
    }
    None
}

/// Whether what follows the first colon is no port.
fn has_password(authority: &str) -> bool {
    !authority.starts_with('[')
        && authority
            .split_once(':')
            .is_some_and(|(_, port)| port.bytes().any(|b| !b.is_ascii_digit()))
}

fn ends_url(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '`')
}

fn ends_authority(c: char) -> bool {
    matches!(c, '/' | '\\' | '?' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_url_is_overlooked(text in "([a-z:/é]{0,9}(://)?){0,3}") {
            prop_assert_eq!(may_be_in(&text), text.contains(BEFORE_AUTHORITY));
        }
    }
}
