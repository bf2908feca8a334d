//! Measures the rate of events.

use std::time::{Duration, SystemTime};

/// How many seconds are remembered.
const SECONDS: u64 = 60;

/// The number of events in each of the last seconds.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    counts: [u32; SECONDS as usize],
    /// The latest second, since the epoch.
    latest: u64,
}

impl Rate {
    pub(super) const fn new() -> Self {
        Self { counts: [0; SECONDS as usize], latest: 0 }
    }

    /// Counts an event at `at`. A time in the future, from a clock that differs, counts as now. An event that is older than
    /// the remembered seconds is ignored.
    pub(super) fn count(&mut self, at: SystemTime, now: SystemTime) {
        let (at, now) = (second(at), second(now));
        let at = at.min(now);
        if now - at >= SECONDS {
            return;
        }
        let passed = now.saturating_sub(self.latest).min(SECONDS);
        for second in 0..passed {
            self.counts[((now - second) % SECONDS) as usize] = 0;
        }
        self.latest = self.latest.max(now);
        if self.latest - at < SECONDS {
            let count = &mut self.counts[(at % SECONDS) as usize];
            *count = count.saturating_add(1);
        }
    }

    /// Returns the number of events per second over the last `span`, which is at most a minute.
    pub(super) fn per_second(&self, span: Duration, now: SystemTime) -> f64 {
        let now = second(now).max(self.latest);
        let span = span.as_secs().clamp(1, SECONDS);
        let is_known = |second: &u64| *second <= self.latest && self.latest - *second < SECONDS;
        let seconds = (now.saturating_sub(span - 1)..=now).filter(is_known);
        let count: u64 =
            seconds.map(|second| u64::from(self.counts[(second % SECONDS) as usize])).sum();
        count as f64 / span as f64
    }
}

fn second(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    proptest! {
        #[test]
        fn a_rate_is_what_happened_within_the_span(
            steps in prop::collection::vec((0_u64..40, 0_u64..90), 0..60),
            later in 0_u64..100,
            span in 1_u64..=60,
        ) {
            let mut rate = Rate::new();
            let mut now = 1_000;
            let mut all = Vec::new();
            for (passed, ago) in steps {
                now += passed / 10;
                rate.count(at(now - ago), at(now));
                // An event that is a minute old when it arrives is ignored.
                all.extend(Some(now - ago).filter(|_| ago < 60));
            }
            now += later;
            let expected = all.iter().filter(|second| now - **second < span).count();
            let told = rate.per_second(Duration::from_secs(span), at(now));
            prop_assert!((told * span as f64 - expected as f64).abs() < 1e-6, "{told} {expected}");
        }
    }

    #[test]
    fn clocks_may_differ() {
        let mut rate = Rate::new();
        rate.count(at(500), at(100));
        rate.count(at(100), at(95));
        rate.count(SystemTime::UNIX_EPOCH - Duration::from_secs(9), at(100));
        assert!((rate.per_second(Duration::from_secs(10), at(100)) - 0.2).abs() < 1e-6);
    }
}
