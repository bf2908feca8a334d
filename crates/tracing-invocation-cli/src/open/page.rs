//! What is open, for a person.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use tracing_invocation::format::{harmless, lasted};

use super::program::{Programs, State};
use super::rows::Row;
use crate::outline::Slow;
use crate::table::{Align, Table};

const HEADER: [&str; 9] =
    ["age", "began", "operation", "entity", "trace id", "span id", "parent", "slow", "program"];

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const SLOW: Style = AnsiColor::Yellow.on_default();
const LEFT: Style = AnsiColor::Magenta.on_default();
const RUNNING: Style = AnsiColor::Green.on_default();

/// A row for each operation that is open, and how it is known whether its program runs.
pub(super) fn print(rows: &[Row], programs: &Programs, out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        writeln!(out, "nothing is open")?;
        return Ok(());
    }
    let mut table = Table::new(&HEADER, Align::LeftBut(0));
    rows.iter().for_each(|row| table.push(cells(row)));
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
    let because: BTreeSet<_> = rows.iter().filter_map(|row| row.because.as_deref()).collect();
    for because in because {
        let count = rows.iter().filter(|row| row.because.as_deref() == Some(because)).count();
        let what = if count == 1 { "1 operation is" } else { &format!("{count} operations are") };
        writeln!(out, "{what} of a program that ended: {because}")?;
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
        (humantime::format_rfc3339_millis(row.began).to_string(), PLAIN),
        (format!("{} {}", harmless(&row.event_namespace), harmless(&row.event_name)), PLAIN),
        (harmless(row.entity_id.as_deref().unwrap_or_default()).into_owned(), PLAIN),
        (row.trace_id.clone(), DIM),
        (row.span_id.clone(), PLAIN),
        parent,
        (row.slow.map(slow).unwrap_or_default(), SLOW),
        (row.program.to_owned(), if row.program == State::Running.word() { RUNNING } else { DIM }),
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
