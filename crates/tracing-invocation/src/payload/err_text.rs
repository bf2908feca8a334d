//! Finds out by its `Debug` text whether a value is an `Err`, and reads what is inside.

use std::fmt::{self, Write as _};

use super::{Rules, text};

const OPENING: &str = "Err(";

/// Returns the text inside of `Err(..)`, a JSON text, if that is what `value` formats to. Any other value is given up at its first
/// text.
pub(crate) fn inside_err(value: &dyn fmt::Debug, rules: &Rules) -> Option<Vec<u8>> {
    let mut beginning = Beginning { left: OPENING };
    // The writer fails once it knows. A value that panics is no `Err`.
    let _ = text::fenced(|| write!(beginning, "{value:?}").map_err(|_| ()));
    beginning.left.is_empty().then(|| {
        let mut message = Vec::new();
        let inside = format_args!("{}", Inside(value));
        text::push_formatted(&mut message, inside, rules.limits.message, &rules.redaction);
        message
    })
}

/// Compares what is written with the beginning that is looked for.
struct Beginning {
    left: &'static str,
}

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.left.strip_prefix(text) {
            Some(left) if !left.is_empty() => {
                self.left = left;
                Ok(())
            }
            Some(left) => {
                self.left = left;
                Err(fmt::Error)
            }
            None if text.starts_with(self.left) => {
                self.left = "";
                Err(fmt::Error)
            }
            None => Err(fmt::Error),
        }
    }
}

/// The text of an `Err`, without `Err(` and the last bracket.
struct Inside<'a>(&'a dyn fmt::Debug);

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut writer = WithoutBrackets { to: f, skipped: 0, holds_bracket: false };
        write!(writer, "{:?}", self.0)
    }
}

/// Hands on what is written, but for the opening and for a closing bracket that nothing follows.
struct WithoutBrackets<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    /// Bytes of the opening that were left out.
    skipped: usize,
    holds_bracket: bool,
}

impl fmt::Write for WithoutBrackets<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let skip = (OPENING.len() - self.skipped).min(text.len());
        self.skipped += skip;
        let text = text.get(skip..).unwrap_or_default();
        if text.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.holds_bracket) {
            self.to.write_str(")")?;
        }
        let shown = text.strip_suffix(')');
        self.holds_bracket = shown.is_some();
        self.to.write_str(shown.unwrap_or(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(value: &dyn fmt::Debug) -> Option<String> {
        let json = inside_err(value, Rules::standard())?;
        Some(serde_json::from_slice(&json).unwrap())
    }

    #[test]
    fn what_is_inside_of_an_err_is_its_text() {
        assert_eq!(inside(&Err::<(), _>(Some(7))).unwrap(), "Some(7)");
        assert_eq!(inside(&Err::<(), _>("torn")).unwrap(), "\"torn\"");
        assert_eq!(inside(&Err::<(), _>(())).unwrap(), "()");
        assert_eq!(inside(&format_args!("Err(at once)")).unwrap(), "at once");
        assert_eq!(inside(&format_args!("E{}(({}))", "rr", 1)).unwrap(), "(1)");
    }

    #[test]
    fn anything_else_is_no_err() {
        for value in [&Ok::<_, ()>(1) as &dyn fmt::Debug, &"Err(1)", &Some(Err::<(), _>(1)), &7] {
            assert_eq!(inside(value), None);
        }
        for text in ["", "Err", "Er", "Error(1)", "err(1)"] {
            assert_eq!(inside(&format_args!("{text}")), None);
        }
    }

    #[test]
    fn a_value_that_is_no_err_is_given_up_at_once() {
        struct Endless;
        impl fmt::Debug for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("more")?;
                }
            }
        }
        assert_eq!(inside(&Endless), None);
    }
}
