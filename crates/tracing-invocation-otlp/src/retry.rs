//! Trying again.

use std::time::Duration;

/// How often, and for how long, records are sent again that could not be sent, or that a collector did not take for
/// the time being.
///
/// A pause comes after each attempt: twice as long as the one before, less up to a half at random so that many
/// programs do not come back at once; and as long as the collector asks for, where that is longer, up to an hour.
/// Nothing is sent again once the budget is spent; the last attempt may still take its
/// [timeout](crate::Exporter::with_timeout). Where the collector asks for more time than is left of the budget, records
/// are lost at once, and so are those that come until the rest is short enough.
///
/// An answer that says that the records will not be taken is final: HTTP's 400, gRPC's `INVALID_ARGUMENT`, and all
/// that OTLP does not name as temporary.
///
/// ```
/// use std::time::Duration;
/// use tracing_invocation_otlp::Retry;
///
/// let patient = Retry::new().with_budget(Duration::from_secs(600));
/// assert_eq!(Retry::new().budget(), Duration::from_secs(60));
/// # assert_eq!(patient.budget(), Duration::from_secs(600));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Retry {
    budget: Duration,
    first_pause: Duration,
    longest_pause: Duration,
}

impl Retry {
    /// For one minute, with pauses of 250 ms at first and 10 s at the longest.
    pub const fn new() -> Self {
        Self {
            budget: Duration::from_secs(60),
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(10),
        }
    }

    /// Never: what cannot be sent at once is lost.
    pub const fn never() -> Self {
        Self { budget: Duration::ZERO, ..Self::new() }
    }

    /// For how long after the first attempt a batch may be sent again. Meanwhile others wait in the queue.
    pub const fn with_budget(self, budget: Duration) -> Self {
        Self { budget, ..self }
    }

    /// How long the pauses are: at first, and at the longest.
    pub const fn with_pauses(self, first: Duration, longest: Duration) -> Self {
        Self { first_pause: first, longest_pause: longest, ..self }
    }

    /// For how long a batch is sent again.
    #[must_use]
    pub const fn budget(&self) -> Duration {
        self.budget
    }

    /// The pauses, one after the other.
    pub(crate) fn pauses(&self) -> Pauses {
        let first = self.first_pause.max(SHORTEST);
        Pauses { first, next: first, longest: self.longest_pause.max(first) }
    }
}

/// Less is no pause.
const SHORTEST: Duration = Duration::from_millis(1);

impl Default for Retry {
    fn default() -> Self {
        Self::new()
    }
}

/// How long to wait, each time for longer.
#[derive(Debug)]
pub(crate) struct Pauses {
    first: Duration,
    next: Duration,
    longest: Duration,
}

impl Pauses {
    /// A pause while nobody waits.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next.min(self.longest);
        self.next = pause.saturating_mul(2);
        shortened(pause)
    }

    /// A pause while somebody waits.
    pub(crate) fn first(&self) -> Duration {
        shortened(self.first)
    }
}

fn shortened(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_shortened_by_half_at_the_most() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_millis(450));
        let mut pauses = Retry::new().with_pauses(first, longest).pauses();
        for expected in [100, 200, 400, 450, 450] {
            let pause = pauses.next().as_micros();
            assert!((expected * 500..=expected * 1_000).contains(&pause), "{pause} of {expected}");
        }
        let mut wrong = Retry::new().with_pauses(longest, first).pauses();
        assert!(wrong.next() >= longest / 2);
        assert!(
            Retry::new().with_pauses(Duration::ZERO, Duration::ZERO).pauses().next()
                > Duration::ZERO
        );
    }
}
