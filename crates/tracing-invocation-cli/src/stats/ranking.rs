//! Prints rankings of errors and of causes of cancellation.

use std::io::{self, Write};

use anstyle::Style;
use tracing_invocation::format::harmless;

use super::{Calls, Label, Summary, ranked};
use crate::table::{Align, Table};

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The label for cancellations without a recorded cause.
const NOT_RECORDED: &str = "not recorded";

/// The maximum number of characters of a message that are shown.
const MESSAGE: usize = 60;

/// How often an error or a cause ended calls of an operation.
struct Reason<'a> {
    count: u64,
    word: &'a str,
    is_recorded: bool,
    label: &'a Label,
    example: Option<&'a str>,
}

/// Prints the errors and causes, the most frequent first, and how many failures and cancellations are not among them.
pub(super) fn print(summary: &Summary, top: usize, out: &mut dyn Write) -> io::Result<()> {
    let all = || summary.operations.iter().map(|(label, calls)| (&**label, calls));
    let errors = |(label, calls)| errors(label, calls);
    let causes = |(label, calls)| causes(label, calls);
    table("errors", all().flat_map(errors).collect(), top, out)?;
    table("cancelled because", all().flat_map(causes).collect(), top, out)?;

    let failures = inside(all().map(|(_, calls)| calls.caused_by).sum(), "failure");
    let cancellations = inside(all().map(|(_, calls)| calls.cancelled_by).sum(), "cancellation");
    let uncounted: Vec<_> = failures.into_iter().chain(cancellations).collect();
    if !uncounted.is_empty() {
        let uncounted = uncounted.join(" and ");
        writeln!(
            out,
            "\n{DIM}not counted above: {uncounted}, each the same as that of an inner operation{DIM:#}"
        )?;
    }
    Ok(())
}

fn inside(count: u64, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    }
}

fn errors<'a>(label: &'a Label, calls: &'a Calls) -> Vec<Reason<'a>> {
    let reason = |(word, count)| {
        let example = calls.examples.get(word).map(|message| &**message);
        Reason { count, word, is_recorded: true, label, example }
    };
    ranked(&calls.errors).into_iter().map(reason).collect()
}

fn causes<'a>(label: &'a Label, calls: &'a Calls) -> Vec<Reason<'a>> {
    let reason = |(word, count)| Reason { count, word, is_recorded: true, label, example: None };
    let unrecorded = (calls.without_cause > 0)
        .then(|| Reason { is_recorded: false, ..reason((NOT_RECORDED, calls.without_cause)) });
    ranked(&calls.causes).into_iter().map(reason).chain(unrecorded).collect()
}

fn table(
    title: &str,
    mut reasons: Vec<Reason<'_>>,
    top: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    if reasons.is_empty() {
        return Ok(());
    }
    reasons.sort_by(|one, other| {
        other
            .count
            .cmp(&one.count)
            .then_with(|| (one.word, one.label).cmp(&(other.word, other.label)))
    });
    let has_examples = reasons.iter().any(|reason| reason.example.is_some());
    let header = ["count", title, "operation", "for example"];
    let columns = if has_examples { &header[..] } else { &header[..3] };
    let mut table = Table::new(columns, Align::LeftBut(0));
    let shown = if top == 0 { reasons.len() } else { top.min(reasons.len()) };
    for reason in &reasons[..shown] {
        let Label { namespace, name } = reason.label;
        let mut row = vec![
            (reason.count.to_string(), BOLD),
            (harmless(reason.word).into_owned(), if reason.is_recorded { PLAIN } else { DIM }),
            (format!("{} {}", harmless(namespace), harmless(name)), PLAIN),
        ];
        row.extend(has_examples.then(|| (short(reason.example.unwrap_or_default()), DIM)));
        table.push(row);
    }
    writeln!(out)?;
    table.print(out)?;
    if shown < reasons.len() {
        writeln!(out, "{DIM}and {} more: --top 0 shows all{DIM:#}", reasons.len() - shown)?;
    }
    Ok(())
}

/// Truncates a message.
fn short(message: &str) -> String {
    let message = harmless(message);
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.into_owned(),
    }
}
