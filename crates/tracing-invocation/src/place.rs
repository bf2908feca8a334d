//! Where an operation stands: its ids, and their digits.

use crate::payload::json;

/// The ids of an operation, whose digits stand in each of its records: they are worked out once.
pub(crate) struct Place {
    trace_id: u128,
    span_id: u64,
    /// Those of the trace, then those of the operation; zeros until they are wanted.
    digits: Digits,
}

pub(crate) type Digits = [u8; 48];

impl Place {
    pub(crate) const fn new(trace_id: u128, span_id: u64) -> Self {
        Self { trace_id, span_id, digits: [0; 48] }
    }

    pub(crate) const fn trace_id(&self) -> u128 {
        self.trace_id
    }

    pub(crate) const fn span_id(&self) -> u64 {
        self.span_id
    }

    /// The hexadecimal digits of the trace's id and of the operation's.
    #[inline]
    pub(crate) fn digits(&mut self) -> &Digits {
        if self.digits[0] == 0 {
            self.digits[..16].copy_from_slice(&json::hex((self.trace_id >> 64) as u64));
            self.digits[16..32].copy_from_slice(&json::hex(self.trace_id as u64));
            self.digits[32..].copy_from_slice(&json::hex(self.span_id));
        }
        &self.digits
    }
}
