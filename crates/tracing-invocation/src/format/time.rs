//! Times that a person reads.

use std::time::SystemTime;

/// The time of day in UTC, to the millisecond: `08:00:00.123Z`.
pub(crate) fn of_day(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (seconds, millis) = (since.as_secs(), since.subsec_millis());
    let (hours, minutes) = (seconds / 3_600 % 24, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{millis:03}Z", seconds % 60)
}

/// Nanoseconds in the unit that a person would choose: `12.3 ms`, `4m 10s`. What does not fit is cut off, so that
/// nothing is said to have taken longer than it has.
///
/// ```
/// use tracing_invocation::format::lasted;
///
/// assert_eq!(lasted(12_345_678), "12.3 ms");
/// assert_eq!(lasted(250_000_000_000), "4m 10s");
/// ```
#[must_use]
pub fn lasted(nanos: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")];
    let seconds = nanos / 1_000_000_000;
    let of_two = |large, unit_of_large, small: u64, unit_of_small| {
        format!("{large}{unit_of_large} {small:02}{unit_of_small}")
    };
    match seconds {
        0..60 => match UNITS.iter().find(|(unit, _)| nanos >= *unit) {
            Some((unit, name)) => format!("{} {name}", three_digits(nanos, *unit)),
            None => format!("{nanos} ns"),
        },
        60..3_600 => of_two(seconds / 60, "m", seconds % 60, "s"),
        3_600..86_400 => of_two(seconds / 3_600, "h", seconds / 60 % 60, "m"),
        _ => of_two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

/// So many of a unit, at least one and less than a thousand, to three digits.
fn three_digits(nanos: u64, unit: u64) -> String {
    let (whole, rest) = (nanos / unit, nanos % unit);
    match whole {
        0..10 => format!("{whole}.{:02}", rest * 100 / unit),
        10..100 => format!("{whole}.{}", rest * 10 / unit),
        _ => whole.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_duration_has_three_digits_or_two_units() {
        let told: Vec<_> = [
            0,
            999,
            1_000,
            12_345,
            999_999,
            12_345_678,
            999_999_999,
            1_999_999_999,
            59_999_999_999,
            60_000_000_000,
            250_000_000_000,
            3_599_999_999_999,
            11_100_000_000_000,
            86_400_000_000_000,
            u64::MAX,
        ]
        .map(lasted)
        .into();
        insta::assert_snapshot!(told.join("\n"), @r"
        0 ns
        999 ns
        1.00 µs
        12.3 µs
        999 µs
        12.3 ms
        999 ms
        1.99 s
        59.9 s
        1m 00s
        4m 10s
        59m 59s
        3h 05m
        1d 00h
        213503d 23h
        ");
    }

    #[test]
    fn a_time_of_day_is_utc_whatever_the_day() {
        let at = |millis| of_day(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
        assert_eq!(at(0), "00:00:00.000Z");
        assert_eq!(at(1_790_000_000_123), "14:13:20.123Z");
        assert_eq!(of_day(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "00:00:00.000Z");
    }
}
