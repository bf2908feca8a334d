//! How long operations took.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Durations, each kept to within 1 %, in memory that does not grow with how many there are.
#[derive(Clone, Debug)]
pub(crate) struct Latency {
    nanos: Histogram<u64>,
    /// To the nanosecond.
    max: u64,
}

/// How many digits of a duration are kept.
const DIGITS: u8 = 2;

impl Latency {
    pub(crate) fn new() -> Self {
        #[expect(clippy::expect_used, reason = "a histogram takes up to five digits")]
        let nanos = Histogram::new(DIGITS).expect("two digits are a precision");
        Self { nanos, max: 0 }
    }

    pub(crate) fn add(&mut self, nanos: u64) {
        // Half the range is 292 years, and all that a histogram of its own size grows to.
        let recorded = self.nanos.record(nanos.min(u64::MAX >> 1));
        debug_assert!(recorded.is_ok(), "{recorded:?}");
        self.max = self.max.max(nanos);
    }

    pub(crate) fn absorb(&mut self, other: &Self) {
        // What was recorded in one histogram of this precision fits into any other.
        let added = self.nanos.add(&other.nanos);
        debug_assert!(added.is_ok(), "{added:?}");
        self.max = self.max.max(other.max);
    }

    pub(crate) fn count(&self) -> u64 {
        self.nanos.len()
    }

    /// The duration that this share of all, in percent, did not exceed; `None` where there are none.
    pub(crate) fn percentile(&self, percent: f64) -> Option<Duration> {
        let nanos = (self.count() > 0).then(|| self.nanos.value_at_percentile(percent))?;
        Some(Duration::from_nanos(nanos.min(self.max)))
    }

    /// How many were longer than that, as far as they are told apart.
    pub(crate) fn above(&self, duration: Duration) -> u64 {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.count() - self.nanos.count_between(0, nanos)
    }

    /// The longest.
    pub(crate) fn max(&self) -> Option<Duration> {
        (self.count() > 0).then(|| Duration::from_nanos(self.max))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_percentile_is_within_one_percent_however_the_durations_are_spread_over_threads(
            durations in prop::collection::vec((prop_oneof![0..2_000_u64, any::<u64>()], 0..3_usize), 1..200),
            percent in 0.1..100.0_f64,
        ) {
            let mut by_thread = [Latency::new(), Latency::new(), Latency::new()];
            for (nanos, thread) in &durations {
                by_thread[*thread].add(*nanos);
            }
            let [mut all, second, third] = by_thread;
            all.absorb(&second);
            all.absorb(&third);

            let mut sorted: Vec<_> = durations.iter().map(|(nanos, _)| *nanos).collect();
            sorted.sort_unstable();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a few")]
            let place = ((percent / 100.0 * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
            let exact = sorted[place - 1].min(u64::MAX >> 1);
            let told = u64::try_from(all.percentile(percent).unwrap().as_nanos()).unwrap();
            prop_assert!(told >= exact && told - exact <= exact / 100 + 1, "{told} for {exact}");
            prop_assert_eq!(all.max().unwrap(), Duration::from_nanos(*sorted.last().unwrap()));
        }
    }
}
