//! `invocations`: analyzes logs of `tracing-invocation`.

mod args;
mod check;
mod cli;
mod completions;
mod diff;
mod exit;
mod follow;
mod input;
mod line;
mod log;
mod model;
mod open;
mod outline;
mod presets;
mod render;
mod report;
mod select;
mod stats;
mod table;
mod tree;

use std::borrow::Cow;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use tracing_invocation::format::harmless;

use crate::cli::{Cli, Color, Command};
use crate::exit::{ANSWERED, TROUBLE};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refusal) => return print_refusal(&refusal).map_or_else(trouble, ExitCode::from),
    };
    match cli.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    let mut out = io::BufWriter::new(anstream::stdout().lock());
    let answered = run(&cli.command, &mut out).and_then(|code| out.flush().map(|()| code));
    answered.map_or_else(trouble, ExitCode::from)
}

/// Reports an error on stderr, and returns the exit code. A closed pipe is not an error: its reader, such as `head`, has
/// read enough.
fn trouble(error: io::Error) -> ExitCode {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ExitCode::from(ANSWERED);
    }
    anstream::eprintln!("invocations: {error}");
    ExitCode::from(TROUBLE)
}

/// Prints the help or version text on stdout, or a usage error on stderr. Returns the exit code.
fn print_refusal(refusal: &clap::Error) -> io::Result<u8> {
    let text = refusal.render();
    if !refusal.use_stderr() {
        let mut out = anstream::stdout().lock();
        write!(out, "{}", text.ansi())?;
        out.flush()?;
        return Ok(ANSWERED);
    }
    // The text repeats arguments, and a file name may contain escape sequences that act on the terminal.
    let is_hostile =
        |argument: OsString| matches!(harmless(&argument.to_string_lossy()), Cow::Owned(_));
    if env::args_os().any(is_hostile) {
        text.to_string().lines().for_each(|line| anstream::eprintln!("{}", harmless(line)));
    } else {
        anstream::eprint!("{}", text.ansi());
    }
    Ok(TROUBLE)
}

fn run(command: &Command, out: &mut dyn Write) -> io::Result<u8> {
    match command {
        Command::Tree(arguments) => tree::run(arguments, out),
        Command::Stats(arguments) => stats::run(arguments, out),
        Command::Open(arguments) => open::run(arguments, out),
        Command::Check(arguments) => check::run(arguments, out),
        Command::Follow(arguments) => follow::run(arguments, out),
        Command::Report(arguments) => report::run(arguments, out),
        Command::Diff(arguments) => diff::run(arguments, out),
        Command::Completions(arguments) => completions::run(arguments, Cli::command(), out),
        Command::Man(arguments) => completions::run_man(arguments, Cli::command(), out),
    }
}
