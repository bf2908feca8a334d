//! What the tests of whole ways share: programs of other makers, folders of their own, and bounded waiting.
//!
//! The tests need programs that are not written in Rust; `.ci/install` brings them.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod account;
mod tools;

pub use account::{Account, Tally};
pub use tools::{python, tool};
