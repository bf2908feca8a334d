//! `invocations open`: lists beginnings without an end.

mod matching;
mod page;
mod program;
mod reader;
mod rows;
mod writers;

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use clap::Args;
use serde::Serialize;

use crate::args::{Files, Format};
use crate::input::Source;
use crate::log::Log;
use crate::select::{Select, WHICH};
use crate::stats::describe_lost;

use matching::Matching;
use program::{Program, Programs};
use reader::{Heard, Reader};
use rows::Row;

/// Show operations that began and did not end
///
/// Lists every `invoke` without an end, the oldest first: operations that hang, that are still running, or whose end was
/// lost.
///
/// A record does not show whether its program is still running. On Linux, a log counts as being written if a process has it
/// open for writing. An operation that began after that process started counts as running, and its age extends until now.
/// All other ages extend until the last record of the log. A program that exits cleanly ends its open operations as
/// `unknown`, with the reason "process exit". If an operation began before such a record and has no end, its end was lost,
/// or it belongs to an earlier program that was killed, or to another program that writes the same log and is still running.
///
/// Memory depends on the number of operations that are open at the same time, not on the size of the log.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  List operations that are open, or were open when the program died:
  $ invocations open app.jsonl
  List operations that have been open for more than five minutes:
  $ invocations open --older-than 5m app.jsonl
  Print JSON for a script, only for certain names, from the current log and the previous one:
  $ invocations open --name 'charge*' --format json app.jsonl.1.gz app.jsonl
  $ invocations open --format csv app.jsonl > open.csv")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    select: Select,
    /// Only operations that are older than this, such as `90s`, `5m` or `1h 30m`
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration, help_heading = WHICH)]
    older_than: Option<Duration>,
    /// Output format; JSON and CSV have ages in nanoseconds
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Document<'a> {
    open: &'a [Row],
    logs: Vec<LogRow<'a>>,
    lost_records: u64,
}

/// The state of the program that writes a log.
#[derive(Serialize)]
struct LogRow<'a> {
    files: &'a [String],
    program: &'static str,
    known_by: &'a str,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    let selected = arguments.select.compile()?;
    let shared = Mutex::new(Matching::default());
    let sources = Source::of(&arguments.files.files);
    let (readers, log) = Log::read(sources, || Reader::new(&shared));
    let mut heard = Heard::default();
    readers.into_iter().for_each(|reader| heard.absorb(reader.heard));
    let programs = Programs::of(log.sources(), &heard, SystemTime::now());
    let matching = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    let open: Vec<_> = matching.into_open().collect();
    let count = open.len();
    let mut rows: Vec<_> = open
        .into_iter()
        .filter(|(_, open, ..)| {
            selected.takes(&open.namespace, &open.name, open.entity_id.as_deref())
        })
        .map(|(key, open, slow, parent)| Row::of(key, open, slow, parent, &programs, &log))
        .filter(|row| arguments.older_than.is_none_or(|age| row.age() > age))
        .collect();
    rows.sort_unstable_by(Row::older_first);
    if log.records() > 0 {
        match arguments.format {
            Format::Table => page::print(&rows, count, &programs, out)?,
            Format::Json => json(&rows, &programs, heard.lost, out)?,
            Format::Csv => rows::csv(&rows, out)?,
        }
        out.flush()?;
    }
    if heard.lost > 0 {
        anstream::eprintln!("invocations: {}", describe_lost(heard.lost));
    }
    Ok(log.report())
}

fn json(rows: &[Row], programs: &Programs, lost: u64, out: &mut dyn Write) -> io::Result<()> {
    let logs = programs.all().map(|Program { files, state, known_by, .. }| LogRow {
        files,
        program: state.word(),
        known_by,
    });
    let document = Document { open: rows, logs: logs.collect(), lost_records: lost };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
