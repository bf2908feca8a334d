//! Prints open operations as a table.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use tracing_invocation::format::{harmless, lasted};

use super::program::{Programs, State};
use super::rows::Row;
use crate::outline::Slow;
use crate::table::{Align, Table};

const HEADER: [&str; 9] =
    ["age", "operation", "entity", "slow", "program", "began", "trace id", "span id", "parent"];

/// Where in a row it stands whether its program runs.
const PROGRAM: usize = 4;

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const SLOW: Style = AnsiColor::Yellow.on_default();
const LEFT: Style = AnsiColor::Magenta.on_default();
const RUNNING: Style = AnsiColor::Green.on_default();

/// A row for each operation that was asked for, of so many that are open, and how it is known whether its program runs.
pub(super) fn print(
    rows: &[Row],
    open: usize,
    programs: &Programs,
    out: &mut dyn Write,
) -> io::Result<()> {
    match (rows, open) {
        ([], 0) => return writeln!(out, "nothing is open"),
        ([], 1) => return writeln!(out, "1 operation is open, and is not what was asked for"),
        ([], _) => return writeln!(out, "{open} operations are open, none of which was asked for"),
        _ => {}
    }
    let cells: Vec<_> = rows.iter().map(cells).collect();
    // A column in which nothing stands only takes room, and so does one that says what is said below.
    let is_filled = |column: &usize| cells.iter().any(|row| !row[*column].0.is_empty());
    let is_told = |column: &usize| {
        *column != PROGRAM || rows.iter().any(|row| row.program != rows[0].program)
    };
    let columns: Vec<_> = (0..HEADER.len()).filter(is_filled).filter(is_told).collect();
    let header: Vec<_> = columns.iter().map(|column| HEADER[*column]).collect();
    let mut table = Table::new(&header, Align::LeftBut(0));
    for row in &cells {
        table.push(columns.iter().map(|column| row[*column].clone()));
    }
    table.print(out)?;
    writeln!(out)?;
    for program in programs.all() {
        let files = harmless(&program.files.join(", ")).into_owned();
        let (state, how) = match program.state {
            State::Running => ("its program is running", &program.known_by),
            State::Ended => ("its program has ended", &program.known_by),
            State::Unknown => ("whether its program runs is not known", &program.known_by),
        };
        writeln!(out, "{BOLD}{files}{BOLD:#}: {state}: {how}")?;
    }
    let mut because: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for row in rows {
        if let Some(told) = row.because.as_deref() {
            *because.entry((row.program, told)).or_default() += 1;
        }
    }
    for ((program, because), count) in because {
        let what = if count == 1 { "1 operation is" } else { &format!("{count} operations are") };
        let of = if program == State::Ended.word() {
            "a program that ended"
        } else {
            "a program of which it is not known whether it runs"
        };
        writeln!(out, "{what} of {of}: {because}")?;
    }
    Ok(())
}

fn cells(row: &Row) -> [(String, Style); 9] {
    let parent = match (&row.parent_span_id, row.parent) {
        (Some(span_id), Some("ended")) => (format!("{span_id}, which ended"), LEFT),
        (Some(span_id), Some("open") | None) => (span_id.clone(), PLAIN),
        (Some(span_id), Some(other)) => (format!("{span_id}, {other}"), DIM),
        (None, _) => (String::new(), PLAIN),
    };
    [
        (lasted(row.age_ns), BOLD),
        (format!("{} {}", harmless(&row.event_namespace), harmless(&row.event_name)), PLAIN),
        (harmless(row.entity_id.as_deref().unwrap_or_default()).into_owned(), PLAIN),
        (row.slow.map(slow).unwrap_or_default(), SLOW),
        (row.program.to_owned(), if row.program == State::Running.word() { RUNNING } else { DIM }),
        (humantime::format_rfc3339_millis(row.began).to_string(), PLAIN),
        (row.trace_id.clone(), DIM),
        (row.span_id.clone(), PLAIN),
        parent,
    ]
}

/// What was said of a slow operation, in words.
fn slow(slow: Slow) -> String {
    match (slow.poll_ns, slow.limit_ns, slow.expected_ns) {
        (Some(poll), Some(limit), _) => format!("ran {}, limit {}", lasted(poll), lasted(limit)),
        (.., Some(expected)) => format!("expected to take {}", lasted(expected)),
        _ => String::new(),
    }
}
