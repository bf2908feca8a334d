//! Secrets, and what stands in their place.
//!
//! A secret is told by the key that its value stands under, by a text beside it that names it, by its form or its place in
//! a text, or by a pattern of the program's own. A value under a secret key is not looked at. In a text, secrets are found
//! before the text is cut, and a cut that leaves open whether something is secret moves back to where that something
//! begins.

mod keys;
mod named;
mod texts;
mod urls;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use regex_lite::Regex;
use serde_json::Value;

use self::keys::Keys;
pub(super) use self::named::{LONGEST_NAME, Named};
use super::json;
use super::words;
use crate::convention::mark;

/// How many characters beyond the cut of a text are looked at for what a pattern matches.
const LOOKAHEAD: usize = 1_000;

/// What is secret, and how often something was. Clones share the count.
///
/// [`Redaction::standard`] is in force unless settings say otherwise.
///
/// ```
/// use tracing_invocation::{Redaction, Settings};
///
/// let redaction = Redaction::standard()
///     .with_key("iban")
///     .without_key("page_token")
///     .with_pattern(r"\b\d{4}-\d{4}-\d{4}-\d{4}\b")?;
/// let settings = Settings::default().with_redaction(redaction.clone());
///
/// assert_eq!(redaction.redacted(), 0);
/// # drop(settings);
/// # Ok::<(), tracing_invocation::InvalidRedaction>(())
/// ```
#[derive(Clone)]
pub struct Redaction(Arc<Inner>);

struct Inner {
    /// The same for two that take the same keys for secret.
    keys_id: u32,
    keys: Keys,
    urls: bool,
    /// Whether secrets are looked for in texts by their forms.
    texts: bool,
    patterns: Vec<Regex>,
    redacted: AtomicU64,
}

impl Redaction {
    const STANDARD_KEYS: u32 = 1;
    const NO_KEYS: u32 = 2;

    /// The values under the keys that [`convention::secret`](crate::convention::secret) describes, whatever stands before
    /// the host of a URL, and the secrets that a text shows by their form, as in `password=..` or `Bearer ..`.
    #[must_use]
    pub fn standard() -> Self {
        Self::new(Self::STANDARD_KEYS, Keys::standard(), true)
    }

    fn new(keys_id: u32, keys: Keys, in_texts: bool) -> Self {
        let (patterns, redacted) = (Vec::new(), AtomicU64::new(0));
        let (urls, texts) = (in_texts, in_texts);
        Self(Arc::new(Inner { keys_id, keys, urls, texts, patterns, redacted }))
    }

    /// Whether a value under this key is secret.
    #[must_use]
    pub(crate) fn is_secret_key(&self, key: &str) -> bool {
        self.0.keys.has(key)
    }

    /// Whether this text says that the value beside it is secret.
    pub(super) fn names_secret(&self, text: &str) -> bool {
        Named::is_secret(&self.0.keys, text)
    }

    /// The text without what is secret in it.
    #[must_use]
    pub(crate) fn redact_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.shown(text, text.len(), true)
    }

    /// Leaves out what is secret in a value, at any depth.
    pub(crate) fn redact_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(redacted) = self.redact_text(text) {
                    *text = redacted;
                }
            }
            Value::Array(elements) => {
                let is_pair = elements.len() == 2;
                let mut is_secret = false;
                for element in elements {
                    let names = element.as_str().is_some_and(|text| {
                        (is_pair || text.starts_with('-')) && self.names_secret(text)
                    });
                    self.redact_or_mark(element, is_secret);
                    is_secret = names && !is_secret;
                }
            }
            Value::Object(members) => {
                let is_named = Named::names_secret(&self.0.keys, members);
                for (key, member) in members {
                    let is_held = is_named && Named::by(key).holds;
                    self.redact_or_mark(member, is_held || self.is_secret_key(key));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn redact_or_mark(&self, value: &mut Value, is_secret: bool) {
        if !is_secret {
            self.redact_value(value);
        } else if value.as_str() != Some(mark::REDACTED) {
            *value = mark::REDACTED.into();
            self.count(1);
        }
    }

    /// Appends what stands in the place of a value under a secret key.
    pub(crate) fn push_mark(&self, to: &mut Vec<u8>) {
        json::push_string(to, mark::REDACTED);
        self.count(1);
    }

    /// What two that take the same keys for secret agree in; never zero.
    pub(crate) fn keys_id(&self) -> u32 {
        self.0.keys_id
    }

    /// Whether both are clones of one.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How many characters beyond the cut of a text it takes to know what is secret before it.
    pub(super) fn lookahead(&self) -> usize {
        if self.has_patterns() { LOOKAHEAD } else { 0 }
    }

    /// Whether a text may have a secret in it that is no part of a URL.
    pub(super) fn has_patterns(&self) -> bool {
        !self.0.patterns.is_empty()
    }

    /// What of the first `end` bytes of `text` is shown. If `text` is not the `whole` text, it goes on in a way that
    /// is not known.
    pub(super) fn shown<'t>(&self, text: &'t str, end: usize, whole: bool) -> Cow<'t, str> {
        let (mut is_searched, mut has_url) = (false, false);
        if self.0.urls || self.0.texts {
            for sign in words::signs(text.as_bytes()) {
                is_searched = true;
                has_url |= text.as_bytes()[sign..].starts_with(b"://");
            }
        }
        if !is_searched && !self.has_patterns() {
            return text[..end].into();
        }
        let (mut secrets, mut end) = (Vec::new(), end);
        if has_url && self.0.urls {
            let open = urls::find(text, whole, &mut secrets);
            end = open.map_or(end, |open| open.min(end));
        }
        if is_searched && self.0.texts {
            texts::find(&self.0.keys, text, whole, &mut secrets);
        }
        for pattern in &self.0.patterns {
            let found = pattern.find_iter(text).map(|found| found.range());
            secrets.extend(found.filter(|range| !range.is_empty()));
        }
        self.without(&mut secrets, &text[..end])
    }

    /// The text without these parts of it, which may overlap and reach beyond it.
    fn without<'t>(&self, secrets: &mut [Range<usize>], text: &'t str) -> Cow<'t, str> {
        secrets.sort_unstable_by_key(|secret| secret.start);
        let mut shown = String::new();
        let (mut from, mut count) = (0, 0);
        for secret in secrets.iter().filter(|secret| secret.start < text.len()) {
            if secret.start >= from {
                shown.push_str(&text[from..secret.start]);
                shown.push_str(mark::REDACTED);
                count += 1;
            }
            from = from.max(secret.end);
        }
        if count == 0 {
            return text.into();
        }
        self.count(count);
        shown.push_str(text.get(from..).unwrap_or_default());
        shown.into()
    }

    fn count(&self, more: u64) {
        self.0.redacted.fetch_add(more, Ordering::Relaxed);
    }
}

