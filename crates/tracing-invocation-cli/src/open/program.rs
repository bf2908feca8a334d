//! Decides whether the program that writes a log is still running, and explains why.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use foldhash::HashMap;
use tracing_invocation::format::harmless;

use super::reader::Heard;
use super::writers::{self, Writer, Writers};
use crate::input::Source;

/// By how much the time at which a process is said to have started may be wrong.
const LENIENCE: Duration = Duration::from_secs(2);

/// The state of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Ended,
    Unknown,
}

impl State {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Unknown => "not known",
        }
    }
}

/// What is known of the program that writes a log: a file, and those that it was rotated to.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) files: Vec<String>,
    pub(super) state: State,
    /// How that is known, or why it is not.
    pub(super) known_by: String,
    /// When the first of those started that write it.
    started: Option<SystemTime>,
    exit: Option<SystemTime>,
    last: Option<SystemTime>,
}

/// What is known of one operation.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) state: State,
    /// Until when it has been open, as far as is known.
    pub(super) until: SystemTime,
    /// What is known of it beyond what is known of the log.
    pub(super) because: Option<String>,
}

/// The programs of all logs.
#[derive(Debug)]
pub(super) struct Programs {
    /// By source: which of `programs` it is of.
    of_source: Vec<usize>,
    programs: Vec<Program>,
    now: SystemTime,
}

impl Programs {
    pub(super) fn of(sources: &[Source], heard: &Heard, now: SystemTime) -> Self {
        let heads = heads(sources);
        let files: Vec<_> = sources.iter().map(metadata).collect();
        let writers = writers::find(&files);
        let mut programs = Vec::new();
        let mut of_source = vec![0; sources.len()];
        for (index, source) in
            sources.iter().enumerate().filter(|(index, _)| heads[*index] == *index)
        {
            of_source[index] = programs.len();
            let (state, known_by, started) = look(source, index, &files, writers.as_ref());
            let (files, exit, last) = (Vec::new(), None, None);
            programs.push(Program { files, state, known_by, started, exit, last });
        }
        for (index, source) in sources.iter().enumerate() {
            of_source[index] = of_source[heads[index]];
            let program = &mut programs[of_source[index]];
            program.files.push(source.name());
            program.exit = program.exit.max(heard.exit(index));
            program.last = program.last.max(heard.last(index));
        }
        Self { of_source, programs, now }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Program> {
        self.programs.iter()
    }

    /// What is known of an operation that began then, according to a source.
    pub(super) fn verdict(&self, source: usize, began: SystemTime) -> Verdict {
        let program = &self.programs[self.of_source[source]];
        let last = program.last.unwrap_or(began);
        let ended =
            |because: String| Verdict { state: State::Ended, until: last, because: Some(because) };
        if let Some(exit) = program.exit.filter(|exit| *exit >= began) {
            let exit = humantime::format_rfc3339_seconds(exit);
            // Programs that write one log may overlap, as where the next one starts before the last one ends.
            if program.state == State::Running && program.started.is_some_and(|it| it <= began) {
                let because = format!(
                    "a program ended in good order at {exit}, and what has the log open was there before: it may be of \
                     either"
                );
                let (state, until) = (State::Unknown, self.now);
                return Verdict { state, until, because: Some(because) };
            }
            return ended(format!(
                "a program ended in good order at {exit}, and ended what was open in it: this end was lost, or is of \
                 a program that was killed before"
            ));
        }
        let is_older = program.started.is_some_and(|started| {
            started.checked_sub(LENIENCE).is_some_and(|started| began < started)
        });
        if program.state == State::Running && is_older {
            return ended("no process that has the log open is as old".to_owned());
        }
        if program.state == State::Ended {
            return ended("it was killed or crashed, or this end was lost".to_owned());
        }
        let until = if program.state == State::Running { self.now } else { last };
        Verdict { state: program.state, until, because: None }
    }
}

/// For each source: the one that it was rotated away from, where that is there too, or itself. `app.jsonl` is that of
/// `app.jsonl.1.gz`, and of `app.jsonl-20261127`.
fn heads(sources: &[Source]) -> Vec<usize> {
    let mut places: HashMap<&Path, usize> = HashMap::default();
    for (index, source) in sources.iter().enumerate() {
        if let Source::File(path) = source {
            places.entry(path).or_insert(index);
        }
    }
    let head = |(index, source): (usize, &Source)| {
        let Source::File(path) = source else { return index };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let ends = name.char_indices().filter(|(_, end)| ['.', '-'].contains(end));
        let mut heads = ends.map(|(end, _)| path.with_file_name(&name[..end]));
        let head = heads.find_map(|head| places.get(&*head).copied());
        head.or_else(|| places.get(&**path).copied()).unwrap_or(index)
    };
    sources.iter().enumerate().map(head).collect()
}

/// What a file is, where it is one: also of what is on stdin.
fn metadata(source: &Source) -> Option<Metadata> {
    let path = match source {
        Source::Stdin => PathBuf::from("/proc/self/fd/0"),
        Source::File(path) => path.clone(),
    };
    path.metadata().ok().filter(Metadata::is_file)
}

/// Whether somebody writes a source, and since when.
fn look(
    source: &Source,
    index: usize,
    files: &[Option<Metadata>],
    writers: Option<&Writers>,
) -> (State, String, Option<SystemTime>) {
    let unknown = |why: String| (State::Unknown, why, None);
    let Some(writers) = writers else {
        return unknown("only Linux shows who writes a file".to_owned());
    };
    if files[index].is_none() {
        return unknown("a pipe does not show who writes to it".to_owned());
    }
    let of = &writers.of[index];
    if !of.is_empty() {
        let names: Vec<_> = of
            .iter()
            .map(|Writer { pid, command, .. }| format!("{} (pid {pid})", harmless(command)))
            .collect();
        let verb = if of.len() == 1 { "has" } else { "have" };
        // Where one does not say, nothing is too old for it.
        let started = of.iter().map(|writer| writer.started).min().flatten();
        return (
            State::Running,
            format!("{} {verb} it open for writing", names.join(", ")),
            started,
        );
    }
    if matches!(source, Source::File(path) if path.extension().is_some_and(|extension| extension == "gz"))
    {
        return unknown(
            "it is compressed: name the file that it was rotated away from, too".to_owned(),
        );
    }
    if writers.hidden > 0 {
        let hidden = writers.hidden;
        let processes = if hidden == 1 { "process hides" } else { "processes hide" };
        return unknown(format!(
            "{hidden} {processes} which files are open there: ask as root, or as who runs the program"
        ));
    }
    let how = "no process on this machine has it open for writing; a copy of a log looks the same";
    (State::Ended, how.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_file_is_found_by_what_is_left_of_its_name() {
        let names = [
            "a/app.jsonl.1.gz",
            "a/app.jsonl",
            "b/app.jsonl.1",
            "a/app.jsonl-2026",
            "a/app.json",
            "a/app.jsonl",
        ];
        let mut sources: Vec<_> = names.map(|name| Source::File(name.into())).into();
        sources.push(Source::Stdin);
        assert_eq!(heads(&sources), [1, 1, 2, 1, 4, 1, 6]);
    }

    #[test]
    fn a_file_that_was_rotated_from_nothing_that_is_there_is_its_own() {
        let names = ["app.jsonl.1", "app.jsonl.1.gz", ".1", "..", "-"];
        let sources = names.map(|name| Source::File(name.into()));
        assert_eq!(heads(&sources), [0, 0, 2, 3, 4]);
    }
}
