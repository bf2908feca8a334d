//! What docs/RELIABILITY.md names is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../../../../../docs/RELIABILITY.md");

/// The texts between backticks that name a module of tests, or a test.
fn named() -> BTreeSet<&'static str> {
    let is_name = |text: &&str| {
        text.contains("::")
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c))
            && !text.starts_with("process::")
            && !text.starts_with("std::")
    };
    PAGE.split('`').skip(1).step_by(2).filter(is_name).collect()
}

/// The file of a module of tests, in any crate that has it.
fn file_of(module: &str) -> Option<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = format!("tests/it/{}.rs", module.replace("::", "/"));
    ["tracing-invocation", "tracing-invocation-otlp", "end-to-end"]
        .map(|name| crates.join(name).join(&path))
        .into_iter()
        .find(|path| path.is_file())
}

fn is_there(name: &str) -> bool {
    let (module, test) = name.rsplit_once("::").unwrap();
    if file_of(name).is_some() {
        return true;
    }
    let Some(file) = file_of(module) else {
        return false;
    };
    let text = fs::read_to_string(file).unwrap();
    let declares = |line: &str| line.trim_start().starts_with(&format!("fn {test}("));
    text.split("#[test]").skip(1).any(|after| {
        after
            .lines()
            .skip(1)
            .find(|line| !line.trim_start().starts_with("#["))
            .is_some_and(declares)
    })
}

#[test]
fn every_test_that_the_page_of_reliability_names_is_there() {
    let named = named();
    assert!(named.len() > 30, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_test_of_a_fault_is_named_by_the_page_of_reliability() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for after in text.split("#[test]\nfn ").skip(1).filter(|_| module != "page") {
            let name = format!("faults::{module}::{}", after.split('(').next().unwrap());
            assert!(PAGE.contains(&format!("`{name}`")), "{name}");
        }
    }
}
