//! `invocations completions` and `invocations man`: generate shell completions and manual pages.

mod manual;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;
use tracing_invocation::format::harmless;

use crate::exit::ANSWERED;

/// The name of the program on the command line.
const NAME: &str = "invocations";

/// Print completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  $ invocations completions bash > ~/.local/share/bash-completion/completions/invocations
  Write into a directory that is in $fpath, before compinit runs:
  $ invocations completions zsh > ~/.zfunc/_invocations
  $ invocations completions fish > ~/.config/fish/completions/invocations.fish")]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Known,
}

/// The shells whose completions are tested.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Known {
    Bash,
    Zsh,
    Fish,
}

impl From<Known> for Shell {
    fn from(known: Known) -> Self {
        match known {
            Known::Bash => Self::Bash,
            Known::Zsh => Self::Zsh,
            Known::Fish => Self::Fish,
        }
    }
}

/// Prints completions for the command line `program`.
pub(crate) fn run(
    arguments: &Arguments,
    mut program: Command,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(Shell::from(arguments.shell), &mut program, NAME, &mut script);
    out.write_all(&script)?;
    Ok(ANSWERED)
}

/// Print a manual page, or write all of them
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  $ invocations man > invocations.1
  $ invocations man stats > invocations-stats.1
  Write all pages into a directory that man searches:
  $ invocations man --dir ~/.local/share/man/man1")]
pub(crate) struct ManArguments {
    /// The command to document; without it, the program itself
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write the pages of the program and of every command into this directory, and create it if it is missing
    #[arg(long, value_name = "DIR", conflicts_with = "command", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

/// Prints the manual page of a command of `program`, or writes all pages into a directory.
pub(crate) fn run_man(
    arguments: &ManArguments,
    program: Command,
    out: &mut dyn Write,
) -> io::Result<u8> {
    // `help` would only repeat the other pages, so it has no page of its own.
    let mut program = program.disable_help_subcommand(true);
    program.build();
    if let Some(dir) = &arguments.dir {
        fs::create_dir_all(dir)?;
        for command in [&program].into_iter().chain(program.get_subcommands()) {
            let name = command.get_display_name().unwrap_or(NAME);
            let path = dir.join(format!("{name}.1"));
            fs::write(&path, manual::page(command, &program)?)?;
            writeln!(out, "{}", path.display())?;
        }
        return Ok(ANSWERED);
    }
    let command = match &arguments.command {
        None => &program,
        Some(name) => program.find_subcommand(name).ok_or_else(|| {
            let names: Vec<_> = program.get_subcommands().map(Command::get_name).collect();
            let name = harmless(name);
            io::Error::other(format!("there is no command `{name}`: one of {}", names.join(", ")))
        })?,
    };
    out.write_all(manual::page(command, &program)?.as_bytes())?;
    Ok(ANSWERED)
}
