//! Aggregates durations.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Durations, in bounded memory. Up to [`FEW`] of them are exact. More are kept in a histogram, to within 1 %.
#[derive(Clone, Debug)]
pub(crate) struct Latency {
    /// All durations, until there are too many.
    few: Vec<u64>,
    /// All durations, once there are too many for `few`.
    many: Option<Box<Histogram<u64>>>,
    /// The longest duration, exact.
    max: u64,
}

/// The number of significant digits in the histogram.
const DIGITS: u8 = 2;

/// How many durations are kept exactly. A histogram takes tens of kilobytes, which is too much for each of many operations
/// that were called once.
const FEW: usize = 128;

/// The longest duration that a resizable histogram accepts: 292 years.
const MOST: u64 = u64::MAX >> 1;

impl Latency {
    pub(crate) const fn new() -> Self {
        Self { few: Vec::new(), many: None, max: 0 }
    }

    pub(crate) fn add(&mut self, nanos: u64) {
        self.max = self.max.max(nanos);
        let nanos = nanos.min(MOST);
        if self.many.is_none() && self.few.len() < FEW {
            self.few.push(nanos);
        } else {
            record(self.many(), nanos);
        }
    }

    pub(crate) fn absorb(&mut self, other: &Self) {
        other.few.iter().for_each(|nanos| self.add(*nanos));
        if let Some(many) = &other.many {
            // Cannot fail: both histograms have the same precision and resize on demand.
            let added = self.many().add(&**many);
            debug_assert!(added.is_ok(), "{added:?}");
        }
        self.max = self.max.max(other.max);
    }

    /// Returns the histogram. Creates it if needed, and moves the exact durations into it.
    fn many(&mut self) -> &mut Histogram<u64> {
        let few = std::mem::take(&mut self.few);
        let many = self.many.get_or_insert_with(|| {
            #[expect(clippy::expect_used, reason = "a histogram takes up to five digits")]
            Box::new(Histogram::new(DIGITS).expect("two digits are a precision"))
        });
        few.into_iter().for_each(|nanos| record(many, nanos));
        many
    }

    pub(crate) fn count(&self) -> u64 {
        self.few.len() as u64 + self.many.as_ref().map_or(0, |many| many.len())
    }

    /// Returns the duration that `percent` percent of all calls did not exceed; `None` if there are no durations.
    pub(crate) fn percentile(&self, percent: f64) -> Option<Duration> {
        let nanos = match &self.many {
            Some(many) => many.value_at_percentile(percent),
            None => {
                let mut sorted = self.few.clone();
                sorted.sort_unstable();
                *sorted.get(place(percent, sorted.len()))?
            }
        };
        Some(Duration::from_nanos(nanos.min(self.max)))
    }

    /// Returns how many durations are longer than this one, to the precision of the histogram.
    pub(crate) fn above(&self, duration: Duration) -> u64 {
        let limit = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        match &self.many {
            Some(many) => many.len() - many.count_between(0, limit),
            None => self.few.iter().filter(|nanos| **nanos > limit).count() as u64,
        }
    }

    /// Returns the longest duration.
    pub(crate) fn max(&self) -> Option<Duration> {
        (self.count() > 0).then(|| Duration::from_nanos(self.max))
    }
}

fn record(many: &mut Histogram<u64>, nanos: u64) {
    let recorded = many.record(nanos);
    debug_assert!(recorded.is_ok(), "{recorded:?}");
}

/// Returns the index of a percentile in a sorted list of this length.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the list is short"
)]
fn place(percent: f64, count: usize) -> usize {
    ((percent / 100.0 * count as f64).ceil() as usize).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn percentiles_are_within_one_percent_however_durations_are_spread_over_threads(
            durations in prop::collection::vec((prop_oneof![0..2_000_u64, any::<u64>()], 0..3_usize), 1..600),
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
            let measured = u64::try_from(all.percentile(percent).unwrap().as_nanos()).unwrap();
            prop_assert!(measured >= exact && measured - exact <= exact / 100 + 1, "{measured} for {exact}");
            prop_assert_eq!(all.max().unwrap(), Duration::from_nanos(*sorted.last().unwrap()));
        }
    }
}
