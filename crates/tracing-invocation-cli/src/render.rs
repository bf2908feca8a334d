//! Renders records with the signs, colors and words of `tracing_invocation::sink::Pretty`.

mod end;
mod line;

pub(crate) use end::{Reason, end, short, slow};
pub(crate) use line::{Line, fitted};

use anstyle::{AnsiColor, Style};
use tracing_invocation::Outcome;

/// Unstyled text.
pub(crate) const PLAIN: Style = Style::new();
/// Secondary text, such as ids.
pub(crate) const DIM: Style = Style::new().dimmed();
/// The name of an operation.
pub(crate) const NAME: Style = Style::new().bold();
/// Errors.
pub(crate) const ERROR: Style = of(AnsiColor::Red);

/// The sign of an operation that has not ended.
pub(crate) const OPEN_SIGN: &str = "→";
/// The word for an operation that has not ended.
pub(crate) const OPEN: &str = "open";

/// Returns the sign of an outcome. Each is one column wide, and terminals do not draw it as an emoji.
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

/// Returns the word for an outcome, or for an operation that has not ended.
pub(crate) fn word(outcome: Option<Outcome>) -> &'static str {
    outcome.as_ref().map_or(OPEN, |outcome| outcome.as_str())
}

/// Returns the style of an outcome's sign and word. It is not bold if another record has the error or cancellation in full.
pub(crate) fn style(outcome: Option<Outcome>, is_reported_elsewhere: bool) -> Style {
    let style = match outcome {
        None | Some(Outcome::Slow) => return NAME,
        Some(Outcome::Invoke) => return DIM,
        Some(Outcome::Unknown) => return PLAIN,
        Some(Outcome::Success) => return of(AnsiColor::Green),
        Some(Outcome::Failed) => ERROR,
        Some(Outcome::Cancelled) => of(AnsiColor::Magenta),
    };
    if is_reported_elsewhere { style } else { style.bold() }
}

const fn of(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}
