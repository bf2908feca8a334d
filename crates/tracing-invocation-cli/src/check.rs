//! `invocations check`: whether a log is what the convention promises.

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

/// Hold a log to the schema, and to one end per beginning
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// How many of the offences are told one by one, in the order of the log
    #[arg(long, value_name = "N", default_value_t = 10)]
    first: usize,
    /// Take no offence at an `invoke` without an end: the program still runs
    #[arg(long)]
    allow_open: bool,
    /// Take offence at ends without an `invoke`, and at lines that are no records, too
    #[arg(long)]
    strict: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For a person
    #[default]
    Text,
    /// One object
    Json,
}

const HELP: &str = "\
Offences are records that are not as the JSON schema says, lines that are torn, too long, or that have the keys of a \
record and cannot be read as one, second beginnings, second ends, ends that are earlier than their beginnings, and \
beginnings without an end.

An end without a beginning is no offence unless --strict is given: policies, thresholds and sampling leave out \
beginnings. Where the log says that records were lost, missing ends may be among them.

The exit code is 0 where there are no offences, 1 where there are, and 2 where the log cannot be read.
Memory grows with the number of operations: up to 200 bytes for each.

Examples:
  The log of a program that has ended:
  $ invocations check app.jsonl
  The log of one that still runs, and what was rotated away before:
  $ invocations check --allow-open app.jsonl.1.gz app.jsonl
  Nothing but records, and nothing left out, for a script:
  $ invocations check --strict --format json app.jsonl";

/// What is an offence.
#[derive(Clone, Copy, Debug)]
struct Rules {
    first: usize,
    allow_open: bool,
    strict: bool,
}

/// What was found in a log.
struct Checked {
    found: Found,
    /// For the words of what was found.
    lives: Lives,
    records: u64,
    lost: u64,
    /// Beginnings without an end, and ends without a beginning, whether these are offences or not.
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
        // Where there is nothing to check, that is said below.
        Format::Text if checked.records + checked.found.count() == 0 => {}
        Format::Text => print::text(&checked, rules, &log, out)?,
        Format::Json => print::json(&checked, &log, out)?,
    }
    out.flush()?;
    let told: &[Why] = if rules.strict { &Why::ALL } else { &Why::ALL[1..] };
    let code = log.report_but(told);
    if code == ANSWERED && checked.found.count() > 0 { Ok(FOUND) } else { Ok(code) }
}
