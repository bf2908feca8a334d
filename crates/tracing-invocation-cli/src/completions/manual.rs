//! Generates manual pages from the `--help` texts.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// The heading of the examples in a help text.
const EXAMPLES: &str = "Examples:";

/// Returns the page of a command, or of the program itself.
///
/// # Errors
///
/// Never in practice: it writes to memory.
pub(super) fn page(command: &Command, program: &Command) -> io::Result<String> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_uppercase();
    let version = program.get_version().unwrap_or_default();
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    let mut rest = Roff::new();
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    let examples = help.map(|help| prose(&mut rest, &help.to_string()));
    rest.to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut end = Roff::new();
    if let Some(examples) = examples {
        show(&mut end, &examples);
    }
    see_also(&mut end, command, program);
    end.to_writer(&mut page)?;
    // Every part repeats the preamble of roff, which a page needs only once.
    let preamble = Roff::new().render();
    let title =
        format!(".TH {name} 1 \"\" \"{} {version}\" \"User Commands\"\n", program.get_name());
    let mut text = preamble.clone() + &title;
    for line in String::from_utf8_lossy(&page).replace(&preamble, "").lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// Writes the part of a help text that follows the options, and returns its examples.
fn prose(page: &mut Roff, help: &str) -> Vec<String> {
    let (mut prose, mut examples) = (Vec::new(), Vec::new());
    let mut is_example = false;
    for line in help.lines() {
        is_example = line == EXAMPLES || is_example && (line.is_empty() || line.starts_with(' '));
        if is_example { &mut examples } else { &mut prose }.push(line.trim().to_owned());
    }
    examples.retain(|line| !line.is_empty() && line != EXAMPLES);
    for paragraph in prose.split(String::is_empty).filter(|lines| !lines.is_empty()) {
        page.control("PP", []);
        for line in paragraph {
            page.text([roman(line)]);
        }
    }
    examples
}

/// Writes the examples: the commands, and the sentences that introduce them.
fn show(page: &mut Roff, examples: &[String]) {
    page.control("SH", ["EXAMPLES"]);
    for (index, line) in examples.iter().enumerate() {
        if index > 0 {
            page.control("PP", []);
        }
        match line.strip_prefix("$ ") {
            Some(command) => {
                page.control("nf", []);
                page.control("RS", ["4"]);
                page.text([bold(command)]);
                page.control("RE", []);
                page.control("fi", []);
            }
            None => {
                page.text([roman(line)]);
            }
        }
    }
}

fn see_also(page: &mut Roff, command: &Command, program: &Command) {
    let is_program = command.get_name() == program.get_name();
    let others = program.get_subcommands().filter_map(Command::get_display_name);
    let pages: Vec<_> = if is_program { others.collect() } else { vec![program.get_name()] };
    page.control("SH", ["SEE ALSO"]);
    for (index, name) in pages.iter().enumerate() {
        let end = if index + 1 == pages.len() { "(1)" } else { "(1)," };
        page.text([bold(*name), roman(end)]);
    }
}
