//! Logs that a command reads to their end, and what is said of them on stderr.

mod bar;

use std::io::{IsTerminal as _, stderr, stdin};

use tracing_invocation::format::harmless;

use crate::exit::{ANSWERED, TROUBLE};
use crate::input::{self, Account, MAX_LINE, Place, Progress, Reading, Repeated, Source};
use crate::line::Why;
use bar::Bar;

/// What reading the logs has come to.
pub(crate) struct Log {
    sources: Vec<Source>,
    account: Account,
    /// The sources that hold records of others.
    repeated: Vec<Repeated>,
}

impl Log {
    /// Reads all sources. Where that takes long and stderr is a terminal, a bar there says how far it is.
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

    /// How many records there were.
    pub(crate) fn records(&self) -> u64 {
        self.account.records
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// A line, as `file:line`.
    pub(crate) fn place(&self, place: Place) -> String {
        let name = self.sources.get(place.source).map(Source::name).unwrap_or_default();
        format!("{}:{}", harmless(&name), place.line)
    }

    /// Says on stderr what was not read and what was passed over, and returns the exit code that this comes to.
    pub(crate) fn report(&self) -> u8 {
        self.report_but(&[])
    }

    /// [`report`](Self::report), but for lines of which the answer itself tells.
    pub(crate) fn report_but(&self, told: &[Why]) -> u8 {
        for repeated in &self.repeated {
            anstream::eprintln!("invocations: {}", harmless(&repeated.to_string()));
        }
        for trouble in &self.account.troubles {
            let name = self.sources[trouble.source].name();
            anstream::eprintln!("invocations: {}: {}", harmless(&name), trouble.message);
        }
        for why in Why::ALL.into_iter().filter(|why| !told.contains(why)) {
            let Some((count, first)) = self.account.passed_over(why) else { continue };
            let lines =
                if count == 1 { "1 line was".into() } else { format!("{count} lines were") };
            let limit = match why {
                Why::TooLong => format!(" (more than {} MiB)", MAX_LINE >> 20),
                _ => String::new(),
            };
            let which = if count == 1 { "" } else { "the first is " };
            anstream::eprintln!(
                "invocations: {lines} passed over, {}{limit}: {which}{}",
                why.words(),
                self.place(first)
            );
        }
        if self.account.troubles.is_empty() && self.account.records > 0 {
            return ANSWERED;
        }
        if self.account.troubles.is_empty() {
            self.say_there_are_no_records();
        }
        TROUBLE
    }

    fn say_there_are_no_records(&self) {
        let names: Vec<_> = self.sources.iter().map(Source::name).collect();
        let names = harmless(&names.join(", ")).into_owned();
        if Why::ALL.into_iter().all(|why| self.account.passed_over(why).is_none()) {
            let are = if self.sources.len() == 1 { "is" } else { "are" };
            anstream::eprintln!("invocations: {names}: {are} empty");
            return;
        }
        anstream::eprintln!(
            "invocations: {names}: no records were found. A log of records is written by a program with \
             tracing-invocation: one JSON object a line, with `event_outcome`, `trace_id` and `span_id`"
        );
    }
}
