//! Stacks: noted where something happens, as addresses alone, and read elsewhere.
//!
//! Walking up a stack costs microseconds, and finding the first name hundreds of milliseconds. So the thread on which
//! something happens notes addresses ([`Stack`]), a thread of its own finds their names ([`symbols`]), and what they mean
//! is worked out from the names ([`why`], [`waits`]).

mod capture;
mod frames;
pub(crate) mod noting;
pub(crate) mod polling;
pub(crate) mod symbols;
mod waits;
mod waker;
mod walk;
mod why;

pub(crate) use capture::Stack;
pub(crate) use noting::Noting;
pub use waits::Awaiting;
pub(crate) use waits::waits;
pub(crate) use why::{Cause, Read, read};
