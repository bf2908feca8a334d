//! Defines the exit codes of the program, which follow `grep` and `diff`.

/// Something was read, and an answer was printed.
pub(crate) const ANSWERED: u8 = 0;
/// Something was read, and the command found what it looks for: a problem, a change for the worse.
pub(crate) const FOUND: u8 = 1;
/// There is no answer, or a part of the input could not be read.
pub(crate) const TROUBLE: u8 = 2;
