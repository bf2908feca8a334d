//! What records tell, in the signs, colours and few words of `tracing_invocation::sink::Pretty`.

mod end;
mod line;

pub(crate) use end::{Told, end, short, slow};
pub(crate) use line::{Line, fitted};

use anstyle::{AnsiColor, Style};
use tracing_invocation::Outcome;

/// Text as it is.
pub(crate) const PLAIN: Style = Style::new();
/// What is there to be looked up, not read.
pub(crate) const DIM: Style = Style::new().dimmed();
/// What an operation is called.
pub(crate) const NAME: Style = Style::new().bold();
/// What went wrong.
pub(crate) const ERROR: Style = of(AnsiColor::Red);

/// The sign of an operation that has not ended.
pub(crate) const OPEN_SIGN: &str = "→";
/// The word for one.
pub(crate) const OPEN: &str = "open";

/// The sign of an outcome: one column wide, and nothing that is drawn as an emoji.
pub(crate) const fn sign(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        None | Some(Outcome::Invoke) => OPEN_SIGN,
        Some(Outcome::Success) => "✓",
        Some(Outcome::Failed) => "✗",
        Some(Outcome::Cancelled) => "⊘",
        Some(Outcome::Unknown) => "?",
        Some(Outcome::Slow) => "~",
    }
}

/// The word for an outcome, or for having none yet.
pub(crate) fn word(outcome: Option<Outcome>) -> &'static str {
    outcome.as_ref().map_or(OPEN, |outcome| outcome.as_str())
}

/// The style of an outcome's sign and word. What another record tells in full is told less loudly.
pub(crate) fn style(outcome: Option<Outcome>, is_told_elsewhere: bool) -> Style {
    let style = match outcome {
        None | Some(Outcome::Slow) => return NAME,
        Some(Outcome::Invoke) => return DIM,
        Some(Outcome::Unknown) => return PLAIN,
        Some(Outcome::Success) => return of(AnsiColor::Green),
        Some(Outcome::Failed) => ERROR,
        Some(Outcome::Cancelled) => of(AnsiColor::Magenta),
    };
    if is_told_elsewhere { style } else { style.bold() }
}

const fn of(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}
