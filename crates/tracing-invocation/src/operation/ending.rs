//! How an operation ended, and what is known of it.

use std::hash::{DefaultHasher, Hasher as _};
use std::ops::Deref;
use std::sync::Arc;

use crate::convention::{error, payload};
use crate::error_class::Classes;
use crate::error_kind::Kind;
use crate::panic_note::Words;
use crate::payload::{Fragment, Rules, json, text};
use crate::record::{Level, Levels, Outcome, OwnLevels};

/// How an operation ended, and what is known of it. Small, for it is handed on a few times; each layer has a clone.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub(crate) how: How,
    /// How many items a stream gave.
    pub(crate) items: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) enum How {
    /// With the result as JSON, where it was asked for.
    Success(Option<Arc<Returned>>),
    Failed(Arc<Failure>, Report),
    /// With the error that stands for the cancellation, where one does.
    Cancelled(Option<Arc<Failure>>),
    /// With the reason, where there is one.
    Unknown(Option<&'static str>),
}

/// How much of a failure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// Everything, unless an inner operation has told it.
    Once,
    /// Everything.
    Full,
    /// That there was one.
    Suppressed,
}

/// What an operation returned.
#[derive(Clone, Debug)]
pub(crate) struct Returned {
    pub(crate) json: Vec<u8>,
    /// The settings by whose rules it was written, by their epoch.
    pub(crate) written_under: Option<u64>,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) message: Message,
    /// More members for the error's object: causes and details.
    pub(crate) more: Fragment,
    /// Where a panic began, as its fingerprint.
    pub(crate) location: Option<u64>,
    /// The texts of the causes below, the nearest first; `None` where the causes are not known.
    pub(crate) causes: Option<Vec<Message>>,
    /// Whether the message may be the error's `Debug` text.
    pub(crate) may_be_debug_text: bool,
    /// What it counts as.
    pub(crate) classes: Classes,
    /// The settings by whose rules its texts were written, by their epoch.
    pub(crate) written_under: Option<u64>,
}

/// A JSON text, quotes included, in memory that a thread uses again.
#[derive(Clone, Debug)]
pub(crate) struct Message(Fragment);

/// An ending that is to be recorded now.
pub(crate) struct Settled {
    pub(crate) ending: Ending,
    /// The inner operation that told it in full.
    pub(crate) reporter: Option<u64>,
}

impl Ending {
    pub(crate) const SUCCESS: Self = Self::new(How::Success(None));
    pub(crate) const CANCELLED: Self = Self::new(How::Cancelled(None));
    pub(crate) const UNKNOWN: Self = Self::new(How::Unknown(None));
    pub(crate) const PROCESS_EXIT: Self = Self::new(How::Unknown(Some(payload::PROCESS_EXIT)));

    pub(crate) const fn new(how: How) -> Self {
        Self { how, items: None }
    }

    /// It succeeded, and returned this, where that was asked for: JSON, written under the settings of this epoch.
    pub(crate) fn returned(json: Option<Vec<u8>>, written_under: Option<u64>) -> Self {
        Self::new(How::Success(json.map(|json| Arc::new(Returned { json, written_under }))))
    }

    pub(crate) fn failed(failure: Failure) -> Self {
        Self::new(How::Failed(Arc::new(failure), Report::Once))
    }

    /// A panic unwound through the operation.
    pub(crate) fn panicked(words: &Words, rules: &Rules) -> Self {
        let Rules { limits, redaction } = rules;
        let message = words.message.as_deref().unwrap_or(error::MESSAGE_PANIC);
        let mut failure = Failure::new(error::TYPE_PANIC, |to| {
            text::push_str(to, message, limits.message, redaction)
        });
        if let Some(location) = &words.location {
            failure.location = Some(fingerprint(location.as_bytes()));
            let key = format!("\"{}\":", error::LOCATION);
            failure.more.push(key.as_bytes(), |to| {
                text::push_str(to, location, limits.text, redaction);
            });
        }
        Self::failed(failure)
    }

    /// With its texts written again as a layer wants them that did not write them: what is secret to it is redacted.
    pub(crate) fn for_layer(mut self, rules: &Rules, epoch: u64) -> Self {
        match &mut self.how {
            How::Success(Some(value)) if value.written_under != Some(epoch) => {
                redact_json(&mut Arc::make_mut(value).json, rules);
            }
            How::Failed(failure, _) | How::Cancelled(Some(failure))
                if failure.written_under != Some(epoch) =>
            {
                let failure = Arc::make_mut(failure);
                failure.message = failure.message.redacted(rules);
                failure.more = failure.more.redacted(&rules.redaction);
                for cause in failure.causes.iter_mut().flatten() {
                    *cause = cause.redacted(rules);
                }
            }
            _ => {}
        }
        self
    }

    /// Whether it was dropped, and nothing more is known of why.
    pub(crate) const fn is_drop(&self) -> bool {
        matches!(self.how, How::Cancelled(None))
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self.how {
            How::Success(_) => Outcome::Success,
            How::Failed(..) => Outcome::Failed,
            How::Cancelled(_) => Outcome::Cancelled,
            How::Unknown(_) => Outcome::Unknown,
        }
    }
}

impl Settled {
    /// Whether the call did what it was called for, as far as is known.
    pub(crate) fn is_ordinary(&self) -> bool {
        matches!(self.ending.how, How::Success(_) | How::Unknown(_))
    }

    /// Whether less is told than is known.
    pub(crate) fn is_suppressed(&self) -> bool {
        self.reporter.is_some() || matches!(self.ending.how, How::Failed(_, Report::Suppressed))
    }

    /// Its level in a layer with these, where the operation has `own` ones.
    pub(crate) fn level(&self, layer: &Levels, own: Option<&OwnLevels>) -> Level {
        let of = |levels: &Levels| {
            if self.is_suppressed() { levels.suppressed } else { levels.of(self.ending.outcome()) }
        };
        own.map_or_else(|| of(layer), |own| of(&own.over(layer)))
    }
}

impl Failure {
    /// A failure whose message `push` appends as a JSON text.
    pub(crate) fn new(kind: impl Into<Kind>, push: impl FnOnce(&mut Vec<u8>)) -> Self {
        Self {
            kind: kind.into(),
            message: Message::new(push),
            more: Fragment::default(),
            location: None,
            causes: None,
            may_be_debug_text: false,
            classes: Classes::NONE,
            written_under: None,
        }
    }
}

impl Message {
    /// The text that `push` appends.
    pub(crate) fn new(push: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut message = Fragment::default();
        message.push(b"", push);
        Self(message)
    }

    fn redacted(&self, rules: &Rules) -> Self {
        let mut json = self.to_vec();
        redact_json(&mut json, rules);
        Self::new(|to| *to = json)
    }
}

impl Deref for Message {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn redact_json(json: &mut Vec<u8>, rules: &Rules) {
    if let Ok(mut value) = serde_json::from_slice(json) {
        rules.redaction.redact_value(&mut value);
        json.clear();
        json::push_value(json, &value);
    }
}

/// Returns a hash by which a text is recognised.
fn fingerprint(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text);
    hasher.finish()
}
