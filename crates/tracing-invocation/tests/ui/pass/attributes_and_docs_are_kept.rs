#![deny(warnings)]

#![deny(missing_docs, unused_must_use)]
//! Attributes and documentation.

use tracing_invocation::operation;

/// Adds.
#[operation(result)]
#[must_use]
#[inline]
#[allow(clippy::must_use_candidate, reason = "the answer is what this is about")]
pub fn add(left: u32, right: u32) -> u32 {
    left + right
}

/// Is not called any more.
#[deprecated]
#[operation]
pub fn old() {}

/// Allows inside what it denies outside.
#[operation]
pub fn lenient() {
    #![allow(unused_variables)]
    let unused = 1;
}

#[operation]
#[cfg(not(test))]
#[expect(non_snake_case)]
fn neverCalled(#[allow(unused_variables)] argument: u32, #[cfg(test)] other: Missing) {}

fn main() {
    let _ = add(1, 2);
    #[expect(deprecated)]
    old();
    lenient();
}
