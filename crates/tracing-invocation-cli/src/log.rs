//! Reads logs to their end for a command, and reports errors and skipped lines on stderr.

mod bar;

use std::io::{IsTerminal as _, stderr, stdin};

use tracing_invocation::format::harmless;

use crate::exit::{ANSWERED, TROUBLE};
use crate::input::{self, Account, MAX_LINE, Place, Progress, Reading, Repeated, Source};
use crate::line::Why;
use bar::Bar;

/// The logs that were read, and the account of their lines.
pub(crate) struct Log {
    sources: Vec<Source>,
    account: Account,
    /// Sources that repeat the records of others, and were skipped.
    repeated: Vec<Repeated>,
}

impl Log {
    /// Reads all sources. Shows a progress bar if stderr is a terminal and reading takes long.
    pub(crate) fn read<R: Reading>(
        sources: Vec<Source>,
        new: impl Fn() -> R + Sync,
    ) -> (Vec<R>, Self) {
        let (sources, repeated) = Source::distinct(sources);
        if sources.contains(&Source::Stdin) && stdin().is_terminal() {
            anstream::eprintln!(
                "invocations: reading records from this terminal: name a file, or end with Ctrl-D"
            );
        }
        let progress = Progress::default();
        let bar = stderr().is_terminal().then(|| Bar::over(&sources, progress.clone()));
        let (readings, account) = input::read(&sources, &progress, new);
        drop(bar);
        (readings, Self { sources, account, repeated })
    }

    /// Returns the number of records.
    pub(crate) fn records(&self) -> u64 {
        self.account.records
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Formats the position of a line as `file:line`.
    pub(crate) fn place(&self, place: Place) -> String {
        let name = self.sources.get(place.source).map(Source::name).unwrap_or_default();
        format!("{}:{}", harmless(&name), place.line)
    }

    /// Reports failed sources and skipped lines on stderr, and returns the exit code.
    pub(crate) fn report(&self) -> u8 {
        self.report_except(&[])
    }

    /// Works like [`report`](Self::report), but leaves out lines that the command itself lists.
    pub(crate) fn report_except(&self, listed: &[Why]) -> u8 {
        for repeated in &self.repeated {
            anstream::eprintln!("invocations: {}", harmless(&repeated.to_string()));
        }
        for trouble in &self.account.troubles {
            let name = self.sources[trouble.source].name();
            anstream::eprintln!("invocations: {}: {}", harmless(&name), trouble.message);
        }
        for why in Why::ALL.into_iter().filter(|why| !listed.contains(why)) {
            let Some((count, first)) = self.account.skipped(why) else { continue };
            let lines =
                if count == 1 { "1 line was".into() } else { format!("{count} lines were") };
            let limit = match why {
                Why::TooLong => format!(" (more than {} MiB)", MAX_LINE >> 20),
                _ => String::new(),
            };
            let which = if count == 1 { "" } else { "the first is " };
            anstream::eprintln!(
                "invocations: {lines} skipped, {}{limit}: {which}{}",
                why.description(),
                self.place(first)
            );
        }
        if self.account.troubles.is_empty() && self.account.records > 0 {
            return ANSWERED;
        }
        if self.account.troubles.is_empty() {
            self.report_no_records();
        }
        TROUBLE
    }

    fn report_no_records(&self) {
        let names: Vec<_> = self.sources.iter().map(Source::name).collect();
        let names = harmless(&names.join(", ")).into_owned();
        if Why::ALL.into_iter().all(|why| self.account.skipped(why).is_none()) {
            let are = if self.sources.len() == 1 { "is" } else { "are" };
            anstream::eprintln!("invocations: {names}: {are} empty");
            return;
        }
        anstream::eprintln!(
            "invocations: {names}: no records were found. A program with tracing-invocation writes one JSON object per \
            line, with `event_outcome`, `trace_id` and `span_id`"
        );
    }
}
