//! Random lives of nested spans, against a model of what they should tell.

use proptest::prelude::*;
use tracing::Span;

use super::*;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A span is opened inside one that is open, or at the root.
    Open(usize),
    /// It is entered, by whoever is inside already or not.
    Enter(usize),
    /// It is left by whoever entered it last.
    Leave(usize),
    /// Time goes by.
    Wait(u32),
    /// It is closed, if nobody is inside and nothing open below it.
    Close(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0_usize..6;
    prop_oneof![
        1 => which.clone().prop_map(Step::Open),
        4 => which.clone().prop_map(Step::Enter),
        4 => which.clone().prop_map(Step::Leave),
        3 => (1_u32..50).prop_map(Step::Wait),
        1 => which.prop_map(Step::Close),
    ]
}

/// One span, and what is known of it.
struct Known {
    span: Option<Span>,
    name: String,
    parent: Option<usize>,
    invoked_ns: Option<u64>,
    entered: Vec<u64>,
    stays: Vec<(u64, u64)>,
    last_child: Option<String>,
    limit_hits: usize,
}

const LIMIT: u32 = 40;

/// What is expected of an operation that was invoked and closed: polls, busy, idle, since the last poll, its last child,
/// and how many stays were too long.
type Expected = (u64, u64, u64, Option<u64>, Option<String>, usize);

#[derive(Default)]
struct Model {
    spans: Vec<Known>,
    /// Of each operation that has ended, its name and what it tells.
    expected: Vec<(String, Expected)>,
}

impl Model {
    fn apply(&mut self, step: Step, log: &Log, now: &mut u64) {
        match step {
            Step::Open(inside) if self.spans.len() < 6 => {
                let parent = self.spans.get(inside).filter(|known| known.span.is_some());
                let id = parent.and_then(|known| known.span.as_ref()?.id());
                let name = format!("span{}", self.spans.len());
                let span = info_span!(parent: id, "x", invocation.name = name);
                self.spans.push(Known {
                    span: Some(span),
                    parent: parent.is_some().then_some(inside),
                    name,
                    invoked_ns: None,
                    entered: Vec::new(),
                    stays: Vec::new(),
                    last_child: None,
                    limit_hits: 0,
                });
            }
            Step::Enter(which) => {
                let Some(known) = self.spans.get_mut(which) else { return };
                let Some(span) = &known.span else { return };
                span.with_subscriber(|(id, dispatch)| dispatch.enter(id));
                known.entered.push(*now);
                if known.invoked_ns.is_none() {
                    known.invoked_ns = Some(*now);
                    *now += MS_NS;
                }
            }
            Step::Leave(which) => {
                let Some(known) = self.spans.get_mut(which) else { return };
                if known.entered.is_empty() {
                    return;
                }
                let Some(span) = &known.span else { return };
                if known.entered.len() == 1 {
                    known.stays.push((known.entered[0], *now));
                    if *now - known.entered[0] > u64::from(LIMIT) * MS_NS {
                        known.limit_hits += 1;
                        *now += MS_NS;
                    }
                }
                known.entered.pop();
                span.with_subscriber(|(id, dispatch)| dispatch.exit(id));
            }
            Step::Wait(millis) => {
                log.advance(MS * millis);
                *now += u64::from(millis) * MS_NS;
            }
            Step::Close(which) => self.close(which, now),
            Step::Open(_) => {}
        }
    }

    fn close(&mut self, which: usize, now: &mut u64) {
        let has_children =
            self.spans.iter().any(|known| known.parent == Some(which) && known.span.is_some());
        let Some(known) = self.spans.get_mut(which) else { return };
        if has_children || !known.entered.is_empty() || known.span.is_none() {
            return;
        }
        known.span = None;
        let Some(invoked_ns) = known.invoked_ns else { return };
        // The last of several stays counts as a drop.
        let polls = known.stays.len().max(2) - 1;
        let busy_ns: u64 = known.stays.iter().map(|(from, to)| to - from).sum();
        let duration_ns = *now - invoked_ns;
        let since = *now - known.stays[polls.min(known.stays.len()) - 1].1;
        let told = (
            polls as u64,
            busy_ns,
            duration_ns - busy_ns,
            Some(since),
            known.last_child.clone(),
            known.limit_hits,
        );
        let (name, parent) = (known.name.clone(), known.parent);
        // What has not begun listens to nobody.
        if let Some(parent) = parent.filter(|&parent| self.spans[parent].invoked_ns.is_some()) {
            self.spans[parent].last_child = Some(name.clone());
        }
        self.expected.push((name, told));
        *now += MS_NS;
    }
}

proptest! {
    #[test]
    fn every_operation_tells_what_a_model_knows(steps in prop::collection::vec(step(), 1..120)) {
        let limit = Capture::none().with_progress().with_slow_poll(MS * LIMIT);
        let captured = captured(|layer| layer.with_capture(limit));
        let (mut model, mut now) = (Model::default(), 0);
        for step in steps {
            model.apply(step, &captured.log, &mut now);
        }
        for which in 0..model.spans.len() {
            for _ in 0..model.spans[which].entered.len() {
                model.apply(Step::Leave(which), &captured.log, &mut now);
            }
        }
        for which in (0..model.spans.len()).rev() {
            model.close(which, &mut now);
        }
        for (name, expected) in &model.expected {
            let told = progress(&captured.log, name, Outcome::Unknown);
            let slow = captured.log.assert_last(name).records().iter()
                .filter(|record| record.event_outcome == Outcome::Slow).count();
            let child = told.get("last_child").map(|child| child["name"].as_str().unwrap().to_owned());
            let found: Expected = (
                number(&told, "polls").unwrap(),
                number(&told, "busy_ns").unwrap(),
                number(&told, "idle_ns").unwrap(),
                number(&told, "since_last_poll_ns"),
                child,
                slow,
            );
            prop_assert_eq!(&found, expected, "{}", name);
        }
        captured.log.assert_every_invoke_ended_once();
    }
}
