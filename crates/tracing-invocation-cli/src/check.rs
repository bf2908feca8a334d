//! `invocations check`: verifies that a log keeps the promises of the convention.

mod checker;
mod found;
mod lives;
mod print;
mod schema;

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use clap::{Args, ValueEnum};

use crate::args::Files;
use crate::exit::{ANSWERED, FOUND};
use crate::input::Source;
use crate::line::Why;
use crate::log::Log;

use checker::Checker;
use found::{Found, Spot, What};
use lives::Lives;
use schema::Schema;

/// Check a log against the schema, and that every beginning has exactly one end
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// How many problems to list, in the order of the log
    #[arg(long, value_name = "N", default_value_t = 10)]
    first: usize,
    /// Accept an `invoke` without an end: the program is still running
    #[arg(long)]
    allow_open: bool,
    /// Also report ends without an `invoke`, and lines that are not records
    #[arg(long)]
    strict: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// Lines of text
    #[default]
    Text,
    /// One JSON object
    Json,
}

const HELP: &str = "\
These are problems: records that violate the JSON schema; lines that are torn, too long, or that have the keys of a \
record and cannot be parsed as one; second beginnings and second ends of an operation; ends that are earlier than \
their beginnings; and beginnings without an end.

An end without a beginning is a problem only with --strict, because policies, thresholds and sampling omit beginnings. \
If the log reports lost records, the missing ends may be among them.

The exit code is 0 if there are no problems, 1 if there are, and 2 if the log cannot be read.
Memory grows with the number of operations: up to 200 bytes for each.

Examples:
  Check the log of a program that has ended:
  $ invocations check app.jsonl
  Check the log of a running program together with its rotated file:
  $ invocations check --allow-open app.jsonl.1.gz app.jsonl
  Accept only records, with every beginning present, and print JSON for a script:
  $ invocations check --strict --format json app.jsonl";

/// Which findings count as problems, and how many are listed.
#[derive(Clone, Copy, Debug)]
struct Rules {
    first: usize,
    allow_open: bool,
    strict: bool,
}

/// The result of checking a log.
struct Checked {
    found: Found,
    /// Supplies the names and positions that the descriptions of problems mention.
    lives: Lives,
    records: u64,
    lost: u64,
    /// Beginnings without an end, and ends without a beginning, whether or not they count as problems.
    open: u64,
    unbegun: u64,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    let rules = Rules {
        first: arguments.first,
        allow_open: arguments.allow_open,
        strict: arguments.strict,
    };
    let schema = Schema::compile()?;
    let lives = Mutex::new(Lives::new(rules.first));
    let sources = Source::of(&arguments.files.files);
    let (checkers, log) = Log::read(sources, || Checker::new(rules, &schema, &lives));
    let mut found = Found::new(rules.first);
    let (mut records, mut lost) = (0, 0_u64);
    for checker in checkers {
        found.absorb(checker.found);
        records += checker.records;
        lost = checker.lost.saturating_add(lost);
    }
    for place in &log.account().too_long {
        found.add(Spot::of(*place), What::TooLong);
    }
    let mut lives = lives.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (open, unbegun) = lives.finish(rules, &mut found);
    let checked = Checked { found, lives, records, lost, open, unbegun };
    match arguments.format {
        // If there was nothing to check, `report_except` says so below.
        Format::Text if checked.records + checked.found.count() == 0 => {}
        Format::Text => print::text(&checked, rules, &log, out)?,
        Format::Json => print::json(&checked, &log, out)?,
    }
    out.flush()?;
    // The answer already lists these lines as problems, so stderr does not repeat them.
    let listed: &[Why] = if rules.strict { &Why::ALL } else { &Why::ALL[1..] };
    let code = log.report_except(listed);
    if code == ANSWERED && checked.found.count() > 0 { Ok(FOUND) } else { Ok(code) }
}
