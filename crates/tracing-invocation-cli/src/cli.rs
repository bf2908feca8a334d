//! Defines the command line: the options of every command, and the commands.

use clap::{Parser, Subcommand, ValueEnum};

use crate::{check, completions, diff, follow, open, report, stats, tree};

/// Analyzes logs of tracing-invocation: shows what happened to every operation.
///
/// Reads records as JSON lines in the native format, ECS, Google Cloud's format or OTLP/JSON, plain or gzip. Other lines are
/// skipped and counted.
#[derive(Debug, Parser)]
#[command(name = "invocations", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// When to use colours
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Tree(tree::Arguments),
    Stats(stats::Arguments),
    Open(open::Arguments),
    Check(check::Arguments),
    Follow(follow::Arguments),
    Report(report::Arguments),
    Diff(diff::Arguments),
    Completions(completions::Arguments),
    Man(completions::ManArguments),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// If the output is a terminal
    #[default]
    Auto,
    Always,
    Never,
}
