//! What time it is, once per record.

use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime};

/// One reading: when it is on the wall, and on the clock that durations come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Microseconds since the Unix epoch.
    pub(crate) wall_micros: u64,
    /// Nanoseconds of a clock that never goes back.
    pub(crate) monotonic_ns: u64,
}

/// Where moments come from.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    System,
    /// Nanoseconds since the start, and how far each reading moves it.
    Stepped {
        elapsed: Arc<AtomicU64>,
        start: SystemTime,
        step: Duration,
    },
}

impl Clock {
    /// Nanoseconds of the clock that durations come from, for what is no record: it does not move a stepped clock.
    pub(crate) fn monotonic_ns(&self) -> u64 {
        match self {
            Self::System => monotonic_now(),
            Self::Stepped { elapsed, .. } => elapsed.load(Ordering::Relaxed),
        }
    }

    #[inline]
    pub(crate) fn now(&self) -> Moment {
        match self {
            Self::System => system_now(),
            Self::Stepped { elapsed, start, step } => {
                let elapsed = elapsed.fetch_add(nanos(*step), Ordering::Relaxed);
                Moment {
                    wall_micros: micros_since_epoch(*start) + elapsed / 1_000,
                    monotonic_ns: elapsed,
                }
            }
        }
    }
}

/// One reading of the monotonic clock. The wall's time follows from it for ten milliseconds, then is read anew,
/// so that a busy thread reads one clock per record and a step of the wall clock is seen almost at once.
#[inline]
fn system_now() -> Moment {
    const ANCHOR_NS: u64 = 10_000_000;
    /// As far from every reading as can be.
    const NEVER: Moment = Moment { wall_micros: 0, monotonic_ns: 1 << 63 };
    thread_local! {
        static ANCHOR: Cell<Moment> = const { Cell::new(NEVER) };
    }

    let monotonic_ns = monotonic_now();
    let anchor = ANCHOR.get();
    let since = monotonic_ns.wrapping_sub(anchor.monotonic_ns);
    if since < ANCHOR_NS {
        return Moment { wall_micros: anchor.wall_micros + since / 1_000, monotonic_ns };
    }
    let now = Moment { wall_micros: micros_since_epoch(SystemTime::now()), monotonic_ns };
    ANCHOR.set(now);
    now
}

#[inline]
fn monotonic_now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let elapsed = START.elapsed();
    elapsed.as_secs().wrapping_mul(1_000_000_000).wrapping_add(elapsed.subsec_nanos().into())
}

/// As many nanoseconds as fit.
pub(crate) fn nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos().into())
}

/// What the clock of the records would say; zero before 1970.
pub(crate) fn micros_since_epoch(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// A moment as RFC 3339 in UTC, to the microsecond, without its `Z`.
pub(crate) type Timestamp = [u8; 26];

const EPOCH: Timestamp = *b"1970-01-01T00:00:00.000000";

/// This moment in words.
#[inline(always)]
pub(crate) fn timestamp(wall_micros: u64) -> Timestamp {
    thread_local! {
        /// The first moment of a second: put in words once a second.
        static LAST: Cell<(u64, Timestamp)> = const { Cell::new((0, EPOCH)) };
    }

    let (second, micros) = (wall_micros / 1_000_000, (wall_micros % 1_000_000) as u32);
    let (known, mut text) = LAST.get();
    if known != second {
        text[..19].copy_from_slice(&format_second(second));
        LAST.set((second, text));
    }
    text[20..22].copy_from_slice(&PAIRS[(micros / 10_000) as usize]);
    text[22..24].copy_from_slice(&PAIRS[(micros / 100 % 100) as usize]);
    text[24..].copy_from_slice(&PAIRS[(micros % 100) as usize]);
    text
}

/// Appends a moment as RFC 3339 in UTC, to the microsecond, `Z` included.
pub(crate) fn push_timestamp(to: &mut Vec<u8>, wall_micros: u64) {
    to.extend_from_slice(&timestamp(wall_micros));
    to.push(b'Z');
}

/// The two digits of every number below one hundred.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        number += 1;
    }
    pairs
};

fn format_second(second: u64) -> [u8; 19] {
    // The last second that four digits of year can say: 9999-12-31T23:59:59Z.
    const LAST: u64 = 253_402_300_799;
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second.min(LAST));
    let mut text = String::with_capacity(20);
    let written = write!(text, "{}", humantime::format_rfc3339_seconds(time));
    match (written, text.as_bytes().first_chunk()) {
        (Ok(()), Some(second)) => *second,
        _ => *b"1970-01-01T00:00:00",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn timestamps_read_back(wall_micros in 0..=253_402_300_799_999_999_u64) {
            let mut text = Vec::new();
            push_timestamp(&mut text, wall_micros);
            let text = String::from_utf8(text).unwrap();
            let read = humantime::parse_rfc3339(&text).unwrap();
            prop_assert_eq!(micros_since_epoch(read), wall_micros);
            prop_assert_eq!(text.len(), "2026-11-22T08:00:00.123456Z".len());
        }
    }

    #[test]
    fn a_time_beyond_four_digits_of_year_is_the_last_one() {
        let mut text = Vec::new();
        push_timestamp(&mut text, u64::MAX);
        assert!(text.starts_with(b"9999-12-31T23:59:59"));
    }
}
