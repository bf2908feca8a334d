//! Names of types that a person reads.

mod readable;

use readable::readable;

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Deref;
use std::ptr;
use std::sync::{LazyLock, PoisonError, RwLock};

use crate::convention::{error, mark, payload};
use crate::payload::{json, text};

/// What kind of error something is: the name of its type, as a person reads it.
#[derive(Clone, Debug)]
pub(crate) struct Kind(Known);

#[derive(Clone, Debug)]
enum Known {
    Type(&'static Type),
    Word(Box<str>),
}

/// What is known of a type by its name.
#[derive(Debug)]
struct Type {
    readable: String,
    /// How the error's object begins in a line.
    head: Vec<u8>,
}

impl Kind {
    /// Characters of a name: generic types have endless ones.
    const LIMIT: usize = 200;

    /// A kind in words of the program's own.
    pub(crate) fn new(word: String) -> Self {
        Self(Known::Word(limited(word).into()))
    }

    /// The kind of the errors of the type with this name. Worked out once and kept for good: a program has no more
    /// types than its code names.
    pub(crate) fn of(type_name: &'static str) -> Self {
        const RECENT: usize = 32;
        thread_local! {
            static CACHE: [Cell<Option<(&'static str, &'static Type)>>; RECENT] = const { [const { Cell::new(None) }; RECENT] };
        }

        let slot = type_name.as_ptr().addr() % RECENT;
        if let Some((recent, known)) = CACHE.with(|cache| cache[slot].get())
            && ptr::eq(recent, type_name)
        {
            return Self(Known::Type(known));
        }
        let known = Type::of(type_name);
        CACHE.with(|cache| cache[slot].set(Some((type_name, known))));
        Self(Known::Type(known))
    }

    /// Appends the beginning of an error's object, up to its message.
    pub(crate) fn push_head(&self, to: &mut Vec<u8>) {
        match &self.0 {
            Known::Type(of) => to.extend_from_slice(&of.head),
            Known::Word(word) => push_head(to, word),
        }
    }

    /// Returns `true` if it is in words of the program's own.
    pub(crate) fn is_word(&self) -> bool {
        matches!(self.0, Known::Word(_))
    }
}

impl Deref for Kind {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Known::Type(of) => &of.readable,
            Known::Word(word) => word,
        }
    }
}

impl From<&'static str> for Kind {
    fn from(type_name: &'static str) -> Self {
        Self::of(type_name)
    }
}

impl Type {
    fn of(name: &'static str) -> &'static Self {
        static ALL: LazyLock<RwLock<HashMap<&'static str, &'static Type>>> =
            LazyLock::new(RwLock::default);
        let known = ALL.read().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        known.unwrap_or_else(|| {
            let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
            all.entry(name).or_insert_with(|| Box::leak(Box::new(Self::new(name))))
        })
    }

    fn new(name: &'static str) -> Self {
        let readable = limited(readable(name));
        let mut head = Vec::new();
        push_head(&mut head, &readable);
        Self { readable, head }
    }
}

fn push_head(to: &mut Vec<u8>, kind: &str) {
    for part in ["\"", payload::ERROR, "\":{\"", error::TYPE, "\":"] {
        to.extend_from_slice(part.as_bytes());
    }
    json::push_string(to, kind);
    for part in [",\"", error::MESSAGE, "\":"] {
        to.extend_from_slice(part.as_bytes());
    }
}

fn limited(mut name: String) -> String {
    if let Some(end) = text::cut_at(&name, Kind::LIMIT) {
        name.truncate(end);
        name.push_str(mark::CUT);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::any::type_name;

    #[test]
    fn one_name_is_one_kind_wherever_it_stands() {
        let elsewhere: &'static str = String::from(type_name::<std::fmt::Error>()).leak();
        for name in [type_name::<std::fmt::Error>(), elsewhere, elsewhere] {
            let kind = Kind::of(name);
            assert_eq!(&*kind, "fmt::Error");
            assert!(!kind.is_word() && Kind::new("fmt::Error".to_owned()).is_word());
        }
    }

    #[test]
    fn many_names_are_not_taken_for_one_another() {
        let names: Vec<&'static str> = (0..200).map(|n| &*format!("shop::E{n}").leak()).collect();
        for _ in 0..2 {
            for (n, name) in names.iter().enumerate() {
                assert_eq!(*Kind::of(name), format!("E{n}"));
            }
        }
    }
}
