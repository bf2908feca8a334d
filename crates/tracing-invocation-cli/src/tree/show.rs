//! Prints traces as lines.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use humantime::format_rfc3339_millis;
use tracing_invocation::Outcome;
use tracing_invocation::format::lasted;

use super::branches::Branches;
use super::counted;

use super::plan::{Entry, Plan, called, teller};
use crate::model::{Operation, Trace};
use crate::render::{self, DIM, Line, NAME, PLAIN};

/// How many operations of a chain are named at each of its ends, where it is longer than both together.
const ENDS: usize = 4;

/// What an age is counted to.
const UNTIL_END: &str = " until the log ends";

/// How many digits of a trace's id are shown where there is little room.
const ID: usize = 12;

/// Writes traces, one below the other.
pub(super) struct Show<'a> {
    out: &'a mut dyn Write,
    columns: Option<usize>,
    /// The time of the log's last record.
    until: SystemTime,
    is_unfolded: bool,
    traces: usize,
    /// Whether the last of them was of one operation, and so one line.
    was_lone: bool,
    too_deep: usize,
}

impl<'a> Show<'a> {
    pub(super) fn new(
        out: &'a mut dyn Write,
        columns: Option<usize>,
        until: SystemTime,
        is_unfolded: bool,
    ) -> Self {
        Self { out, columns, until, is_unfolded, traces: 0, was_lone: false, too_deep: 0 }
    }

    /// How many traces were shown.
    pub(super) fn traces(&self) -> usize {
        self.traces
    }

    /// How many lines stand less deep than they lie.
    pub(super) fn too_deep(&self) -> usize {
        self.too_deep
    }

    pub(super) fn trace(&mut self, trace: &Trace) -> io::Result<()> {
        let plan = Plan::of(trace, self.is_unfolded);
        let lone = match &*plan.outermost() {
            [Entry::Chain(chain)] if trace.operations.len() == 1 => Some(chain.clone()),
            _ => None,
        };
        if self.traces > 0 && !(self.was_lone && lone.is_some()) {
            writeln!(self.out)?;
        }
        self.traces += 1;
        self.was_lone = lone.is_some();
        if let Some(chain) = lone {
            return self.lone(&plan, &chain);
        }
        self.header(trace)?;
        let mut branches = Branches::default();
        // What is still to be shown, the next one last: how deep, whether it is the last of its siblings, and what.
        let mut rest: Vec<_> = plan.outermost().into_iter().map(|entry| (0, true, entry)).collect();
        rest.reverse();
        while let Some((depth, is_last, entry)) = rest.pop() {
            let (lead, deeper) = branches.lead(depth, is_last);
            let mut line = Line::default();
            line.put(DIM, &lead);
            if deeper > 0 {
                self.too_deep += 1;
                line.put(DIM, format!("+{deeper} "));
            }
            self.entry(&mut line, &plan, &entry);
            line.write_whole(self.out, self.columns, &below(&lead))?;
            let below = plan.below(&entry).into_iter().rev().enumerate();
            rest.extend(below.map(|(number, entry)| (depth + 1, number == 0, entry)));
        }
        Ok(())
    }

    /// A trace of one operation is one line.
    fn lone(&mut self, plan: &Plan<'_>, chain: &[usize]) -> io::Result<()> {
        let Some(one) = chain.first().map(|index| plan.operation(*index)) else { return Ok(()) };
        let mut line = Line::default();
        let began = format_rfc3339_millis(one.began());
        let id = one.trace_id.to_string();
        // A terminal has little room, and how an id begins is enough to ask for it.
        let id = if self.columns.is_some() { &id[..ID] } else { &id };
        line.put(DIM, format!("{began}  trace {id}  "));
        self.chain(&mut line, plan, chain);
        line.write_whole(self.out, self.columns, &below(""))
    }

    fn header(&mut self, trace: &Trace) -> io::Result<()> {
        let began = trace.operations.first().map_or(self.until, Operation::began);
        let is_open = trace.operations.iter().any(|one| one.end.is_none());
        // The clock of durations is finer than that of records.
        let last = |one: &Operation| Some(one.end.as_ref()?.at.max(one.began() + self.lasted(one)));
        let ends = trace.operations.iter().filter_map(last);
        let over = ends.chain(is_open.then_some(self.until)).max().unwrap_or(began);
        let mut line = Line::default();
        line.put(DIM, format_rfc3339_millis(began).to_string());
        line.put(PLAIN, "  trace ");
        line.put(NAME, trace.id.to_string());
        line.put(PLAIN, format!("  {}", counted(trace.operations.len(), "operation")));
        let took = time(over.duration_since(began).unwrap_or_default());
        line.put(PLAIN, format!("  {took}{}", if is_open { UNTIL_END } else { "" }));
        line.write(self.out, None)
    }

