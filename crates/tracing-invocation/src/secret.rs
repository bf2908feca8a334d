//! A value that nothing prints.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::convention::mark;

/// A value that is never shown: its `Debug`, `Display` and `Serialize` give [`mark::REDACTED`] and do not look at it.
///
/// What this crate writes is redacted by its keys. A `Secret` stays one under any key, inside any `Debug` text, and
/// to every other layer and logger.
///
/// ```
/// use tracing_invocation::{Secret, operation, testing};
///
/// #[derive(Debug)]
/// struct Login {
///     user: &'static str,
///     pin: Secret<u16>,
/// }
///
/// #[operation(args(login = ?login))]
/// fn sign_in(login: &Login) -> bool {
///     *login.pin.expose() == 2048
/// }
///
/// let log = testing::capture();
/// sign_in(&Login { user: "ann", pin: Secret::from(2048) });
///
/// assert!(log.to_string().contains("Login { user: \\\"ann\\\", pin: <redacted> }"));
/// ```
///
/// It hides a value from logs and from nothing else. `Serialize` writes the mark whoever asks, so what has to be sent
/// is [exposed](Self::expose) first. The memory is not zeroed, and `==` takes no constant time: where that matters, put
/// a type inside that sees to it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// The value itself.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, no longer a secret.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(mark::REDACTED)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(mark::REDACTED)
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(mark::REDACTED)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}
