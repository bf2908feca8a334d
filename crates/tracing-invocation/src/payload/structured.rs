//! Structure through a field of `tracing`, which knows texts and numbers only.
//!
//! To every layer, [`Json`] is a value that displays as JSON. To this crate's visitor it offers the structure
//! itself: the visitor asks on this thread before it formats a value, and takes what is offered if the value turns
//! out to be that structure and nothing around it.

use std::cell::Cell;
use std::fmt;

use serde::Serialize;

use super::structure::push_serialized;
use super::{Rules, text};

thread_local! {
    /// The rules of the visitor that would take a structure now.
    static ASKED: Cell<Option<Rules>> = const { Cell::new(None) };
    /// The rules that were asked by last, so that to ask by them again costs no clone.
    static SPARE: Cell<Option<Rules>> = const { Cell::new(None) };
    static OFFERED: Cell<Option<Offered>> = const { Cell::new(None) };
}

/// A structure, written.
struct Offered {
    json: Vec<u8>,
    extent: Extent,
}

/// How much of a value is to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Limited,
    Whole,
}

/// A value that is written as structure; made by [`json()`](crate::json()).
pub struct Json<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Serialize + ?Sized> fmt::Display for Json<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        offer_or_write(f, self.0, Extent::Limited)
    }
}

/// A value that is written whole, however large; made by [`whole`](crate::whole).
pub struct Whole<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Serialize + ?Sized> fmt::Display for Whole<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        offer_or_write(f, self.0, Extent::Whole)
    }
}

impl<T: Serialize + ?Sized> fmt::Debug for Whole<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Offers a value's structure where it is asked for, by those rules; otherwise writes it.
fn offer_or_write<T: Serialize + ?Sized>(
    f: &mut fmt::Formatter<'_>,
    value: &T,
    extent: Extent,
) -> fmt::Result {
    let change = match extent {
        Extent::Limited => Rules::clone,
        Extent::Whole => Rules::lifted,
    };
    let mut json = Vec::new();
    if let Some(rules) = ask(None) {
        push_serialized(&mut json, value, &change(&rules));
        spare(rules);
        // A thread that is ending has no place for it any more.
        let _ = OFFERED.try_with(|offered| offered.set(Some(Offered { json, extent })));
        return Ok(());
    }
    push_serialized(&mut json, value, &change(Rules::standard()));
    f.write_str(&String::from_utf8_lossy(&json))
}

impl<T: Serialize + ?Sized> fmt::Debug for Json<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Appends what a field holds: structure where it is a [`Json`], otherwise its text. Returns how much of it that is to be.
pub(crate) fn push_debug(to: &mut Vec<u8>, value: &dyn fmt::Debug, rules: &Rules) -> Extent {
    let start = to.len();
    let kept = SPARE.try_with(Cell::take).ok().flatten().filter(|kept| kept.is_same(rules));
    let outer = ask(Some(kept.unwrap_or_else(|| rules.clone())));
    text::push_formatted(to, format_args!("{value:?}"), rules.limits.text, &rules.redaction);
    ask(outer).into_iter().for_each(spare);
    if let Some(Offered { json, extent }) = OFFERED.try_with(Cell::take).ok().flatten() {
        let is_alone = to[start..] == *b"\"\"";
        to.truncate(start);
        if is_alone {
            to.extend_from_slice(&json);
            return extent;
        } else {
            // It stands inside a larger value, which lacks its text: nobody asks this time.
            let outer = ask(None);
            text::push_formatted(
                to,
                format_args!("{value:?}"),
                rules.limits.text,
                &rules.redaction,
            );
            ask(outer);
        }
    }
    Extent::Limited
}

/// Asks for a structure by these rules, or for none; the rules that were asked by until now. A thread that is ending
/// asks for none.
fn ask(rules: Option<Rules>) -> Option<Rules> {
    ASKED.try_with(|asked| asked.replace(rules)).ok().flatten()
}

fn spare(rules: Rules) {
    let _ = SPARE.try_with(|place| place.set(Some(rules)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(value: &dyn fmt::Debug) -> String {
        let mut to = b"before ".to_vec();
        push_debug(&mut to, value, Rules::standard());
        String::from_utf8(to).unwrap().split_off("before ".len())
    }

    #[test]
    fn structure_alone_is_structure() {
        assert_eq!(pushed(&Json(&(1, "a"))), r#"[1,"a"]"#);
        assert_eq!(pushed(&Json("")), r#""""#);
    }

    #[test]
    fn structure_inside_a_value_is_text() {
        assert_eq!(pushed(&(Json(&[1]), Json(&[2]))), r#""([1], [2])""#);
        assert_eq!(pushed(&Some(Json(&[1]))), r#""Some([1])""#);
    }

    #[test]
    fn elsewhere_structure_is_text() {
        assert_eq!(format!("{} {:?}", Json(&[1]), Json(&[2])), "[1] [2]");
        assert_eq!(pushed(&"plain"), r#""\"plain\"""#);
    }
}
