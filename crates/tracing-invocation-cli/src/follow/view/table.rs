//! Renders the counts by name as a table.

use std::time::{Duration, SystemTime};

use anstyle::Style;
use tracing_invocation::Outcome;
use unicode_width::UnicodeWidthStr as _;

use super::grouped;
use crate::follow::board::{Board, Row};
use crate::render::{self, DIM, Line, NAME, PLAIN, fitted};

/// The minimum width of a name.
const CALLED: usize = 24;
/// On a narrower screen, the headings of outcomes are their signs.
const NARROW: usize = 80;

/// The content of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    /// Ends per second, over this many seconds.
    Rate(u64),
    Open,
    Ended(Outcome),
}

/// The columns, each with a priority. If there is no room, the column with the greatest number is omitted first.
const COLUMNS: [(Column, u8); 7] = [
    (Column::Rate(10), 1),
    (Column::Rate(60), 4),
    (Column::Open, 5),
    (Column::Ended(Outcome::Success), 3),
    (Column::Ended(Outcome::Failed), 0),
    (Column::Ended(Outcome::Cancelled), 0),
    (Column::Ended(Outcome::Unknown), 6),
];

/// Returns the heading and the rows.
pub(super) fn lines(board: &Board, now: SystemTime, columns: usize, height: usize) -> Vec<Line> {
    let is_narrow = columns < NARROW;
    let (shown, room) = fitting(columns);
    let width = |column: &Column| column.width(is_narrow);
    let rows = board.rows();
    let mut title = Line::default();
    let name = format!(" Operations  {}", grouped(rows.len() as u64));
    title.put(NAME, fitted(&name, room));
    for column in &shown {
        title.put(column.heading_style(), right(&column.heading(is_narrow), width(column)));
    }
    let mut lines = vec![title];
    for row in rows.into_iter().take(height.saturating_sub(1)) {
        let mut line = Line::default();
        line.put(PLAIN, fitted(&format!("   {}", row.label), room));
        for column in &shown {
            let (style, text) = column.cell(row, now);
            line.put(style, right(&text, width(column)));
        }
        lines.push(line);
    }
    if lines.len() == 1 {
        lines.push(super::nothing());
    }
    lines
}

/// Returns the columns that fit, and the width that is left for names.
fn fitting(columns: usize) -> (Vec<Column>, usize) {
    let is_narrow = columns < NARROW;
    let mut shown = COLUMNS.to_vec();
    loop {
        let used: usize = shown.iter().map(|(column, _)| column.width(is_narrow)).sum();
        // The rightmost column of the screen stays empty.
        let room = columns.saturating_sub(used + 1);
        let least = shown.iter().enumerate().max_by_key(|(_, (_, rank))| *rank);
        match least {
            Some((place, _)) if room < CALLED => drop(shown.remove(place)),
            _ => return (shown.into_iter().map(|(column, _)| column).collect(), room),
        }
    }
}

impl Column {
    fn width(self, is_narrow: bool) -> usize {
        match self {
            Self::Ended(_) | Self::Open if is_narrow => 8,
            Self::Rate(_) | Self::Open => 9,
            Self::Ended(outcome) => outcome.as_str().len() + 4,
        }
    }

    fn heading(self, is_narrow: bool) -> String {
        match self {
            Self::Open if is_narrow => render::OPEN_SIGN.to_owned(),
            Self::Ended(outcome) if is_narrow => render::sign(Some(outcome)).to_owned(),
            Self::Rate(60) => "/s, 1 m".to_owned(),
            Self::Rate(seconds) => format!("/s, {seconds} s"),
            Self::Open => format!("{} {}", render::OPEN_SIGN, render::OPEN),
            Self::Ended(outcome) => format!("{} {outcome}", render::sign(Some(outcome))),
        }
    }

    fn heading_style(self) -> Style {
        match self {
            Self::Rate(_) | Self::Open => DIM,
            Self::Ended(outcome) => render::style(Some(outcome), true),
        }
    }

    fn cell(self, row: &Row, now: SystemTime) -> (Style, String) {
        let count = |count: u64, style| match count {
            0 => (DIM, "0".to_owned()),
            _ => (style, grouped(count)),
        };
        match self {
            Self::Rate(seconds) => match row.per_second(Duration::from_secs(seconds), now) {
                0.0 => (DIM, "0".to_owned()),
                rate if rate < 10.0 => (PLAIN, format!("{rate:.1}")),
                rate => (PLAIN, format!("{rate:.0}")),
            },
            Self::Open => count(row.open, PLAIN),
            Self::Ended(Outcome::Success) => count(row.ends.success, PLAIN),
            Self::Ended(outcome @ Outcome::Failed) => {
                count(row.ends.failed, render::style(Some(outcome), false))
            }
            Self::Ended(outcome @ Outcome::Cancelled) => {
                count(row.ends.cancelled, render::style(Some(outcome), false))
            }
            Self::Ended(_) => count(row.ends.unknown, PLAIN),
        }
    }
}

/// Right-aligns a text in this many columns.
fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(text.width())))
}
