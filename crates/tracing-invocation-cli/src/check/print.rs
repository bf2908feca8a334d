//! Prints the result of a check as text or JSON.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::{Map, Value};
use tracing_invocation::format::harmless;

use super::found::{KINDS, Key, Spot, What};
use super::{Checked, Rules};
use crate::input::{MAX_LINE, Source};
use crate::log::Log;

const PLACE: Style = Style::new().bold();
const WRONG: Style = AnsiColor::Red.on_default().bold();
const RIGHT: Style = AnsiColor::Green.on_default().bold();

/// Prints a line for each of the first problems, then a summary.
pub(super) fn text(
    checked: &Checked,
    rules: Rules,
    log: &Log,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (at, what) in checked.found.first() {
        let place = log.place(at.place());
        writeln!(out, "{PLACE}{place}:{PLACE:#} {}", describe(&what, checked, log))?;
    }
    let (records, operations) = (checked.records, checked.lives.count() as u64);
    let read = format!(
        "{} of {}",
        counted(records, "record", "records"),
        counted(operations, "operation", "operations")
    );
    let problems = checked.found.count();
    if problems == 0 {
        writeln!(out, "{RIGHT}no problems{RIGHT:#} in {read}")?;
    } else {
        let kinds = KINDS.iter().zip(checked.found.counts()).filter(|(_, count)| **count > 0);
        let kinds: Vec<_> = kinds.map(|((_, one, many), n)| counted(*n, one, many)).collect();
        let problems = counted(problems, "problem", "problems");
        writeln!(out, "{WRONG}{problems}{WRONG:#} in {read}: {}", kinds.join(", "))?;
    }
    notes(checked, rules, out)
}

/// Prints notes that are not problems, and may explain one.
fn notes(checked: &Checked, rules: Rules, out: &mut dyn Write) -> io::Result<()> {
    if checked.lost > 0 {
        let lost = counted(checked.lost, "record was", "records were");
        writeln!(out, "the log reports that {lost} lost: missing ends may be among them")?;
    }
    if !rules.allow_open && checked.open > 0 {
        writeln!(
            out,
            "if the program is still running, open operations are not a problem: pass `--allow-open`"
        )?;
    }
    if rules.allow_open && checked.open > 0 {
        let open = counted(checked.open, "operation is", "operations are");
        writeln!(out, "{open} open")?;
    }
    if !rules.strict && checked.unbegun > 0 {
        let unbegun = counted(checked.unbegun, "end has", "ends have");
        writeln!(
            out,
            "{unbegun} no beginning in the log: a policy, a threshold or sampling may have omitted it"
        )?;
    }
    Ok(())
}

/// Describes a problem.
fn describe(what: &What, checked: &Checked, log: &Log) -> String {
    let name = |key: &Key| {
        let name = checked.lives.of(key).map(|(name, ..)| name).unwrap_or_default();
        format!("`{}` (trace {}, span {})", harmless(name), key.0, key.1)
    };
    let place = |spot: Option<Spot>| spot.map(|spot| log.place(spot.place())).unwrap_or_default();
    let begun = |key| place(checked.lives.of(key).and_then(|(_, begun, _)| begun));
    let ended = |key| place(checked.lives.of(key).and_then(|(.., ended)| ended));
    match what {
        What::Schema(describe) => describe.clone(),
        What::Invalid(why) => format!("cannot be parsed as a record: {}", harmless(why)),
        What::Torn => "a record that is cut off".to_owned(),
        What::TooLong => format!("longer than {} MiB", MAX_LINE >> 20),
        What::Foreign => "not a record".to_owned(),
        What::SecondBeginning(key) => {
            format!("{} begins a second time, after {}", name(key), begun(key))
        }
        What::SecondEnd(key) => format!("{} ends a second time, after {}", name(key), ended(key)),
        What::EndBeforeBeginning(key) => {
            format!("{} ends at a time before it begins, at {}", name(key), begun(key))
        }
        What::NoEnd(key) => format!("{} has no end", name(key)),
        What::NoBeginning(key) => format!("{} has no beginning", name(key)),
    }
}

#[derive(Serialize)]
struct Document {
    records: u64,
    operations: usize,
    offences: u64,
    counts: Map<String, Value>,
    first: Vec<Listed>,
    /// Beginnings without an end, and ends without a beginning, whether or not they count as problems.
    open: u64,
    without_beginning: u64,
    lost_records: u64,
}

#[derive(Serialize)]
struct Listed {
    file: String,
    line: u64,
    kind: &'static str,
    what: String,
}

/// Prints one JSON object: the counts, and the first problems.
pub(super) fn json(checked: &Checked, log: &Log, out: &mut dyn Write) -> io::Result<()> {
    let kinds = KINDS.iter().zip(checked.found.counts());
    let listed = |(at, what): &(Spot, What)| {
        let place = at.place();
        let file = log.sources().get(place.source).map(Source::name).unwrap_or_default();
        let kind = KINDS[what.kind()].0;
        Listed { file, line: place.line, kind, what: describe(what, checked, log) }
    };
    let document = Document {
        records: checked.records,
        operations: checked.lives.count(),
        offences: checked.found.count(),
        counts: kinds.map(|((word, ..), count)| ((*word).to_owned(), (*count).into())).collect(),
        first: checked.found.first().iter().map(listed).collect(),
        open: checked.open,
        without_beginning: checked.unbegun,
        lost_records: checked.lost,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
