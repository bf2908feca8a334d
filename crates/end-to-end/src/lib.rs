//! What the tests of whole ways share: programs of other makers, processes that end with their test, the configurations
//! of the guides, and bounded waiting.
//!
//! The tests need programs that are not written in Rust; `.ci/install` brings them.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod account;
mod child;
mod guide;
mod patience;
mod reader;
mod receiver;
mod tools;

pub use account::{Account, Tally};
pub use child::Child;
pub use guide::{fenced, guide, guide_path};
pub use patience::within;
pub use reader::invocations;
pub use receiver::{Away, Receiver};
pub use tools::{node, npm, python, tool};
