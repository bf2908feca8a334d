//! From when to when.

use std::time::{Duration, SystemTime};

use crate::model::{Operation, Trace};

/// A moment, as a time or as how long before the log's last record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    At(SystemTime),
    BeforeEnd(Duration),
}

impl Moment {
    fn on(self, end: SystemTime) -> SystemTime {
        match self {
            Self::At(time) => time,
            Self::BeforeEnd(age) => end.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH),
        }
    }
}

/// Whether any of a trace was in this time. What is open goes on.
pub(super) fn overlaps(
    trace: &Trace,
    since: Option<Moment>,
    until: Option<Moment>,
    end: SystemTime,
) -> bool {
    let is_later = |since: Moment| {
        let since = since.on(end);
        trace.operations.iter().any(|one| one.end.as_ref().is_none_or(|end| end.at >= since))
    };
    let is_earlier = |until: Moment| {
        let began = trace.operations.iter().map(Operation::began).min();
        began.is_some_and(|began| began <= until.on(end))
    };
    since.is_none_or(is_later) && until.is_none_or(is_earlier)
}

pub(super) fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(time) = humantime::parse_rfc3339_weak(text) {
        return Ok(Moment::At(time));
    }
    humantime::parse_duration(text).map(Moment::BeforeEnd).map_err(|_| {
        "write a time in UTC, such as '2026-11-27 08:00:00', or how long before the log's last record, such as 10m"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_an_age() {
        let time = humantime::parse_rfc3339("2026-11-27T08:00:00Z").unwrap();
        for text in ["2026-11-27T08:00:00Z", "2026-11-27 08:00:00", "2026-11-27T08:00:00.000"] {
            assert_eq!(moment(text), Ok(Moment::At(time)), "{text}");
        }
        assert_eq!(moment("1h 30m"), Ok(Moment::BeforeEnd(Duration::from_secs(5_400))));
        for text in ["", "08:00", "yesterday", "2026-11-27"] {
            assert!(moment(text).unwrap_err().starts_with("write a time"), "{text}");
        }
        assert_eq!(Moment::BeforeEnd(Duration::MAX).on(time), SystemTime::UNIX_EPOCH);
    }
}
