//! What was measured of a variant, and how it compares.

use std::collections::HashMap;

/// Figures by the names of variants.
pub(crate) type Measurements = HashMap<&'static str, Figures>;

/// What was measured of one variant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) instructions: u64,
    /// For each call, by round.
    pub(crate) nanoseconds: Vec<f64>,
    pub(crate) allocations: f64,
}

impl Figures {
    /// How many times as many instructions as `other`.
    pub(crate) fn instructions_over(&self, other: &Self) -> f64 {
        self.instructions as f64 / other.instructions as f64
    }

    /// How many times as long as `other`, in the median round: each round is compared with itself, so that what slows
    /// the machine for a while slows both.
    pub(crate) fn time_over(&self, other: &Self) -> f64 {
        median(self.nanoseconds.iter().zip(&other.nanoseconds).map(|(own, other)| own / other))
    }

    pub(crate) fn median_nanoseconds(&self) -> f64 {
        median(self.nanoseconds.iter().copied())
    }
}

/// The middle one, or the mean of both; not a number where there is none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// By how many percent `now` is more than `before`.
pub(crate) fn growth(before: u64, now: u64) -> f64 {
    (now as f64 - before as f64) / before as f64 * 100.0
}

/// A whole number with a comma between thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median([]).is_nan());
    }

    #[test]
    fn a_slow_round_slows_both_and_no_ratio() {
        let limit = Figures { nanoseconds: vec![100.0, 400.0, 100.0], ..Figures::default() };
        let figures = Figures { nanoseconds: vec![150.0, 600.0, 150.0], ..Figures::default() };
        assert_eq!(figures.time_over(&limit), 1.5);
    }

    #[test]
    fn growth_is_in_percent() {
        assert_eq!(growth(200, 210).round(), 5.0);
        assert_eq!(growth(200, 100).round(), -50.0);
    }

    #[test]
    fn thousands_are_grouped() {
        let grouped = [0, 999, 1_000, 21_937, 1_234_567].map(grouped);
        assert_eq!(grouped, ["0", "999", "1,000", "21,937", "1,234,567"]);
    }
}
