//! What `#[operation]` expands to. Not public API: nothing here is stable.
//!
//! A macro sees tokens, not types. What depends on a type is therefore found by method resolution: the same method
//! stands on several traits, implemented for fewer and fewer references to a [`Probe`], and the compiler takes the
//! first whose bounds hold.

#![allow(missing_docs, reason = "not public API")]

pub mod error;
pub mod output;
mod run;
pub mod value;

pub use crate::record::OwnLevels;
pub use crate::settle::handover::Number;
pub use run::{
    call, call_judge, number, resolves_to, run, run_open, settle_later, success, watch, watch_open,
};
pub use tracing;

/// A borrowed value whose type is to be found out.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);
