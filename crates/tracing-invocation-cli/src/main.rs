//! `invocations`: reads the records of `tracing-invocation`, from a log to an answer.

mod args;
mod check;
mod completions;
mod diff;
mod follow;
mod input;
mod line;
mod log;
mod model;
mod open;
mod outline;
mod presets;
mod report;
mod select;
mod stats;
mod table;
mod told;
mod tree;

use std::borrow::Cow;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser as _;
use tracing_invocation::format::harmless;

use crate::args::{Cli, Color, Command};

/// Something was read, and an answer written.
const ANSWERED: u8 = 0;
/// The answer is that something is not as it should be.
const FOUND: u8 = 1;
/// There is no answer, or a part of what was asked about could not be read.
const TROUBLE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => return tell(&said).map_or_else(trouble, ExitCode::from),
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

fn trouble(error: io::Error) -> ExitCode {
    // Whoever read this has seen enough.
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ExitCode::from(ANSWERED);
    }
    anstream::eprintln!("invocations: {error}");
    ExitCode::from(TROUBLE)
}

/// Tells what the command line comes to by itself: a help, or what is wrong with it.
fn tell(said: &clap::Error) -> io::Result<u8> {
    let text = said.render();
    if !said.use_stderr() {
        let mut out = anstream::stdout().lock();
        write!(out, "{}", text.ansi())?;
        out.flush()?;
        return Ok(ANSWERED);
    }
    // An argument may be the name of a file, and a file is called whatever somebody likes.
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
        Command::Completions(arguments) => completions::run(arguments, out),
        Command::Man(arguments) => completions::run_man(arguments, out),
    }
}
