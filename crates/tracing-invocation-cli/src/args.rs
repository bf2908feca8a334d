//! Defines the arguments that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The logs that a command reads.
#[derive(Args, Debug)]
pub(crate) struct Files {
    /// Logs to read, plain or gzip; `-`, or no file at all, reads stdin
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
}

/// The output format of rows.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Table,
    Json,
    Csv,
}
