//! What shells and `man` know of the program.

use std::io::{self, Write};

use clap::{Args, CommandFactory as _};

use crate::args::Cli;

/// Print completions for a shell
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "invocations", &mut script);
    out.write_all(&script)?;
    Ok(crate::ANSWERED)
}

/// Print the manual page
#[derive(Args, Debug)]
pub(crate) struct ManArguments {}

pub(crate) fn run_man(_: &ManArguments, out: &mut dyn Write) -> io::Result<u8> {
    clap_mangen::Man::new(Cli::command()).render(&mut &mut *out)?;
    Ok(crate::ANSWERED)
}
