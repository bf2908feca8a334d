//! Records for a person at a terminal.

mod color;
mod entry;
mod nesting;
mod page;
mod value;

use std::fmt;
use std::io::{self, IsTerminal};

use tracing_subscriber::fmt::MakeWriter;

use self::nesting::Nesting;
use super::whole_lines::WholeLines;
use super::{Line, Sink, metadata};

/// Writes each record for a person: one line, and below it, where something went wrong, what and why.
///
/// ```text
/// 08:00:00.004Z → invoke    place order-7  (cents=2500)  shop #b902b7
/// 08:00:00.005Z → invoke      charge order-7  shop::billing #42cd8a
/// 08:00:00.056Z ⊘ cancelled   charge order-7  51.3 ms  shop::billing #42cd8a
/// 08:00:00.057Z ✗ failed    place order-7  53.0 ms  shop #b902b7
///                             Elapsed: deadline has elapsed
/// ```
///
/// - The time of day is UTC, as in the other formats. Durations are cut, not rounded, to three digits.
/// - An operation stands two columns to the right of the one that it was begun in, up to ten times; in front of one that
///   lies deeper a number says by how much. One whose parent is not known to be open stands at the left, as all do where
///   this output's level leaves `invoke` out. At least the 2,048 open operations last heard of are known, and
///   never more than 4,096.
/// - `#b902b7` is the end of an operation's `span_id`.
/// - A name, a key and a value have at most 120 characters, a line of an error 400, and ten causes of it are told. What is
///   cut ends in `…`.
/// - Texts cannot act on the terminal: control characters, line separators, and what is invisible or reorders text is
///   written as an escape, such as `\n` and `\u{202e}`.
/// - An outcome is told by its sign and its word as well as by its colour. The colours are the terminal's own.
/// - A record is one `write`, with all of its lines. An output's format does not apply.
///
/// ```
/// use std::io::{self, IsTerminal as _};
/// use tracing_invocation::sink::{JsonLines, Output, Pretty};
///
/// let output: Output = match io::stdout().is_terminal() {
///     true => Pretty::stdout().into(),
///     false => JsonLines::new(io::stdout).into(),
/// };
/// # drop(tracing_invocation::layer().with_sink(output));
/// ```
pub struct Pretty<W> {
    make_writer: W,
    has_color: bool,
    nesting: Nesting,
    lines: WholeLines,
}

impl Pretty<fn() -> io::Stdout> {
    /// A sink that writes to stdout, in colour where that is a terminal.
    ///
    /// The environment has its say: no colour where `NO_COLOR` is set and not empty; else colour where `CLICOLOR_FORCE`
    /// or `FORCE_COLOR` is set and neither empty nor `0`; else no colour where `TERM` is `dumb`.
    #[must_use]
    pub fn stdout() -> Self {
        Self::of_stream(io::stdout, &io::stdout())
    }
}

impl Pretty<fn() -> io::Stderr> {
    /// A sink that writes to stderr, in colour where that is a terminal and the environment agrees, as for
    /// [`stdout`](Pretty::stdout).
    #[must_use]
    pub fn stderr() -> Self {
        Self::of_stream(io::stderr, &io::stderr())
    }
}

impl<W> Pretty<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync,
{
    /// A sink that writes through `make_writer`, without colour.
    pub fn new(make_writer: W) -> Self {
        Self {
            make_writer,
            has_color: false,
            nesting: Nesting::default(),
            lines: WholeLines::default(),
        }
    }

    /// Writes in colour, or does not, whatever the stream and the environment.
    #[must_use]
    pub fn with_color(self, color: bool) -> Self {
        Self { has_color: color, ..self }
    }

    fn of_stream(make_writer: W, stream: &impl IsTerminal) -> Self {
        let has_color = color::is_wanted(stream.is_terminal(), std::env::var_os);
        Self::new(make_writer).with_color(has_color)
    }
}

impl<W> Sink for Pretty<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync,
{
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let record = line.record()?;
        let depth = self.nesting.depth_of(&record);
        let text = entry::text(record, depth, self.has_color);
        let mut writer = self.make_writer.make_writer_for(metadata::of_records_at(line.level()));
        self.lines.write(&mut writer, text.as_bytes())
    }

    fn name(&self) -> String {
        "pretty".to_owned()
    }

    fn flush(&self) -> io::Result<()> {
        self.lines.flush(&mut self.make_writer.make_writer())
    }
}

impl<W> fmt::Debug for Pretty<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pretty").field("has_color", &self.has_color).finish_non_exhaustive()
    }
}
