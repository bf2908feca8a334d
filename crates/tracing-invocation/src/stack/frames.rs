//! What the names on a stack mean.
//!
//! A compiled program says more or less of itself. With debug information there is a file and a line for each function,
//! also for one that was inlined, and the name may lack its path; without it there are whole names, of the functions
//! that were not inlined. Where the compiler found two functions to be the same it keeps one: the parameters of generic
//! functions in a name may be those of another, so nothing relies on them.

use std::fmt::Write as _;

/// A function that is being run, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(super) function: String,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) whose: Whose,
    /// Where the function is defined, as the path of a module: `tokio::time::sleep`. Of frames that are not the user's.
    pub(super) module: String,
}

/// Whose code a function is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Whose {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// The language's own, this crate's, and that of `tracing`: what stands between any two others.
    Between,
    /// A library's.
    Library,
    /// The program's.
    User,
}

/// Crates that a program is built from rather than its own, where only a name is known.
const LIBRARIES: [&str; 52] = [
    "actix_rt",
    "async_channel",
    "async_executor",
    "async_global_executor",
    "async_io",
    "async_lock",
    "async_std",
    "async_task",
    "axum",
    "axum_core",
    "bb8",
    "blocking",
    "concurrent_queue",
    "crossbeam_channel",
    "crossbeam_utils",
    "deadpool",
    "event_listener",
    "event_listener_strategy",
    "flume",
    "futures",
    "futures_channel",
    "futures_core",
    "futures_executor",
    "futures_lite",
    "futures_sink",
    "futures_task",
    "futures_timer",
    "futures_util",
    "h2",
    "http_body_util",
    "hyper",
    "hyper_util",
    "lapin",
    "mio",
    "parking_lot",
    "pin_project",
    "pin_project_lite",
    "polling",
    "quinn",
    "rdkafka",
    "redis",
    "reqwest",
    "rustls",
    "smol",
    "sqlx",
    "sqlx_core",
    "tokio",
    "tokio_rustls",
    "tokio_stream",
    "tokio_util",
    "tonic",
    "tower",
];

const BETWEEN: [&str; 11] = [
    "alloc",
    "backtrace",
    "core",
    "gimli",
    "std",
    "tracing",
    "tracing_core",
    "tracing_futures",
    "tracing_invocation",
    "tracing_log",
    "tracing_subscriber",
];

impl Frame {
    pub(super) fn new(function: String, file: String, line: u32, column: u32) -> Self {
        let (mut whose, mut module) = (Whose::Unknown, String::new());
        if let Some((of, path)) = by_file(&file) {
            (whose, module) = (of, path);
        } else if let Some(path) = path_of(&function) {
            whose = whose_crate(path.split("::").next().unwrap_or_default());
            module = path;
        } else if !function.is_empty() && !function.starts_with('{') {
            // Of the language's own beginnings, as `__rust_try` and `main` are.
            whose = Whose::Between;
        }
        Self { function, file, line, column, whose, module }
    }

    pub(super) fn is_users(&self) -> bool {
        self.whose == Whose::User && !self.is_drop_glue()
    }

    /// Whether this is what the compiler drops the parts of a value with.
    pub(super) fn is_drop_glue(&self) -> bool {
        let name = self.function.strip_prefix("core::ptr::").unwrap_or(&self.function);
        name.starts_with("drop_in_place") || name.starts_with("drop_glue")
    }

    /// Whether this is a `Drop::drop`.
    pub(super) fn is_drop(&self) -> bool {
        let name = base_name(&self.function);
        name == "drop" || name == "__drop_inner"
    }

    /// The name of the function alone.
    pub(super) fn base(&self) -> &str {
        base_name(&self.function)
    }

    /// Whether the function is defined in this module or one below it.
    pub(super) fn is_in(&self, module: &str) -> bool {
        self.module
            .strip_prefix(module)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }

    /// Whether the other is the same function at the same place, or where an `.await` at this place ends.
    pub(super) fn is_where(&self, other: &Self) -> bool {
        /// The letters of `await`.
        const AWAIT: u32 = 5;
        let columns = self.column..=self.column.saturating_add(AWAIT);
        self.line != 0
            && self.column != 0
            && (self.line, &self.file) == (other.line, &other.file)
            && columns.contains(&other.column)
            && self.base() == other.base()
    }

