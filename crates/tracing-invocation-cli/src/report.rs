//! `invocations report`: writes a log as one HTML page.

mod columns;
mod details;
mod file;
mod html_safe;
mod names;
mod page;
mod page_notes;
mod selection;
mod target;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::Args;
use tracing_invocation::format::harmless;

use crate::args::Files;
use crate::exit::TROUBLE;
use crate::input::Source;
use crate::log::Log;
use crate::model::{Forest, Gatherer, Gathering};
use columns::Columns;
use details::Details;
use page::Page;
use page_notes::PageNotes;
use selection::{MOST_OPERATIONS, Selection};

/// The path that stands for stdout.
const STDOUT: &str = "-";

/// Write an HTML page with figures, traces and timelines
///
/// The page is a single file that loads nothing from the network, so it needs no server and can be attached to a ticket. A
/// note at its top lists what the page had no room for, and what is missing from the log. An existing file is replaced only
/// if it is an HTML page, so that a log is never overwritten by mistake.
#[derive(Args, Debug)]
#[command(
    override_usage = "invocations report [OPTIONS] --html <PATH> [FILE]...",
    after_help = "Examples:
  $ invocations report --html out.html app.jsonl
  $ invocations report --html out.html --title \"The night of the 27th\" app.jsonl.1.gz app.jsonl
  $ invocations report --html - app.jsonl > out.html"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Where to write the page; `-` writes to stdout
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    html: PathBuf,
    /// The title of the page; by default, the names of the logs
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// How much space payloads may take, in MiB; failed, cancelled, slow and open operations come first
    #[arg(long, value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u16).range(..=1_024))]
    payloads: u16,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    let sources = Source::of(&arguments.files.files);
    let is_stdout = arguments.html == Path::new(STDOUT);
    if is_stdout {
        target::check_stdout(&sources)?;
    } else {
        target::check(&arguments.html, &sources)?;
    }
    let gathering = Mutex::new(Gathering::default());
    let (_, log) = Log::read(sources, || Gatherer::new(&gathering));
    let code = log.report();
    if log.records() == 0 {
        return Ok(TROUBLE);
    }
    let gathering = gathering.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (lost, until) = (gathering.lost, gathering.until);
    let forest = Forest::of(gathering);

    let selection = Selection::of(&forest, MOST_OPERATIONS);
    let details = Details::of(&selection, usize::from(arguments.payloads) << 20);
    let columns = Columns::of(&selection, &details, until);
    let notes = PageNotes::of(&log, lost, &forest, &selection, &details);
    let title = arguments.title.clone().unwrap_or_else(|| notes.title());
    let page = Page { title: &title, notes: &notes, columns: &columns, details: &details };

    if is_stdout {
        page.write(out)?;
        return Ok(code);
    }
    let path = &arguments.html;
    let size = file::write_whole(path, |to| page.write(to)).map_err(|error| {
        let path = path.display().to_string();
        io::Error::new(error.kind(), format!("{}: {error}", harmless(&path)))
    })?;
    anstream::eprintln!(
        "invocations: wrote {}: {}, {}",
        harmless(&path.display().to_string()),
        notes.summary(),
        mebibytes(size)
    );
    Ok(code)
}

/// Formats a size in MiB, rounded up to a tenth.
fn mebibytes(bytes: u64) -> String {
    let tenths = (bytes * 10).div_ceil(1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
