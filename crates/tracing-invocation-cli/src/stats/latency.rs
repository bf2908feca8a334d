//! How long operations took.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Durations: a few as they are, and more of them to within 1 %, in memory that does not grow with how many there are.
#[derive(Clone, Debug)]
pub(crate) struct Latency {
    /// All of them, until there are many.
    few: Vec<u64>,
    /// All of them, once there are many.
    many: Option<Box<Histogram<u64>>>,
    /// To the nanosecond.
    max: u64,
}

/// How many digits of a duration are kept.
const DIGITS: u8 = 2;

/// How many durations are kept as they are. A histogram takes tens of thousands of bytes, which is too much for each of many
/// names that were called once.
const FEW: usize = 128;

/// Half the range is 292 years, and all that a histogram of its own size grows to.
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
            // What was recorded in one histogram of this precision fits into any other.
            let added = self.many().add(&**many);
            debug_assert!(added.is_ok(), "{added:?}");
        }
        self.max = self.max.max(other.max);
    }

    /// The histogram, into which goes what there was of a few.
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

    /// The duration that this share of all, in percent, did not exceed; `None` where there are none.
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

    /// How many were longer than that, as far as they are told apart.
    pub(crate) fn above(&self, duration: Duration) -> u64 {
        let limit = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        match &self.many {
            Some(many) => many.len() - many.count_between(0, limit),
            None => self.few.iter().filter(|nanos| **nanos > limit).count() as u64,
        }
    }

    /// The longest.
    pub(crate) fn max(&self) -> Option<Duration> {
        (self.count() > 0).then(|| Duration::from_nanos(self.max))
    }
}

fn record(many: &mut Histogram<u64>, nanos: u64) {
    let recorded = many.record(nanos);
    debug_assert!(recorded.is_ok(), "{recorded:?}");
}

/// Where among so many, the shortest first, the one stands that this share of all, in percent, did not exceed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "they are few"
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
        fn a_percentile_is_within_one_percent_however_the_durations_are_spread_over_threads(
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
            let told = u64::try_from(all.percentile(percent).unwrap().as_nanos()).unwrap();
            prop_assert!(told >= exact && told - exact <= exact / 100 + 1, "{told} for {exact}");
            prop_assert_eq!(all.max().unwrap(), Duration::from_nanos(*sorted.last().unwrap()));
        }
    }
}
