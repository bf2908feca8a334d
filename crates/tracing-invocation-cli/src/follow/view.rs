//! Renders the board as lines of a screen.

mod table;

use std::time::{Duration, SystemTime};

use tracing_invocation::Outcome;
use tracing_invocation::format::lasted;
use unicode_width::UnicodeWidthStr as _;

use super::board::{Board, Open};
use crate::render::{self, DIM, ERROR, Line, NAME, PLAIN, fitted};

/// The width of an age.
const AGE: usize = 9;
/// The minimum height of a section: its title and one line below it.
const SECTION: usize = 2;
/// A section that is higher than this leaves its last line empty.
const ROOMY: usize = 4;

/// The state of the sources.
#[derive(Debug)]
pub(super) struct Status {
    /// The names of the sources.
    pub(super) names: Vec<String>,
    pub(super) is_over: bool,
    /// How long the sources have been followed.
    pub(super) since: Duration,
    /// The sources that cannot be read, and the errors.
    pub(super) troubles: Vec<String>,
}

/// Returns the lines for a screen with this number of columns and rows.
pub(super) fn lines(
    board: &Board,
    status: &Status,
    now: SystemTime,
    (columns, rows): (usize, usize),
) -> Vec<Line> {
    if rows < 1 + SECTION + 1 {
        let first = [header(board, status, columns), totals(board)];
        return first.into_iter().chain(notes(board, rows.saturating_sub(2))).collect();
    }
    let mut lines = vec![header(board, status, columns)];
    let heights = heights(rows - 2, board.names());
    let sections = [
        (heights[0], in_flight(board, now, heights[0] - usize::from(heights[0] > ROOMY))),
        (heights[1], table::lines(board, now, columns, heights[1])),
        (heights[2], last(board, heights[2])),
    ];
    for (height, section) in sections {
        let end = lines.len() + height;
        // If there is room, the last line stays empty.
        let gap = usize::from(height > ROOMY);
        lines.extend(section.into_iter().take(height - gap));
        lines.resize_with(end, Line::default);
    }
    lines.push(footer(board, status, columns));
    lines
}

/// Returns the heights of the three sections.
///
/// The section of operations in flight does not shrink when they end, and the number of names never decreases, so that the
/// sections do not jump. If there is little room, the latest failures take precedence.
fn heights(rows: usize, names: usize) -> [usize; 3] {
    let third = rows / 3;
    if third > SECTION {
        let gap = usize::from(third > ROOMY);
        let table = third.min(1 + names.max(1) + gap);
        return [third, table, rows - third - table];
    }
    if rows > 2 * SECTION {
        let half = rows / 2;
        return [half, 0, rows - half];
    }
    [0, 0, rows]
}

fn header(board: &Board, status: &Status, columns: usize) -> Line {
    let over = if status.is_over { " (ended)" } else { "" };
    let names = format!(" {}{over}", status.names.join(", "));
    let records = match board.records() {
        1 => "1 record".to_owned(),
        records => format!("{} records", grouped(records)),
    };
    let right = format!("{records} in {} ", time(status.since));
    let mut line = Line::default();
    let room = columns.saturating_sub(right.width());
    if room < 12 {
        line.put(NAME, names);
        return line;
    }
    line.put(NAME, fitted(&names, room));
    line.put(PLAIN, right);
    line
}

fn in_flight(board: &Board, now: SystemTime, height: usize) -> Vec<Line> {
    let mut lines = vec![title("In flight", &grouped(board.open() as u64))];
    if board.untracked() > 0 {
        lines[0].put(
            DIM,
            format!("  and {} begun since that are not kept", grouped(board.untracked())),
        );
    }
    if board.open() == 0 {
        lines.push(nothing());
    }
    lines.extend(board.in_flight().take(height.saturating_sub(1)).map(|open| one(open, now)));
    let more = board.open().saturating_sub(height.saturating_sub(1));
    if more > 0 && height > SECTION {
        lines.truncate(height - 1);
        let mut line = Line::default();
        line.put(DIM, format!("{:>AGE$}  and {} younger", "", grouped(more as u64 + 1)));
        lines.push(line);
    }
    lines
}