impl Redaction {
    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Self::NO_KEYS, Keys::default(), false)
    }

    /// And the values under this key, wherever it stands in a longer one with no harmless word behind it: see
    /// [`convention::secret`](crate::convention::secret). Its case, and what separates its words, do not matter.
    #[must_use]
    pub fn with_key(self, name: &str) -> Self {
        self.changed(|inner| inner.change_keys(name, true))
    }

    /// But not the values under this key. Of the names that stand at one place of a key, the longest decides: without
    /// `page_token`, other tokens stay secret.
    #[must_use]
    pub fn without_key(self, name: &str) -> Self {
        self.changed(|inner| inner.change_keys(name, false))
    }

    /// But not the secrets that a text shows by their form, as in `password=..` or `Bearer ..`: a text is searched for the
    /// userinfo of URLs and for patterns alone.
    #[must_use]
    pub fn without_text_forms(self) -> Self {
        self.changed(|inner| inner.texts = false)
    }

    /// And whatever this pattern matches in a text, in the syntax of [`regex_lite`].
    ///
    /// It is shown a text up to 1,000 characters beyond the text's cut, so that a secret the cut would fall into is
    /// recognised.
    ///
    /// # Errors
    ///
    /// Where it is not of that syntax.
    pub fn with_pattern(self, pattern: &str) -> Result<Self, InvalidRedaction> {
        let compiled = Regex::new(pattern).map_err(|error| InvalidRedaction {
            pattern: pattern.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(self.changed(|inner| inner.patterns.push(compiled)))
    }

    /// How often something was redacted, by this and its clones.
    #[must_use]
    pub fn redacted(&self) -> u64 {
        self.0.redacted.load(Ordering::Relaxed)
    }

    fn changed(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner {
            keys_id: self.0.keys_id,
            keys: self.0.keys.clone(),
            urls: self.0.urls,
            texts: self.0.texts,
            patterns: self.0.patterns.clone(),
            redacted: AtomicU64::new(0),
        };
        change(&mut inner);
        Self(Arc::new(inner))
    }
}

impl Inner {
    fn change_keys(&mut self, name: &str, secret: bool) {
        static CHANGES: AtomicU32 = AtomicU32::new(Redaction::NO_KEYS + 1);
        self.keys.set(name, secret);
        self.keys_id = CHANGES.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("keys", &self.0.keys)
            .field("urls", &self.0.urls)
            .field("texts", &self.0.texts)
            .field("patterns", &self.0.patterns)
            .field("redacted", &self.0.redacted)
            .finish()
    }
}

/// A pattern that is not of the syntax of [`regex_lite`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRedaction {
    pattern: String,
    reason: String,
}

impl InvalidRedaction {
    /// The pattern at fault.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl fmt::Display for InvalidRedaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a pattern: {}", self.pattern, self.reason)
    }
}

impl std::error::Error for InvalidRedaction {}

#[cfg(test)]
mod tests;
