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
fn system_now() -> Moment {
    const ANCHOR_NS: u64 = 10_000_000;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    thread_local! {
        static ANCHOR: Cell<Option<Moment>> = const { Cell::new(None) };
    }

    let monotonic_ns = nanos(START.elapsed());
    if let Some(anchor) = ANCHOR.get()
        && let since = monotonic_ns.saturating_sub(anchor.monotonic_ns)
        && since < ANCHOR_NS
    {
        return Moment { wall_micros: anchor.wall_micros + since / 1_000, monotonic_ns };
    }
    let now = Moment { wall_micros: micros_since_epoch(SystemTime::now()), monotonic_ns };
    ANCHOR.set(Some(now));
    now
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn micros_since_epoch(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Appends a moment as RFC 3339 in UTC, to the microsecond, `Z` included.
pub(crate) fn push_timestamp(to: &mut Vec<u8>, wall_micros: u64) {
    /// `2026-11-22T08:00:00`, written once a second.
    type Second = [u8; 19];
    thread_local! {
        static LAST: Cell<(u64, Second)> = const { Cell::new((0, *b"1970-01-01T00:00:00")) };
    }

    let (second, micros) = (wall_micros / 1_000_000, wall_micros % 1_000_000);
    let (known, mut text) = LAST.get();
    if known != second {
        text = format_second(second);
        LAST.set((second, text));
    }
    to.extend_from_slice(&text);
    let mut fraction = *b".000000Z";
    let mut rest = micros;
    for digit in fraction[1..7].iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    to.extend_from_slice(&fraction);
}

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
            let read = humantime::parse_rfc3339(std::str::from_utf8(&text).unwrap()).unwrap();
            prop_assert_eq!(micros_since_epoch(read), wall_micros);
            prop_assert_eq!(text.len(), "2026-11-22T08:00:00.123456Z".len());
        }
    }

    #[test]
    fn a_time_beyond_four_digits_of_year_is_the_last_one() {
        let mut text = Vec::new();
        push_timestamp(&mut text, u64::MAX);
        assert!(text.starts_with(b"9999-12-31T23:59:59."));
    }
}
