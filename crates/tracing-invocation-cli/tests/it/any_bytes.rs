//! Whatever a log holds: an answer or a message, and nothing that acts on a terminal.

use std::fs;

use proptest::prelude::*;
use serde_json::json;

use crate::support::{call, invocations, lines};

/// Texts that act on what shows them, or end what they stand in.
const HOSTILE: [&str; 6] =
    ["\u{1b}[31m", "\u{202e}", "a\nb\tc", "</script><script>", "\u{0}\u{7}", "🦀 é \u{200b}"];

/// What a line becomes.
#[derive(Clone, Debug)]
enum Fault {
    None,
    Cut(prop::sample::Index),
    Flipped(prop::sample::Index, u8),
    Twice,
    Foreign(Vec<u8>),
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        1 => any::<prop::sample::Index>().prop_map(Fault::Cut),
        1 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Fault::Flipped(at, byte)),
        1 => Just(Fault::Twice),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Fault::Foreign),
    ]
}

/// A call: its parent, of few, so that some are inside themselves; its end; and a text.
type Drawn = (u64, u64, usize, usize, u64, Fault, Fault);

fn log(calls: Vec<Drawn>) -> Vec<u8> {
    let mut log = Vec::new();
    let mut push = |line: String, fault: Fault| {
        let mut line = line.into_bytes();
        match fault {
            Fault::None => {}
            Fault::Cut(at) => line.truncate(at.index(line.len())),
            Fault::Flipped(at, byte) => {
                let at = at.index(line.len());
                line[at] = byte;
            }
            Fault::Twice => line = line.repeat(2),
            Fault::Foreign(bytes) => line.splice(0..0, bytes).for_each(drop),
        }
        log.extend(line);
    };
    for (span, parent, end, text, at, first, second) in calls {
        let text = HOSTILE[text];
        let one = call("charge", span).of_trace(1).inside(parent).at(at).on(text);
        let mut invoke = one.invoke();
        invoke.event_name.push_str(text);
        invoke.payload.insert("args".into(), json!({ text: text }));
        push(lines([&invoke]), first);
        let mut end = match end {
            0 => one.failed(3, text, text),
            1 => one.cancelled(u64::MAX / 2_000_000, text),
            2 => one.cancelled_by(3, span),
            3 => one.failed_by(3, parent),
            4 => one.slow(9, 3),
            _ => one.success(0),
        };
        end.event_namespace.push_str(text);
        push(lines([&end]), second);
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_log_makes_a_command_panic_or_act_on_a_terminal(
        calls in prop::collection::vec(
            (1..6_u64, 1..7_u64, 0..7_usize, 0..HOSTILE.len(), 0..u64::from(u32::MAX), fault(), fault()),
            0..12,
        ),
    ) {
        let log = log(calls);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, &log).unwrap();
        let (path, page) = (path.to_str().unwrap(), folder.path().join("page"));
        let page = page.to_str().unwrap();
        let commands: [&[&str]; 8] = [
            &["stats"], &["stats", "--format", "json"], &["tree"], &["tree", "--unfold"], &["open"], &["check"],
            &["report", "--html", page], &["diff", "--all", path],
        ];
        for command in commands {
            let ran = invocations(&[command, &[path]].concat(), "");
            prop_assert!([0, 1, 2].contains(&ran.code), "{command:?}: {ran:?}");
            prop_assert!(!ran.err.contains("panicked"), "{command:?}: {ran:?}");
            let acts = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}".contains(c));
            let is_for_programs = command.contains(&"json");
            prop_assert!(is_for_programs || !ran.out.contains(acts), "{command:?}: {ran:?}");
            prop_assert!(!ran.err.contains(acts), "{command:?}: {ran:?}");
        }
    }
}
