//! Decides whether a difference is statistically significant.

/// Beyond how many standard deviations a difference is told: 1 % of the differences that are chance are larger, to
/// either side.
const Z: f64 = 2.576;

/// So many of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) part: u64,
    pub(super) of: u64,
}

impl Share {
    /// From 0 to 1; 0 of nothing is 0.
    #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53")]
    pub(super) fn rate(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.part as f64 / self.of as f64 }
    }

    /// Returns `true` if two shares differ significantly, by a two-proportion z-test.
    #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53")]
    pub(super) fn differs_from(self, other: Self) -> bool {
        if self.of == 0 || other.of == 0 {
            return false;
        }
        let (mine, others) = (self.of as f64, other.of as f64);
        let pooled = (self.part as f64 + other.part as f64) / (mine + others);
        let deviation = (pooled * (1.0 - pooled) * (1.0 / mine + 1.0 / others)).sqrt();
        // Where all are so, or none, there is no difference to explain.
        deviation > 0.0 && (self.rate() - other.rate()).abs() / deviation > Z
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(part: u64, of: u64) -> Share {
        Share { part, of }
    }

    #[test]
    fn one_percent_of_chance_is_not_told() {
        // z is 2.56 of the first pair and 2.64 of the second.
        assert!(!share(50, 1_000).differs_from(share(78, 1_000)));
        assert!(share(50, 1_000).differs_from(share(79, 1_000)));
        assert!(!share(0, 3).differs_from(share(3, 3)));
        assert!(share(0, 4).differs_from(share(4, 4)));
    }

    #[test]
    fn what_is_the_same_or_of_nothing_does_not_differ() {
        for (one, other) in
            [((0, 0), (5, 5)), ((0, 9), (0, 9_000)), ((7, 7), (9, 9)), ((1, 2), (50, 100))]
        {
            assert!(!share(one.0, one.1).differs_from(share(other.0, other.1)));
            assert!(!share(other.0, other.1).differs_from(share(one.0, one.1)));
        }
    }
}