    /// The function and where it stands, as far as both are known.
    pub(super) fn place(&self) -> Option<String> {
        let function = plain_name(&self.function);
        let mut place = function.unwrap_or_default();
        if self.line != 0 && !self.file.is_empty() {
            let file = short_file(&self.file);
            let line = self.line;
            let written = if place.is_empty() {
                write!(place, "{file}:{line}")
            } else {
                write!(place, " ({file}:{line})")
            };
            written.ok()?;
        }
        (!place.is_empty()).then_some(place)
    }
}

/// Whose the code in this file is, and the module that it is.
fn by_file(file: &str) -> Option<(Whose, String)> {
    if file.is_empty() {
        return None;
    }
    if !file.ends_with(".rs") {
        // Of the C library, for which a system may have debug information.
        return Some((Whose::Library, String::new()));
    }
    let of_rust = file.starts_with("/rustc/") || file.contains("/rustlib/src/rust/");
    if of_rust && let Some((_, path)) = file.split_once("/library/") {
        let (of, path) = path.split_once("/src/").unwrap_or((path, ""));
        return Some((Whose::Between, module(&of.replace('-', "_"), path)));
    }
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/src/").replace('\\', "/");
    if let Some(path) = file.strip_prefix(&*own) {
        return Some((Whose::Between, module("tracing_invocation", path)));
    }
    // Tests, examples and what is generated are elsewhere.
    let (before, path) = file.rsplit_once("/src/").unwrap_or((file, ""));
    let is_fetched =
        ["/registry/src/", "/git/checkouts/", "/vendor/"].iter().any(|at| file.contains(at));
    let directory = before.rsplit('/').next().unwrap_or_default();
    let of = unversioned(directory).replace('-', "_");
    let whose = match whose_crate(&of) {
        Whose::User if is_fetched => Whose::Library,
        whose if is_fetched => whose,
        _ => Whose::User,
    };
    Some((whose, module(&of, path)))
}

fn whose_crate(name: &str) -> Whose {
    match name {
        _ if BETWEEN.contains(&name) => Whose::Between,
        _ if LIBRARIES.contains(&name) => Whose::Library,
        "" | "__rustc" | "rust_panic" => Whose::Between,
        _ => Whose::User,
    }
}

/// `tokio` of `tokio-1.54.1`.
fn unversioned(directory: &str) -> &str {
    let is_version = |at: usize| {
        let version = &directory[at + 1..];
        version.starts_with(|first: char| first.is_ascii_digit()) && version.contains('.')
    };
    let end = directory.match_indices('-').map(|(at, _)| at).find(|&at| is_version(at));
    &directory[..end.unwrap_or(directory.len())]
}

fn module(of: &str, path: &str) -> String {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let mut module = of.to_owned();
    for part in path.split('/').filter(|part| !matches!(*part, "" | "lib" | "mod")) {
        module.push_str("::");
        module.push_str(part);
    }
    module
}

/// The path in front of a function's name, without parameters: `tokio::time::sleep::Sleep` of
/// `<tokio::time::sleep::Sleep as core::future::future::Future>::poll`.
fn path_of(function: &str) -> Option<String> {
    let mut rest = function;
    while let Some(inner) = ["<", "&", "mut ", "*const ", "*mut ", "dyn ", "(", "["]
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix))
    {
        rest = inner;
    }
    let is_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let end = rest.find(|c| !is_of_path(c)).unwrap_or(rest.len());
    let path = rest[..end].trim_end_matches(':');
    let is_whole = end == rest.len() && !function.starts_with('<');
    let path = if is_whole { path.rsplit_once("::").map_or(path, |(path, _)| path) } else { path };
    (function.contains("::") && !path.is_empty()).then(|| path.to_owned())
}

/// The name of a function without what is in front and its parameters: `poll` of `<T as Future>::poll` and `poll<T>`.
fn base_name(function: &str) -> &str {
    let mut depth = 0_usize;
    let mut start = 0;
    let bytes = function.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' | b'[' => depth += 1,
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0
                && bytes.get(at + 1) != Some(&b'<')
                && bytes.get(at + 1) != Some(&b':') =>
            {
                start = at + 1
            }
            _ => {}
        }
    }
    let base = &function[start..];
    base.split(['<', '(']).next().unwrap_or(base).trim_end_matches(':')
}

