//! Loads the differences, and holds the page that lists them to the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde::Deserialize;

/// A difference from the original.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Difference {
    /// The cases that do not carry over because of it, as `group/name`. Empty: it is seen in no case, or in records
    /// that are the same.
    #[serde(default)]
    pub(super) cases: Vec<String>,
    /// What it is about, where no case is named.
    about: Option<String>,
    original: String,
    here: String,
    why: String,
}

const DIFFERENCES: &str = include_str!("../../golden/differences.json");
const PAGE: &str = "../../docs/CONFORMANCE.md";

pub(super) fn all() -> Vec<Difference> {
    serde_json::from_str(DIFFERENCES).unwrap()
}

/// The cases of a difference, by group: `group/name, name`.
fn subject(difference: &Difference) -> String {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in &difference.cases {
        let (group, name) = case.split_once('/').unwrap();
        groups.entry(group).or_default().push(name);
    }
    let cases = groups.into_iter().map(|(group, names)| format!("{group}/{}", names.join(", ")));
    cases.chain(difference.about.clone()).collect::<Vec<_>>().join("; ")
}

fn table(head: &str, differences: impl Iterator<Item = Difference>) -> String {
    let mut table = format!("| {head} | the original | here | why |\n|---|---|---|---|\n");
    for difference in differences {
        let Difference { original, here, why, .. } = &difference;
        writeln!(table, "| {} | {original} | {here} | {why} |", subject(&difference)).unwrap();
    }
    table
}

/// Set `BLESS` to have the page written.
#[test]
fn the_page_lists_the_differences() {
    let (cases, others): (Vec<_>, Vec<_>) =
        all().into_iter().partition(|difference| !difference.cases.is_empty());
    let tables = [
        ("cases", table("case", cases.into_iter())),
        ("others", table("about", others.into_iter())),
    ];
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let mut expected = page.clone();
    for (name, table) in tables {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let from = expected.find(&begin).expect(&begin) + begin.len();
        let to = expected.find(&end).expect(&end);
        expected.replace_range(from..to, &format!("\n{table}\n"));
    }
    if env::var_os("BLESS").is_some() {
        fs::write(path, expected).unwrap();
    } else {
        assert!(
            page == expected,
            "docs/CONFORMANCE.md differs from differences.json: run with BLESS=1"
        );
    }
}
