//! The modules of every crate use one another in one direction.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use structure_tests::graph::{Graph, between_files, between_top_modules, circles};
use structure_tests::modules;

/// The root files of all crates of the workspace, with the names of their crates.
fn roots() -> Vec<(String, PathBuf)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut roots = Vec::new();
    for folder in fs::read_dir(crates).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        for root in ["src/lib.rs", "src/main.rs"].map(|root| folder.join(root)) {
            if root.exists() {
                roots.push((name.clone(), root));
            }
        }
    }
    roots.sort();
    roots
}

#[test]
fn no_import_circles() {
    let mut found = Vec::new();
    for (name, root) in roots() {
        let modules = modules::read(&root).unwrap();
        for (level, graph) in
            [("files", between_files(&modules)), ("modules", between_top_modules(&modules))]
        {
            for circle in circles(&graph) {
                let mut arrows = String::new();
                for from in &circle {
                    for to in graph[from].intersection(&circle) {
                        arrows += &format!("\n    {from} -> {to}");
                    }
                }
                found.push(format!("{name}, {level}:{arrows}"));
            }
        }
    }
    assert!(found.is_empty(), "modules use one another in circles:\n{}", found.join("\n"));
}

#[test]
fn every_crate_is_read() {
    let names: BTreeSet<_> = roots().into_iter().map(|(name, _)| name).collect();
    for name in ["tracing-invocation", "tracing-invocation-cli", "bench", "structure-tests"] {
        assert!(names.contains(name), "{names:?}");
    }
}

fn graph(arrows: &[(&str, &str)]) -> Graph {
    let mut graph = Graph::new();
    for (from, to) in arrows {
        graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
    }
    graph
}

#[test]
fn a_circle_is_found_whole() {
    let graph = graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "a")]);
    let circle: BTreeSet<_> = ["a", "b", "c"].map(str::to_owned).into();
    assert_eq!(circles(&graph), [circle]);
}

#[test]
fn a_diamond_is_no_circle() {
    let graph = graph(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]);
    assert_eq!(circles(&graph), []);
}

#[test]
fn a_use_is_followed_through_reexports_to_the_definition() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sample/lib.rs");
    let modules = modules::read(&folder).unwrap();
    let files = between_files(&modules);
    assert_eq!(files["user"], ["facade::inner", "plain"].map(str::to_owned).into());
    assert_eq!(files["plain"], BTreeSet::new(), "its test module uses `user`");
    let top = between_top_modules(&modules);
    assert_eq!(top["user"], ["facade", "plain"].map(str::to_owned).into());
}