/// The path of a function, as a person knows it: without parameters and without what the compiler calls the body of an
/// `async fn` and of a closure. Nothing where that is all that is known.
fn plain_name(function: &str) -> Option<String> {
    let mut plain = String::new();
    let mut depth = 0_usize;
    let bytes = function.as_bytes();
    for (at, c) in function.char_indices() {
        match c {
            // The type of `<T as Trait>::poll` is a part of the name; the parameters of `poll::<T>` are not.
            '<' if at == 0 => {}
            '<' => depth += 1,
            '>' if bytes.get(at.wrapping_sub(1)) == Some(&b'-') => {}
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let plain = match plain.split_once(" as ") {
        Some((of, method)) if function.starts_with('<') => {
            let method = method.rsplit("::").next().unwrap_or_default();
            format!("{of}::{method}")
        }
        _ => plain,
    };
    let mut parts: Vec<_> = plain.split("::").filter(|part| !part.is_empty()).collect();
    while parts.last().is_some_and(|part| part.starts_with('{')) {
        parts.pop();
    }
    let is_named =
        !parts.is_empty() && !parts.iter().any(|part| part.starts_with(['{', '&', '(', '[']));
    is_named.then(|| parts.join("::"))
}

/// The file from the directory of its crate on: where that lies differs from machine to machine.
fn short_file(file: &str) -> &str {
    let others = ["/tests/", "/examples/", "/benches/"];
    let root = file.rfind("/src/").or_else(|| others.iter().filter_map(|at| file.rfind(at)).max());
    let start = root.and_then(|root| file[..root].rfind('/')).map_or(0, |at| at + 1);
    let shown = &file[start..];
    if root.is_some() {
        return shown;
    }
    let cut = file.rmatch_indices('/').nth(2).map_or(0, |(at, _)| at + 1);
    &file[cut..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, file: &str) -> Frame {
        Frame::new(function.to_owned(), file.to_owned(), 7, 3)
    }

    const REGISTRY: &str = "/home/ann/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/";

    #[test]
    fn a_file_tells_whose_a_function_is() {
        let sleep = frame("poll", &format!("{REGISTRY}tokio-1.54.1/src/time/sleep.rs"));
        assert_eq!((sleep.whose, &*sleep.module), (Whose::Library, "tokio::time::sleep"));
        let util = frame(
            "{async_fn#0}",
            &format!("{REGISTRY}tokio-util-0.7.20/src/sync/cancellation_token.rs"),
        );
        assert_eq!(
            (util.whose, &*util.module),
            (Whose::Library, "tokio_util::sync::cancellation_token")
        );
        let pre = frame("poll", &format!("{REGISTRY}axum-1.0.0-rc.1/src/lib.rs"));
        assert_eq!(&*pre.module, "axum");
        let core = frame("poll<F>", "/rustc/59807616e1fa/library/core/src/future/poll_fn.rs");
        assert_eq!((core.whose, &*core.module), (Whose::Between, "core::future::poll_fn"));
        let span = frame("drop<F>", &format!("{REGISTRY}tracing-0.1.44/src/instrument.rs"));
        assert_eq!((span.whose, &*span.module), (Whose::Between, "tracing::instrument"));
        let user = frame("{async_fn#0}", "/home/ann/shop/src/worker.rs");
        assert_eq!(user.whose, Whose::User);
        let libc = frame("__libc_start_call_main", "./csu/../sysdeps/nptl/libc_start_call_main.h");
        assert_eq!(libc.whose, Whose::Library);
        let test = frame("{async_fn#0}", "/home/ann/shop/tests/it/main.rs");
        assert_eq!(test.whose, Whose::User);
        let other = frame("poll", &format!("{REGISTRY}sometimes-0.1.0/src/lib.rs"));
        assert_eq!((other.whose, &*other.module), (Whose::Library, "sometimes"));
    }

    #[test]
    fn without_a_file_a_name_tells_whose_a_function_is() {
        let sleep = frame("<tokio::time::sleep::Sleep as core::future::future::Future>::poll", "");
        assert_eq!((sleep.whose, &*sleep.module), (Whose::Library, "tokio::time::sleep::Sleep"));
        assert!(sleep.is_in("tokio::time::sleep"));
        assert_eq!(frame("probe::wait::{{closure}}", "").whose, Whose::User);
        assert_eq!(frame("probe::wait::{closure#0}", "").whose, Whose::User);
        assert_eq!(
            frame("tokio::runtime::task::core::Core<T,S>::set_stage", "").whose,
            Whose::Library
        );
        assert_eq!(
            frame("core::ptr::drop_in_place<probe::wait::{{closure}}>", "").whose,
            Whose::Between
        );
        assert_eq!(frame("__rust_try", "").whose, Whose::Between);
        assert_eq!(frame("", "").whose, Whose::Unknown);
    }

    #[test]
    fn a_function_is_called_what_a_person_calls_it() {
        let place = |function: &str| Frame::new(function.to_owned(), String::new(), 0, 0).place();
        assert_eq!(
            place("probe::by_handled::{{closure}}::{{closure}}").as_deref(),
            Some("probe::by_handled")
        );
        assert_eq!(place("probe::by_handled::{async_fn#0}").as_deref(), Some("probe::by_handled"));
        assert_eq!(
            place("<probe::N as core::future::future::Future>::poll").as_deref(),
            Some("probe::N::poll")
        );
        assert_eq!(place("probe::run<probe::main::{{closure}}>").as_deref(), Some("probe::run"));
        assert_eq!(place("{async_fn#0}"), None);
        let inlined = frame("{async_block#0}", "/home/ann/shop/src/worker.rs");
        assert_eq!(inlined.place().as_deref(), Some("shop/src/worker.rs:7"));
        let named = frame("shop::worker::run::{{closure}}", "/home/ann/shop/src/worker.rs");
        assert_eq!(named.place().as_deref(), Some("shop::worker::run (shop/src/worker.rs:7)"));
    }

    #[test]
    fn a_file_is_shown_from_its_crate_on() {
        assert_eq!(
            short_file("/home/ann/src/shop/examples/src/bin/why.rs"),
            "examples/src/bin/why.rs"
        );
        assert_eq!(short_file("/home/ann/shop/tests/it/main.rs"), "shop/tests/it/main.rs");
        assert_eq!(short_file("/home/ann/shop/build/generated/a.rs"), "build/generated/a.rs");
        assert_eq!(short_file("a.rs"), "a.rs");
    }

    #[test]
    fn names_are_found_behind_types_and_in_front_of_parameters() {
        assert_eq!(
            base_name("<tokio::time::timeout::Timeout<T> as core::future::future::Future>::poll"),
            "poll"
        );
        assert_eq!(base_name("poll<probe::wait::{async_fn_env#0}>"), "poll");
        assert_eq!(
            base_name("tokio::runtime::task::harness::cancel_task::<alloc::sync::Arc<S>>"),
            "cancel_task"
        );
        assert_eq!(base_name("cancel_task<F, fn() -> u8>"), "cancel_task");
        assert_eq!(base_name("probe::wait::{{closure}}"), "{{closure}}");
    }

    #[test]
    fn glue_is_told_from_what_runs() {
        let glue =
            frame("drop_in_place<shop::run::{async_fn_env#0}>", "/home/ann/shop/src/worker.rs");
        assert!(glue.is_drop_glue() && !glue.is_users());
        assert!(frame("core::ptr::drop_in_place<T>", "").is_drop_glue());
        assert!(frame("<futures_util::X<F> as core::ops::drop::Drop>::drop", "").is_drop());
    }

    #[test]
    fn a_place_is_that_of_an_await_up_to_its_end() {
        let at =
            |column| Frame::new("{async_fn#0}".to_owned(), "/a/src/b.rs".to_owned(), 31, column);
        assert!(at(98).is_where(&at(98)));
        assert!(at(98).is_where(&at(102)));
        assert!(!at(98).is_where(&at(110)));
        assert!(!at(98).is_where(&at(90)));
        assert!(!at(0).is_where(&at(0)));
    }
}
