//! What stands before the host of a URL.
//!
//! All of it is secret, the user's name included: many a token is written in its place. Programs write passwords into URLs
//! without escaping them, so that a userinfo may contain what should have ended it.

use std::ops::Range;

/// What a URL's authority, its userinfo and host, stands behind.
const BEFORE_AUTHORITY: &str = "://";

/// Adds the userinfo of every URL in `text`. If that is not the `whole` text and ends where a userinfo may have
/// begun, the answer is where that is.
pub(super) fn find(text: &str, whole: bool, secrets: &mut Vec<Range<usize>>) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find(BEFORE_AUTHORITY) {
        let start = at + found + BEFORE_AUTHORITY.len();
        at = start;
        let url = Url { scheme: &text[..start], rest: &text[start..], is_open: !whole };
        match url.userinfo() {
            Userinfo::None => {}
            Userinfo::Open => return Some(start),
            Userinfo::Ends(length) => at += length,
        }
        if at > start {
            secrets.push(start..at);
        }
    }
    None
}

/// What a URL has before its host.
enum Userinfo {
    None,
    /// So many bytes.
    Ends(usize),
    /// The text is cut before it is known.
    Open,
}

/// A URL in a text.
struct Url<'t> {
    /// The text up to the authority.
    scheme: &'t str,
    /// The text from the authority on.
    rest: &'t str,
    /// Whether the text goes on behind its end.
    is_open: bool,
}

impl Url<'_> {
    fn userinfo(&self) -> Userinfo {
        let length = self.rest.find(ends_url);
        let is_open = self.is_open && length.is_none();
        let url = &self.rest[..length.unwrap_or(self.rest.len())];
        let (authority, behind) = url.split_at(url.find(ends_authority).unwrap_or(url.len()));
        if behind.is_empty() && is_open {
            return Userinfo::Open;
        }
        if let Some(length) = authority.rfind('@') {
            // The last one, because a password may contain others.
            return Userinfo::Ends(length);
        }
        if has_password(authority) {
            return match url.rfind('@') {
                Some(length) => Userinfo::Ends(length),
                None if is_open => Userinfo::Open,
                None => self.beyond(url.len(), |c| !matches!(c, ' ' | '"' | '<' | '>')),
            };
        }
        if behind.starts_with(['?', '#']) {
            return self.unescaped(authority, behind, is_open);
        }
        let next = self.rest[url.len()..].chars().next();
        let is_strange = next.is_some_and(|c| c == '`' || c == '\0' || !c.is_ascii());
        if behind.is_empty() && is_strange {
            let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '"' | '<' | '>' | '/');
            let found = self.beyond(url.len(), |c| !ends(c));
            let known = match found {
                Userinfo::Ends(length) => &self.rest[..length],
                Userinfo::Open | Userinfo::None => authority,
            };
            return if known.contains(':') { found } else { Userinfo::None };
        }
        Userinfo::None
    }

    /// The userinfo whose password contains what should have ended the URL, here after `length` bytes.
    fn beyond(&self, length: usize, goes_on: impl Fn(char) -> bool) -> Userinfo {
        let beyond = &self.rest[length..];
        let end = beyond.find(|c| !goes_on(c));
        match beyond[..end.unwrap_or(beyond.len())].rfind('@') {
            Some(at) => Userinfo::Ends(length + at),
            None if end.is_none() && self.is_open => Userinfo::Open,
            None => Userinfo::None,
        }
    }

    /// The userinfo that contains a `?` or a `#`, with which a query or a fragment begins in other URLs.
    fn unescaped(&self, authority: &str, behind: &str, is_open: bool) -> Userinfo {
        let end = behind.find('/');
        let behind = &behind[..end.unwrap_or(behind.len())];
        let found = behind.rfind('@');
        let part = &behind[..found.unwrap_or(behind.len())];
        let may_be = authority.contains(':') || part.contains(':') || !self.is_of_web();
        match found {
            _ if part.contains(['=', '&']) || !may_be => Userinfo::None,
            Some(at) => Userinfo::Ends(authority.len() + at),
            None if end.is_none() && is_open => Userinfo::Open,
            None => Userinfo::None,
        }
    }

    /// Whether the URL is of a scheme that has queries and fragments.
    fn is_of_web(&self) -> bool {
        let scheme = self.scheme.trim_end_matches(BEFORE_AUTHORITY);
        ["http", "https", "ws", "wss", "ftp", "file"].iter().any(|web| {
            let start = scheme.len().checked_sub(web.len());
            start
                .and_then(|start| scheme.get(start..))
                .is_some_and(|end| end.eq_ignore_ascii_case(web))
        })
    }
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
    matches!(c, '/' | '?' | '#')
}
