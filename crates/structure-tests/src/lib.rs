//! Reads which modules of a crate use which, from the sources alone.
//!
//! A module is a file. It uses another one if a `use` declaration or a path in it leads to an item that the other one
//! defines; re-exports are followed to the definition. Not counted are uses between a module and those inside it, which are one
//! thing cut into several files, and test code.

pub mod graph;
pub mod modules;
