//! Which module uses which, and the circles among them.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::{Module, Name};

/// For each module, the modules that it uses.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// Returns which file uses which. Files that stand inside one another are one thing, and uses between them are left out.
pub fn between_files(modules: &BTreeMap<Name, Module>) -> Graph {
    let is_same = |from: &Name, to: &Name| from.starts_with(to) || to.starts_with(from);
    collect(modules, |name| name.join("::"), is_same)
}

/// Returns which module at the top of the crate uses which, with everything inside it.
pub fn between_top_modules(modules: &BTreeMap<Name, Module>) -> Graph {
    let is_same = |from: &Name, to: &Name| from.is_empty() || to.is_empty() || from[0] == to[0];
    collect(modules, |name| name.first().cloned().unwrap_or_default(), is_same)
}

fn collect(
    modules: &BTreeMap<Name, Module>,
    node: impl Fn(&Name) -> String,
    is_same: impl Fn(&Name, &Name) -> bool,
) -> Graph {
    let mut graph = Graph::new();
    for (name, module) in modules {
        let uses = graph.entry(node(&module.file)).or_default();
        for reference in &module.references {
            let Some(to) = resolve(modules, name, reference, 0) else { continue };
            if !is_same(&module.file, &to) {
                uses.insert(node(&to));
            }
        }
    }
    graph
}

/// Returns the file that defines what `path` leads to, seen from module `from`. `None` for what is outside the crate.
fn resolve(
    modules: &BTreeMap<Name, Module>,
    from: &Name,
    path: &[String],
    depth: usize,
) -> Option<Name> {
    /// Re-exports of re-exports that are followed. A circle of them would be followed for ever.
    const DEEPEST: usize = 16;
    if depth > DEEPEST {
        return None;
    }
    let (mut at, mut rest) = match path.first()?.as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (from.clone(), &path[1..]),
        "super" => (from[..from.len().checked_sub(1)?].to_vec(), &path[1..]),
        _ => (from.clone(), path),
    };
    while rest.first().is_some_and(|segment| segment == "super") {
        at.pop()?;
        rest = &rest[1..];
    }
    while let Some((segment, below)) = rest.split_first() {
        let module = modules.get(&at)?;
        let inside: Name = at.iter().chain([segment]).cloned().collect();
        if modules.contains_key(&inside) {
            (at, rest) = (inside, below);
            continue;
        }
        if module.items.contains(segment) {
            return Some(module.file.clone());
        }
        let follow = |path: &Name, below: &[String]| {
            let path: Name = path.iter().chain(below).cloned().collect();
            resolve(modules, &at, &path, depth + 1)
        };
        if let Some((_, path)) = module.reexports.iter().find(|(alias, _)| alias == segment) {
            return follow(path, below);
        }
        let mut globs = module.reexports.iter().filter(|(alias, _)| alias == "*");
        return globs.find_map(|(_, path)| follow(path, rest));
    }
    modules.get(&at).map(|module| module.file.clone())
}

/// Returns the circles of a graph: groups of modules each of which uses all others, directly or not.
pub fn circles(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<_, _> =
        graph.keys().map(|name| (name, reached_from(graph, name))).collect();
    let mut circles = BTreeSet::new();
    for (name, all) in &reached {
        if all.contains(*name) {
            let leads_back =
                |other: &&String| reached.get(other).is_some_and(|all| all.contains(*name));
            circles.insert(all.iter().filter(leads_back).cloned().collect::<BTreeSet<_>>());
        }
    }
    circles.into_iter().collect()
}

fn reached_from(graph: &Graph, name: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut left = vec![name.to_owned()];
    while let Some(next) = left.pop() {
        for used in graph.get(&next).into_iter().flatten() {
            if seen.insert(used.clone()) {
                left.push(used.clone());
            }
        }
    }
    seen
}
