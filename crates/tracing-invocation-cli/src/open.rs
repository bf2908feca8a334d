//! `invocations open`: beginnings without an end.

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
use crate::stats::lost_in_words;

use matching::Matching;
use program::{Program, Programs};
use reader::{Heard, Reader};
use rows::Row;

/// Show operations that began and did not end
///
/// What hung, what still runs, and what was lost: every `invoke` without its end, the oldest first.
///
/// Whether its program still runs is not in a record. On Linux, a log that a process has open for writing is being written, and
/// what began after that process is taken to be running: its age is counted until now. Otherwise ages are counted until the
/// last record of the log. A program that ends in good order ends what is open as `unknown`, with the reason "process exit";
/// what began before such a record and has no end was lost, or is of an earlier program that was killed; or of another that
/// writes the same log and still runs.
///
/// Memory depends on how many operations are open at once, not on the size of the log.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  What is open, or was when the program died:
  $ invocations open app.jsonl
  What has been for more than five minutes:
  $ invocations open --older-than 5m app.jsonl
  The same for a script, of operations called so, in the current log and the one before:
  $ invocations open --name 'charge*' --format json app.jsonl.1.gz app.jsonl
  $ invocations open --format csv app.jsonl > open.csv")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    select: Select,
    /// Those that are older than this, as `90s`, `5m` or `1h 30m`
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration, help_heading = WHICH)]
    older_than: Option<Duration>,
    /// How to print it; ages are nanoseconds in JSON and CSV
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Document<'a> {
    open: &'a [Row],
    logs: Vec<LogRow<'a>>,
    lost_records: u64,
}

/// What is known of the program that writes a log.
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
        anstream::eprintln!("invocations: {}", lost_in_words(heard.lost));
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
