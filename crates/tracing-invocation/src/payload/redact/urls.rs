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
    let (mut at, mut run) = (0, None::<Run<'_>>);
    while let Some(found) = text[at..].find(BEFORE_AUTHORITY) {
        let start = at + found + BEFORE_AUTHORITY.len();
        at = start;
        let run = match &mut run {
            Some(run) if start <= run.end => run,
            other => other.insert(Run::new(text, start, whole)),
        };
        match run.userinfo(start) {
            Userinfo::None => {}
            Userinfo::Open => return Some(start),
            Userinfo::Ends(end) => at = end,
        }
        if at > start {
            secrets.push(start..at);
        }
    }
    None
}

/// What a URL has before its host.
#[derive(Clone, Copy)]
enum Userinfo {
    None,
    /// It ends here.
    Ends(usize),
    /// The text is cut before it is known.
    Open,
}

/// A part of a text without a character that ends a URL: one URL, or several without anything between them. What all of
/// them ask for is found once.
struct Run<'t> {
    text: &'t str,
    end: usize,
    /// Whether the text goes on in a way that is not known, behind its end and behind the run's.
    text_is_open: bool,
    is_open: bool,
    last_at: Option<usize>,
    /// What was found behind the end, up to a character that is in no password.
    beyond: Option<Userinfo>,
}

impl<'t> Run<'t> {
    fn new(text: &'t str, start: usize, whole: bool) -> Self {
        let length = text[start..].find(ends_url);
        let end = length.map_or(text.len(), |length| start + length);
        let last_at = text[start..end].rfind('@').map(|at| start + at);
        let (text_is_open, is_open) = (!whole, !whole && length.is_none());
        Self { text, end, text_is_open, is_open, last_at, beyond: None }
    }

    /// That of the URL whose authority begins at `start`.
    fn userinfo(&mut self, start: usize) -> Userinfo {
        let url = &self.text[start..self.end];
        let (authority, behind) = url.split_at(url.find(ends_authority).unwrap_or(url.len()));
        if behind.is_empty() && self.is_open {
            return Userinfo::Open;
        }
        if let Some(length) = authority.rfind('@') {
            // The last one, because a password may contain others.
            return Userinfo::Ends(start + length);
        }
        if has_password(authority) {
            return match self.last_at.filter(|&at| at >= start) {
                // Another `@` may follow.
                _ if self.is_open => Userinfo::Open,
                Some(at) => Userinfo::Ends(at),
                None => self.beyond(|c| matches!(c, ' ' | '"' | '<' | '>')),
            };
        }
        if behind.starts_with(['?', '#']) {
            return self.unescaped(start, authority, behind);
        }
        let next = self.text[self.end..].chars().next();
        let is_strange = next.is_some_and(|c| c == '`' || c == '\0' || !c.is_ascii());
        if behind.is_empty() && is_strange {
            let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '"' | '<' | '>' | '/');
            let found = self.beyond(ends);
            let end = if let Userinfo::Ends(end) = found { end } else { self.end };
            return if self.text[start..end].contains(':') { found } else { Userinfo::None };
        }
        Userinfo::None
    }

    /// The end of a userinfo whose password contains what should have ended the URL.
    fn beyond(&mut self, ends: impl Fn(char) -> bool) -> Userinfo {
        *self.beyond.get_or_insert_with(|| {
            let beyond = &self.text[self.end..];
            let length = beyond.find(ends);
            match beyond[..length.unwrap_or(beyond.len())].rfind('@') {
                _ if length.is_none() && self.text_is_open => Userinfo::Open,
                Some(at) => Userinfo::Ends(self.end + at),
                None => Userinfo::None,
            }
        })
    }

    /// A userinfo that contains a `?` or a `#`, with which a query or a fragment begins in other URLs.
    fn unescaped(&self, start: usize, authority: &str, behind: &str) -> Userinfo {
        let end = behind.find('/');
        let behind = &behind[..end.unwrap_or(behind.len())];
        let found = behind.rfind('@');
        let part = &behind[..found.unwrap_or(behind.len())];
        let may_be = authority.contains(':') || part.contains(':') || !self.is_of_web(start);
        match found {
            _ if part.contains(['=', '&']) || !may_be => Userinfo::None,
            _ if end.is_none() && self.is_open => Userinfo::Open,
            Some(at) => Userinfo::Ends(start + authority.len() + at),
            None => Userinfo::None,
        }
    }

    /// Whether the scheme of the URL whose authority begins at `start` is one that has queries and fragments.
    fn is_of_web(&self, start: usize) -> bool {
        let scheme = self.text.as_bytes()[..start].strip_suffix(BEFORE_AUTHORITY.as_bytes());
        let scheme = scheme.unwrap_or_default();
        ["http", "https", "ws", "wss", "ftp", "file"].iter().any(|web| {
            scheme[scheme.len().saturating_sub(web.len())..].eq_ignore_ascii_case(web.as_bytes())
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