    fn entry(&self, line: &mut Line, plan: &Plan<'_>, entry: &Entry) {
        match entry {
            Entry::Chain(chain) => self.chain(line, plan, chain),
            Entry::Run(run) => self.run(line, plan, run),
            Entry::Orphans(parent, _) => {
                let why = match plan.find(*parent) {
                    Some(parent) => {
                        format!("is {}, which is said to be inside these", called(parent))
                    }
                    None => "is not in the log".to_owned(),
                };
                line.put(DIM, format!("(parent {parent} {why})"));
            }
        }
    }

    fn chain(&self, line: &mut Line, plan: &Plan<'_>, chain: &[usize]) {
        let (Some(first), Some(last)) = (chain.first(), chain.last()) else { return };
        let (outermost, innermost) = (plan.operation(*first), plan.operation(*last));
        let is_told_elsewhere = teller(innermost).is_some();
        line.put_outcome(innermost.outcome(), is_told_elsewhere);
        for (number, index) in chain.iter().enumerate() {
            let from_end = chain.len() - number;
            if number >= ENDS && from_end > ENDS {
                if number == ENDS {
                    line.put(DIM, format!(" › … {} more …", chain.len() - 2 * ENDS));
                }
                continue;
            }
            let outer = number.checked_sub(1).map(|outer| plan.operation(chain[outer]));
            put_name(line, plan.operation(*index), outer, is_told_elsewhere);
        }
        line.put(PLAIN, format!("  {}", self.took(outermost)));
        self.put_slow(line, innermost);
        put_end(line, plan, *last);
    }

    fn run(&self, line: &mut Line, plan: &Plan<'_>, run: &[usize]) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
        let (one, other) = (plan.operation(*first), plan.operation(*last));
        line.put_outcome(one.outcome(), teller(one).is_some());
        put_name(line, one, None, teller(one).is_some());
        if run.iter().any(|index| plan.operation(*index).entity_id != one.entity_id) {
            line.put(PLAIN, format!(" … {}", other.entity_id.as_deref().unwrap_or_default()));
        }
        let lasted = || run.iter().map(|index| self.lasted(plan.operation(*index)));
        let (least, most) = (lasted().min(), lasted().max());
        let (least, most) = (time(least.unwrap_or_default()), time(most.unwrap_or_default()));
        line.put(NAME, format!("  × {}", run.len()));
        line.put(
            PLAIN,
            if least == most { format!(", {least}") } else { format!(", {least} to {most}") },
        );
        line.put(PLAIN, so_far(one));
        let inside: usize = run.iter().map(|index| plan.inside(*index)).sum();
        if inside > 0 {
            line.put(DIM, format!("  with {} inside", counted(inside, "operation")));
        }
        put_end(line, plan, *first);
    }

    /// How long an operation took, or how old it was when the log ended.
    fn lasted(&self, one: &Operation) -> Duration {
        let until = one.end.as_ref().map_or(self.until, |end| end.at);
        let took = one.end.as_ref().and_then(|end| end.duration);
        took.unwrap_or_else(|| until.duration_since(one.began()).unwrap_or_default())
    }

    fn took(&self, one: &Operation) -> String {
        time(self.lasted(one)) + so_far(one)
    }

    /// Marks what was said to take longer than it should.
    fn put_slow(&self, line: &mut Line, one: &Operation) {
        let Some((_, last)) = one.slow.last() else { return };
        let slow = Some(Outcome::Slow);
        line.put(
            render::style(slow, false),
            format!("  {} {}", render::sign(slow), render::word(slow)),
        );
        if let Some(why) = render::slow(last) {
            line.put(PLAIN, format!(": {why}"));
        }
    }
}

/// What an operation is called and works on, as far as that is not what the one around it says.
fn put_name(line: &mut Line, one: &Operation, outer: Option<&Operation>, is_told_elsewhere: bool) {
    if outer.is_some() {
        line.put(DIM, " › ");
    }
    if outer.is_none_or(|outer| outer.namespace != one.namespace) {
        line.put(DIM, format!("{} ", one.namespace));
    }
    line.put(if is_told_elsewhere { PLAIN } else { NAME }, &one.name);
    let is_news = outer.is_none_or(|outer| outer.entity_id != one.entity_id);
    if let Some(entity_id) = one.entity_id.as_ref().filter(|_| is_news) {
        line.put(PLAIN, format!(" {entity_id}"));
    }
}

/// What an operation ended by, or which one tells that.
fn put_end(line: &mut Line, plan: &Plan<'_>, index: usize) {
    let one = plan.operation(index);
    if let Some(teller) = teller(one) {
        let how = if one.outcome() == Some(Outcome::Failed) { "by" } else { "with" };
        let who = match plan.find(teller) {
            Some(teller) => called(teller),
            None => format!("{teller}, which is not in the log"),
        };
        line.put(DIM, format!("  {how} {who}"));
        return;
    }
    if let Some(told) = plan.told(index) {
        line.put_reason(&told);
    }
}

/// What stands in front of the second line of what has two.
fn below(lead: &str) -> String {
    lead.replace("├─", "│ ").replace("└─", "  ") + "            "
}

fn so_far(one: &Operation) -> &'static str {
    if one.end.is_none() { UNTIL_END } else { "" }
}

fn time(duration: Duration) -> String {
    lasted(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}