fn one(open: &Open, now: SystemTime) -> Line {
    let age = lasted(u64::try_from(open.age(now).as_nanos()).unwrap_or(u64::MAX));
    let mut line = Line::default();
    line.put(PLAIN, format!("{age:>AGE$}  "));
    let outcome = open.is_slow.then_some(Outcome::Slow);
    let style = if open.is_slow { NAME } else { DIM };
    line.put(style, render::sign(outcome));
    line.put(if open.is_slow { NAME } else { PLAIN }, format!(" {}", open.label));
    if let Some(entity_id) = &open.entity_id {
        line.put(PLAIN, format!(" {entity_id}"));
    }
    if open.is_slow {
        line.put(NAME, "  slow");
    }
    line
}

fn last(board: &Board, height: usize) -> Vec<Line> {
    let mut title = title("Failed and cancelled", "");
    put_counts(&mut title, board);
    let mut lines = vec![title];
    lines.extend(notes(board, height.saturating_sub(1)));
    if lines.len() == 1 {
        lines.push(nothing());
    }
    lines
}

/// Formats the most important numbers, for a screen without room for anything else.
fn totals(board: &Board) -> Line {
    let mut line = Line::default();
    put_counts(&mut line, board);
    line.put(PLAIN, format!(" {} {}", render::OPEN_SIGN, grouped(board.open() as u64)));
    line
}

fn put_counts(line: &mut Line, board: &Board) {
    let total = board.total();
    for (outcome, count) in [(Outcome::Failed, total.failed), (Outcome::Cancelled, total.cancelled)]
    {
        let style = if count == 0 { DIM } else { render::style(Some(outcome), false) };
        line.put(style, format!(" {} {}", render::sign(Some(outcome)), grouped(count)));
    }
}

fn notes(board: &Board, height: usize) -> impl Iterator<Item = Line> {
    board.notes().take(height).map(|note| {
        let mut line = Line::default();
        line.put(PLAIN, " ");
        line.append(note.line(false));
        line
    })
}

fn footer(board: &Board, status: &Status, columns: usize) -> Line {
    const KEYS: &str = " c clear  q quit ";
    let mut parts = Vec::new();
    if board.lost() > 0 {
        let lost = format!("! {} lost, the log says", counted(board.lost(), "record"));
        parts.push((ERROR.bold(), lost));
    }
    parts.extend(status.troubles.iter().map(|trouble| (ERROR, trouble.clone())));
    parts.extend(skipped(board).map(|text| (DIM, text)));
    let mut line = Line::default();
    line.put(PLAIN, " ");
    for (number, (style, text)) in parts.into_iter().enumerate() {
        line.put(DIM, if number == 0 { "" } else { "  ·  " });
        line.put(style, text);
    }
    let room = columns.saturating_sub(KEYS.width());
    if room >= KEYS.width() {
        line.cut(room);
        line.put(PLAIN, " ".repeat(room.saturating_sub(line.width())));
        line.put(DIM, KEYS);
    }
    line
}

/// Describes the skipped lines; `None` if there are none.
pub(super) fn skipped(board: &Board) -> Option<String> {
    let all: u64 = board.skipped().map(|(_, count)| count).sum();
    let why: Vec<_> = board
        .skipped()
        .map(|(why, count)| format!("{} {}", grouped(count), why.description()))
        .collect();
    (all > 0).then(|| format!("{} skipped: {}", counted(all, "line"), why.join(", ")))
}

/// Formats the title of a section.
fn title(text: &str, count: &str) -> Line {
    let mut line = Line::default();
    line.put(NAME, format!(" {text}"));
    line.put(PLAIN, format!("  {count}"));
    line
}

/// Formats an elapsed time in whole seconds.
pub(super) fn time(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => lasted(seconds.saturating_mul(1_000_000_000)),
    }
}

fn nothing() -> Line {
    let mut line = Line::default();
    line.put(DIM, format!("{:>AGE$}", "–"));
    line
}

/// Formats a number with its noun.
pub(super) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{} {what}s", grouped(count)) }
}

/// Formats a number with its digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests;
