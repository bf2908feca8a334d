//! Finding what may match a text by what the text begins with.

use std::collections::BTreeMap;
use std::iter;

/// Items, each filed under the beginning of the texts that it is about.
#[derive(Clone, Debug)]
pub(super) struct PrefixIndex<T> {
    /// Those about any text. They need no search; and comparing with an empty text, which is a pointer to nothing,
    /// takes some processors longer than comparing with a full one.
    anywhere: Vec<T>,
    /// The others, in the order of their prefixes.
    nodes: Box<[Node<T>]>,
}

#[derive(Clone, Debug)]
struct Node<T> {
    prefix: Box<str>,
    /// The node with the longest prefix that this one's begins with.
    shorter: Option<usize>,
    items: Vec<T>,
}

impl<T> PrefixIndex<T> {
    /// The items of a prefix keep their order.
    pub(super) fn new(items: impl IntoIterator<Item = (Box<str>, T)>) -> Self {
        let mut filed = BTreeMap::<Box<str>, Vec<T>>::new();
        for (prefix, item) in items {
            filed.entry(prefix).or_default().push(item);
        }
        let anywhere = filed.remove("").unwrap_or_default();
        let mut nodes: Vec<Node<T>> = Vec::with_capacity(filed.len());
        for (prefix, items) in filed {
            let shorter = chain(&nodes, nodes.len().checked_sub(1))
                .find(|&at| prefix.starts_with(&*nodes[at].prefix));
            nodes.push(Node { prefix, shorter, items });
        }
        Self { anywhere, nodes: nodes.into() }
    }

    /// The items of each prefix that the text begins with, list by list.
    ///
    /// What stands between a prefix of the text and the text itself, in alphabetical order, begins with that
    /// prefix. So every one of them is the last node before the text, or is found from there by way of `shorter`.
    pub(super) fn candidates(&self, text: &str) -> impl Iterator<Item = &[T]> {
        let after = self.nodes.partition_point(|node| *node.prefix <= *text);
        let nodes = chain(&self.nodes, after.checked_sub(1)).map(|at| &self.nodes[at]);
        nodes
            .skip_while(move |node| !text.starts_with(&*node.prefix))
            .map(|node| &*node.items)
            .chain([&*self.anywhere])
    }

    /// Every prefix under which something is filed, once.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = &str> {
        let any = (!self.anywhere.is_empty()).then_some("");
        self.nodes.iter().map(|node| &*node.prefix).chain(any)
    }
}

fn chain<T>(nodes: &[Node<T>], from: Option<usize>) -> impl Iterator<Item = usize> {
    iter::successors(from, |&at| nodes[at].shorter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_every_prefix_of_a_text_and_nothing_else(
            prefixes in prop::collection::vec("[a-bé]{0,4}", 0..12),
            text in "[a-bé]{0,6}",
        ) {
            let filed = prefixes.iter().enumerate().map(|(at, prefix)| (prefix.as_str().into(), at));
            let index = PrefixIndex::new(filed);
            let mut found: Vec<_> = index.candidates(&text).flatten().copied().collect();
            found.sort_unstable();
            let expected: Vec<_> =
                (0..prefixes.len()).filter(|&at| text.starts_with(&prefixes[at])).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
