//! The addresses on a stack.

use super::walk::walk;

/// The addresses on a stack, the innermost first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stack(Box<[usize]>);

impl Stack {
    /// This stack, from here on.
    #[inline(never)]
    pub(crate) fn here() -> Self {
        let mut addresses = Vec::with_capacity(64);
        walk(|address, _| {
            addresses.push(address);
            true
        });
        Self(addresses.into_boxed_slice())
    }

    pub(super) fn new(addresses: impl Iterator<Item = usize>) -> Self {
        Self(addresses.collect())
    }

    pub(super) fn addresses(&self) -> &[usize] {
        &self.0
    }
}
