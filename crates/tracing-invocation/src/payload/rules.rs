//! What values are written by.

use std::sync::LazyLock;

use super::Limits;

/// How much of a value is written.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) limits: Limits,
}

impl Rules {
    /// The rules of the whole process: what no layer has a say in is written by them.
    pub(crate) fn standard() -> &'static Self {
        static STANDARD: LazyLock<Rules> = LazyLock::new(|| Rules { limits: Limits::DEFAULT });
        &STANDARD
    }

    /// With texts as long as an error's message may be.
    pub(crate) fn for_messages(&self) -> Self {
        let limits = Limits { text: self.limits.message, ..self.limits };
        Self { limits }
    }

    /// With values whole, however large.
    pub(crate) fn lifted(&self) -> Self {
        Self { limits: self.limits.lifted() }
    }

    /// Whether both write every value alike, as far as is quickly known.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.limits == other.limits
    }
}
