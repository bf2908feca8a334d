//! Notes on a page: the logs it was made from, and what is missing.

use serde::Serialize;

use super::details::Details;
use super::selection::Selection;
use crate::line::Why;
use crate::log::Log;
use crate::model::Forest;

/// What stands on top of a page, so that it does not look complete where its log is not.
#[derive(Debug, Serialize)]
pub(super) struct PageNotes {
    files: Vec<String>,
    records: u64,
    operations: usize,
    traces: usize,
    /// How many records the log says are missing from it.
    lost: u64,
    /// How many operations began and did not end, those included that the page has no room for.
    open: usize,
    passed_over: Vec<Skipped>,
    troubles: Vec<String>,
    /// How many operations the page has no room for.
    operations_left_out: usize,
    /// Of how many operations it has no room for the payload.
    payloads_left_out: usize,
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct Skipped {
    count: u64,
    words: &'static str,
    first: String,
}

impl PageNotes {
    pub(super) fn of(
        log: &Log,
        lost: u64,
        forest: &Forest,
        selection: &Selection<'_>,
        details: &Details,
    ) -> Self {
        let all = forest.traces.iter().flat_map(|trace| &trace.operations);
        let passed_over = |why: Why| {
            let (count, first) = log.account().skipped(why)?;
            Some(Skipped { count, words: why.description(), first: log.place(first) })
        };
        let name = |source: usize| log.sources()[source].name();
        let troubles = log.account().troubles.iter();
        Self {
            files: (0..log.sources().len()).map(name).collect(),
            records: log.records(),
            operations: selection.operations.len(),
            traces: selection.traces.len(),
            lost,
            open: all.filter(|operation| operation.end.is_none()).count(),
            passed_over: Why::ALL.into_iter().filter_map(passed_over).collect(),
            troubles: troubles
                .map(|one| format!("{}: {}", name(one.source), one.message))
                .collect(),
            operations_left_out: selection.left_out,
            payloads_left_out: details.left_out.len(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// What a page is called that nobody gave a name: as its logs, without their folders.
    pub(super) fn title(&self) -> String {
        let short = |name: &String| {
            let path = std::path::Path::new(name);
            path.file_name().map_or_else(|| name.clone(), |name| name.display().to_string())
        };
        match &self.files[..] {
            [one] => short(one),
            [one, rest @ ..] => format!("{} and {} more", short(one), rest.len()),
            [] => String::new(),
        }
    }

    /// How much there is, in a few words.
    pub(super) fn summary(&self) -> String {
        let count = |count: usize, one: &str| {
            if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
        };
        let shown =
            format!("{} in {}", count(self.operations, "operation"), count(self.traces, "trace"));
        match self.operations_left_out {
            0 => shown,
            left_out => format!("{shown}, without {left_out} earlier ones that it has no room for"),
        }
    }
}
