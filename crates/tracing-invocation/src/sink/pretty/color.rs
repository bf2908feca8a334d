//! Whether a stream is written to in colour, and which colours.

use std::ffi::OsString;

use anstyle::{AnsiColor, Style};

use crate::record::{Level, Outcome};

/// Text as it is.
pub(super) const PLAIN: Style = Style::new();
/// What is there to be looked up, not read.
pub(super) const DIM: Style = Style::new().dimmed();
/// What an operation is called that has ended.
pub(super) const NAME: Style = Style::new().bold();
/// What went wrong.
pub(super) const ERROR: Style = of(AnsiColor::Red);
/// What takes long: of no colour, as the one for warnings cannot be read on every ground.
const SLOW: Style = Style::new().bold();
/// Records that are missing.
pub(super) const LOST: Style = of(AnsiColor::Red).bold();

/// The style of an outcome's sign and word. Failures and cancellations that another record tells in full are told less
/// loudly.
///
/// Of a terminal's own colours, these are readable on a dark and on a light ground. Blue is not on the one, yellow, cyan
/// and the bright ones are not on the other.
pub(super) fn of_outcome(outcome: Outcome, level: Level) -> Style {
    let is_loud = level >= Level::Info;
    match outcome {
        Outcome::Invoke => DIM,
        Outcome::Success => of(AnsiColor::Green),
        Outcome::Failed if is_loud => ERROR.bold(),
        Outcome::Failed => ERROR,
        Outcome::Cancelled if is_loud => of(AnsiColor::Magenta).bold(),
        Outcome::Cancelled => of(AnsiColor::Magenta),
        Outcome::Unknown => PLAIN,
        Outcome::Slow => SLOW,
    }
}

const fn of(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}

/// Whether a stream is written to in colour: what the environment says, and else whether it is a terminal.
pub(super) fn is_wanted(
    is_terminal: bool,
    variable: impl Fn(&'static str) -> Option<OsString>,
) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let forces = |name| is_set(name) && variable(name).is_some_and(|value| value != "0");
    if is_set("NO_COLOR") {
        return false;
    }
    let is_capable = || variable("TERM").is_none_or(|terminal| terminal != "dumb");
    forces("CLICOLOR_FORCE") || forces("FORCE_COLOR") || (is_terminal && is_capable())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_colored(is_terminal: bool, environment: &[(&str, &str)]) -> bool {
        is_wanted(is_terminal, |name| {
            let (_, value) = environment.iter().find(|(key, _)| *key == name)?;
            Some(value.into())
        })
    }

    #[test]
    fn a_terminal_is_written_to_in_color_and_a_pipe_is_not() {
        assert!(is_colored(true, &[("TERM", "xterm-256color")]));
        assert!(is_colored(true, &[]));
        assert!(!is_colored(false, &[("TERM", "xterm-256color")]));
    }

    #[test]
    fn no_color_wins_unless_it_is_empty() {
        assert!(!is_colored(true, &[("NO_COLOR", "1")]));
        assert!(!is_colored(true, &[("NO_COLOR", "0")]));
        assert!(!is_colored(true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(is_colored(true, &[("NO_COLOR", "")]));
    }

    #[test]
    fn color_is_forced_unless_the_variable_says_no() {
        for name in ["CLICOLOR_FORCE", "FORCE_COLOR"] {
            assert!(is_colored(false, &[(name, "1")]));
            assert!(is_colored(true, &[(name, "1"), ("TERM", "dumb")]));
            assert!(!is_colored(false, &[(name, "0")]));
            assert!(!is_colored(false, &[(name, "")]));
        }
    }

    #[test]
    fn a_dumb_terminal_gets_no_color() {
        assert!(!is_colored(true, &[("TERM", "dumb")]));
    }
}
