//! Identifiers of W3C Trace Context width.

use std::fmt;
use std::marker::PhantomData;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $number:ty, $inner:ty, $digits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($inner);

        impl $name {
            /// The id with this number, or `None` for zero, which W3C Trace Context calls invalid.
            #[must_use]
            pub const fn new(number: $number) -> Option<Self> {
                match <$inner>::new(number) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// The id with this number, and for zero the one after it.
            pub(crate) const fn of(number: $number) -> Self {
                match <$inner>::new(number) {
                    Some(number) => Self(number),
                    None => Self(<$inner>::MIN),
                }
            }

            /// The id as a number.
            #[must_use]
            pub const fn get(self) -> $number {
                self.0.get()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{:0", $digits, "x}"), self.get())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let error = InvalidId { digits: $digits };
                let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                if text.len() != $digits || !text.bytes().all(lower_hex) {
                    return Err(error);
                }
                let number = <$number>::from_str_radix(text, 16).map_err(|_| error)?;
                Self::new(number).ok_or(error)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_str(Parsed(PhantomData))
            }
        }
    };
}

id! {
    /// The id of a tree of operations: 32 lowercase hexadecimal digits, never all zero.
    ///
    /// ```
    /// use tracing_invocation::TraceId;
    ///
    /// let id: TraceId = "4bf92f3577b34da6a3ce929d0e0e4736".parse()?;
    /// assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    /// assert!("4BF9".parse::<TraceId>().is_err());
    /// # Ok::<(), tracing_invocation::InvalidId>(())
    /// ```
    TraceId, u128, NonZeroU128, 32
}

id! {
    /// The id of one operation: 16 lowercase hexadecimal digits, never all zero.
    SpanId, u64, NonZeroU64, 16
}

/// Reads an id where its text stands, without a copy.
struct Parsed<T>(PhantomData<T>);

impl<T: FromStr<Err = InvalidId>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id in hexadecimal digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// A text that is not an id of W3C Trace Context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId {
    digits: usize,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an id is {} lowercase hexadecimal digits that are not all zero", self.digits)
    }
}

impl std::error::Error for InvalidId {}
