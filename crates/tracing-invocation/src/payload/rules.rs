//! What values are written by.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::{Limits, Redaction};

/// How much of a value is written, and what is kept secret.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) limits: Limits,
    pub(crate) redaction: Redaction,
}

impl Rules {
    /// The rules of the whole process: what no layer has a say in is written by them.
    pub(crate) fn standard() -> &'static Self {
        static STANDARD: LazyLock<Rules> =
            LazyLock::new(|| Rules { limits: Limits::DEFAULT, redaction: Redaction::standard() });
        &STANDARD
    }

    /// With texts as long as an error's message may be.
    pub(crate) fn for_messages(&self) -> Self {
        let limits = Limits { text: self.limits.message, ..self.limits };
        Self { limits, ..self.clone() }
    }

    /// With texts as long as a name, a namespace or an entity id may be.
    pub(crate) fn for_identity(&self) -> Cow<'_, Self> {
        if self.limits.text == Limits::IDENTITY {
            return Cow::Borrowed(self);
        }
        let limits = Limits { text: Limits::IDENTITY, ..self.limits };
        Cow::Owned(Self { limits, ..self.clone() })
    }

    /// With values whole, however large.
    pub(crate) fn lifted(&self) -> Self {
        Self { limits: self.limits.lifted(), ..self.clone() }
    }

    /// With as much of values as the program itself may see of them: what a record cannot hold is left out.
    pub(crate) fn uncut(&self) -> Self {
        let text = self.limits.text.max(self.limits.record);
        let items = self.limits.items.max(self.limits.record);
        let limits = Limits { text, items, depth: Limits::MAX_DEPTH, ..self.limits };
        Self { limits, ..self.clone() }
    }

    /// The same without redaction, for what was redacted already.
    pub(crate) fn of_redacted(&self) -> Self {
        Self { limits: self.limits, redaction: Redaction::none() }
    }

    /// Whether both write every value alike, as far as is quickly known.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.limits == other.limits && self.redaction.is_same(&other.redaction)
    }
}
