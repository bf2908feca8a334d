//! Whatever a text is, it acts on nothing.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tracing_invocation::{Verdict, begin, json};

use super::{Chain, seen, without_color};
use crate::hostile::tools::HandMade;

/// What a terminal, or a reader of lines, would obey, and what is not seen.
const HOSTILE: &str = "\0\u{7}\u{8}\t\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{9d}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\
    \u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}\u{fff9}\u{e0041}";

/// What would change colours, a title, the screen, or what was written before.
const SEQUENCES: [&str; 4] =
    ["\u{1b}[31m", "\u{1b}]0;title\u{7}", "\u{1b}[2J", "\r\n08:00:00.000Z ✓ success   "];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        select(HOSTILE.chars().collect::<Vec<_>>()).prop_map(String::from),
        select(&SEQUENCES[..]).prop_map(String::from),
        "[a-z =\"\\\\]{0,8}",
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_acts_on_the_terminal(texts in vec(text(), 9), causes in vec(text(), 1..13)) {
        let [name, namespace, entity, key, value, inner_key, inner, kind, message] = &texts[..] else {
            unreachable!("nine were asked for");
        };
        let argument = format!("args.{key}");
        let fields = ["invocation.name", "invocation.namespace", "invocation.entity_id", key, &argument, "map"];
        let members = BTreeMap::from([(inner_key, [inner, message])]);
        let map = json(&members);
        let made = HandMade::new(fields);
        let span = || made.span([name as _, namespace as _, entity as _, value as _, value as _, &map as _]);
        let (plain, colored) = seen(|_| {
            begin(span()).end(Verdict::failed_as(kind, message));
            begin(span()).fail(&*Chain::of(&causes).unwrap());
            drop(begin(span()));
        });
        for text in plain.texts() {
            let is_hostile = |c: char| c != '\n' && (c.is_control() || HOSTILE.contains(c));
            prop_assert!(!text.contains(is_hostile), "{text:?}");
            prop_assert!(text.ends_with('\n'));
            let (head, below) = text.split_once('\n').unwrap();
            prop_assert!(head.starts_with("00:00:00."), "{text}");
            prop_assert!(below.lines().all(|line| line.starts_with(&" ".repeat(28))), "{text}");
        }
        let colored: Vec<_> = colored.texts().iter().map(|text| without_color(text)).collect();
        prop_assert_eq!(colored, plain.texts());
    }
}
