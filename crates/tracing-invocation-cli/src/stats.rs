//! `invocations stats`.

use std::io::{self, Write};

use clap::Args;

use crate::args::Files;

/// Not there yet
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<u8> {
    writeln!(out, "{arguments:?}")?;
    Ok(crate::ANSWERED)
}
