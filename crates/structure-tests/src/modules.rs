//! The modules of a crate: what each defines, re-exports and refers to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// The path of a module inside its crate: `["settings", "handle"]`. The root is empty.
pub type Name = Vec<String>;

/// A module with a file of its own, or one that is written inside another module's file.
#[derive(Debug, Default)]
pub struct Module {
    /// The module whose file holds the code.
    pub file: Name,
    /// Names of the items that are defined here.
    pub items: BTreeSet<String>,
    /// What a name stands for that is re-exported here; `*` is everything below a path.
    pub reexports: Vec<(String, Name)>,
    /// Paths in code that lead somewhere.
    pub references: Vec<Name>,
}

/// Reads all modules of the crate with this root file, `lib.rs` or `main.rs`.
///
/// # Errors
///
/// Where a file cannot be read, or is not Rust.
pub fn read(root: &Path) -> io::Result<BTreeMap<Name, Module>> {
    let mut modules = BTreeMap::new();
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    read_file(root, folder, Vec::new(), &mut modules)?;
    Ok(modules)
}

fn read_file(
    path: &Path,
    folder: PathBuf,
    name: Name,
    modules: &mut BTreeMap<Name, Module>,
) -> io::Result<()> {
    let source = fs::read_to_string(path).map_err(|error| at(path, &error))?;
    let file = syn::parse_file(&source).map_err(|error| at(path, &error))?;
    read_items(&file.items, folder, name.clone(), name, modules)
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}

fn read_items(
    items: &[Item],
    folder: PathBuf,
    name: Name,
    file: Name,
    modules: &mut BTreeMap<Name, Module>,
) -> io::Result<()> {
    let mut module = Module { file: file.clone(), ..Module::default() };
    for item in items.iter().filter(|item| !is_test(attributes(item))) {
        match item {
            Item::Mod(inner) => {
                let ident = inner.ident.to_string();
                let (mut name, folder) = (name.clone(), folder.join(&ident));
                name.push(ident.clone());
                match &inner.content {
                    Some((_, items)) => read_items(items, folder, name, file.clone(), modules)?,
                    None => {
                        let beside = folder.with_file_name(format!("{ident}.rs"));
                        read_file(&beside, folder, name, modules)?;
                    }
                }
            }
            Item::Use(declaration) => {
                let is_private = matches!(declaration.vis, Visibility::Inherited);
                flatten(&declaration.tree, Vec::new(), &mut |alias, path| {
                    if is_private {
                        module.references.push(path.clone());
                    }
                    module.reexports.push((alias, path));
                });
            }
            _ => {
                module.items.extend(defined(item));
                References(&mut module.references).visit_item(item);
            }
        }
    }
    modules.insert(name, module);
    Ok(())
}

/// Calls `found` with the name and the path of everything that a `use` declaration brings in.
fn flatten(tree: &UseTree, mut path: Name, found: &mut impl FnMut(String, Name)) {
    match tree {
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            flatten(&inner.tree, path, found);
        }
        UseTree::Name(inner) => {
            let ident = inner.ident.to_string();
            if ident == "self" {
                let alias = path.last().cloned().unwrap_or_default();
                return found(alias, path);
            }
            path.push(ident.clone());
            found(ident, path);
        }
        UseTree::Rename(inner) => {
            path.push(inner.ident.to_string());
            found(inner.rename.to_string(), path);
        }
        UseTree::Glob(_) => found("*".to_owned(), path),
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| flatten(tree, path.clone(), found));
        }
    }
}

/// Collects paths of more than one segment: `crate::clock::now`, `handover::levels`.
struct References<'a>(&'a mut Vec<Name>);

impl<'ast> Visit<'ast> for References<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, declaration: &'ast syn::ItemUse) {
        flatten(&declaration.tree, Vec::new(), &mut |_, path| self.0.push(path));
    }
}

fn defined(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns `true` for `#[cfg(test)]` and `#[cfg(doctest)]`.
fn is_test(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test") || path.is_ident("doctest"))
    };
    attributes.iter().any(is_test)
}
