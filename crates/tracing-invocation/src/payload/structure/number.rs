//! Numbers that `serde_json` keeps as text, under its feature `arbitrary_precision`.
//!
//! Any crate of a program may turn that feature on for all of them. Such a number announces itself as a struct
//! with a name of its own, and its digits as that struct's one field.

use serde::Serialize;

use super::key::{About, Key};
use super::{Failed, Output};
use crate::payload::json;

/// The name of the struct.
pub(super) const TOKEN: &str = "$serde_json::private::Number";

/// Characters that a number may have; more are cut as a text is.
const MAX_LENGTH: usize = 64;

/// A number whose digits are to come.
pub(super) struct Number<'o, 'a> {
    out: &'o mut Output<'a>,
    written: bool,
}

impl<'o, 'a> Number<'o, 'a> {
    pub(super) fn new(out: &'o mut Output<'a>) -> Self {
        Self { out, written: false }
    }

    pub(super) fn push<T: Serialize + ?Sized>(&mut self, digits: &T) -> Result<(), Failed> {
        if std::mem::replace(&mut self.written, true) {
            return Err(Failed);
        }
        self.out.attempt(|out| {
            let start = out.to.len();
            digits.serialize(Key::new(out, &mut About::default()).of_at_least(MAX_LENGTH))?;
            unquote(out.to, start);
            Ok(())
        })
    }

    pub(super) fn close(self) -> Result<(), Failed> {
        if self.written { Ok(()) } else { Err(Failed) }
    }
}

/// Appends a number by its digits, a text where they are beyond the range of one.
pub(super) fn push_digits(out: &mut Output<'_>, digits: &str) -> Result<(), Failed> {
    let mut number = Number::new(out);
    number.push(digits)?;
    number.close()
}

/// Makes the text that begins at `start` a number, unless its digits are beyond the range of one.
fn unquote(to: &mut Vec<u8>, start: usize) {
    let Some(Ok(digits)) = to.get(start + 1..to.len() - 1).map(std::str::from_utf8) else {
        return;
    };
    if let Ok(number) = digits.parse::<i64>() {
        to.truncate(start);
        json::push_i64(to, number);
    } else if digits.contains(['.', 'e', 'E'])
        && let Ok(number) = digits.parse::<f64>()
        && number.is_finite()
    {
        to.truncate(start);
        json::push_f64(to, number);
    }
}
