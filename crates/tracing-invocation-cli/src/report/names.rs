//! Texts and names, numbered in the order in which they come.

use foldhash::{HashMap, HashMapExt as _};

/// What the columns of a page give numbers for.
#[derive(Default)]
pub(super) struct Names {
    pub(super) texts: Numbered<String>,
    pub(super) kinds: Numbered<(String, String)>,
}

impl Names {
    /// The number of a text that has one.
    pub(super) fn known(&self, text: &str) -> Option<usize> {
        self.texts.0.get(text).map(|number| number + 1)
    }

    /// The number of a text; 0 stands for none.
    pub(super) fn text(&mut self, text: &str) -> usize {
        self.known(text).unwrap_or_else(|| self.texts.number(text.to_owned()) + 1)
    }
}

pub(super) struct Numbered<T>(HashMap<T, usize>);

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + std::hash::Hash> Numbered<T> {
    pub(super) fn number(&mut self, one: T) -> usize {
        let next = self.0.len();
        *self.0.entry(one).or_insert(next)
    }

    pub(super) fn in_order(self) -> Vec<T> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_unstable_by_key(|(_, number)| *number);
        all.into_iter().map(|(one, _)| one).collect()
    }
}
