//! Records for a person at a terminal.

mod shop;
mod texts;

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::info_span;
use tracing_invocation::sink::{OnFailure, Output, Pretty};
use tracing_invocation::testing::Log;
use tracing_invocation::{DescribeError, Level, Limits, Verdict, begin, json, layer};

use super::{fail, recorded, succeed};
use crate::hostile::tools::Writes;

/// What a person sees of `program`, with a clock and ids that repeat: without colour, and with it.
fn seen(program: impl FnOnce(&Log)) -> (Writes, Writes) {
    let log = Log::new();
    let (plain, colored) = (Writes::default(), Writes::default());
    let layer = log
        .layer()
        .with_limits(Limits { text: 10_000, ..Limits::DEFAULT })
        .and_sink(Pretty::new(plain.clone()))
        .and_sink(Pretty::new(colored.clone()).with_color(true));
    recorded(layer, || program(&log));
    assert_eq!(plain.texts().len(), log.lines().len(), "a record is one write");
    (plain, colored)
}

fn plain(program: impl FnOnce(&Log)) -> String {
    seen(program).0.texts().concat()
}

/// A text without the escape sequences that choose colours. It keeps any other.
fn without_color(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut stripped = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        match rest.strip_prefix('m') {
            Some(rest) => stripped.push_str(rest),
            None => stripped.extend(["\u{1b}[", part]),
        }
    }
    stripped
}

/// An error, and what caused it.
#[derive(Debug)]
struct Chain(String, Option<Box<Chain>>);

impl Chain {
    fn of(texts: &[String]) -> Option<Box<Self>> {
        let (first, rest) = texts.split_first()?;
        Some(Box::new(Self(first.clone(), Self::of(rest))))
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Chain {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}

impl DescribeError for Chain {
    fn details(&self) -> impl serde::Serialize {
        serde_json::json!({ "attempts": 3, "retry": false })
    }
}

fn open_shop(log: &Log) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(shop::open(log));
}

#[test]
fn a_person_sees_what_happened_at_a_glance() {
    insta::assert_snapshot!(plain(open_shop), @r#"
    00:00:00.000Z → invoke    place 1  it::delivery::pretty::shop #000001
    00:00:00.001Z → invoke      charge 1  (cents=250000, currency=CHF)  it::delivery::pretty::shop #000002
    00:00:00.002Z ✗ failed      charge 1  1.00 ms  — inside place 1  it::delivery::pretty::shop #000002
                                  Chain: the bank does not answer
                                  caused by connection refused
                                  attempts=3  retry=false
    00:00:00.003Z ✗ failed    place 1  3.00 ms  — same error as #000002  it::delivery::pretty::shop #000001
    00:00:00.004Z → invoke    place 2  it::delivery::pretty::shop #000003
    00:00:00.005Z → invoke      charge 2  (cents=2500, currency=CHF)  it::delivery::pretty::shop #000004
    00:00:00.006Z ✓ success     charge 2  1.00 ms  = 2450  it::delivery::pretty::shop #000004
    00:00:00.007Z → invoke      deliver 2  it::delivery::pretty::shop #000005
    00:00:00.008Z → invoke        pick  shelf="B 12"  it::delivery::pretty::shop #000006
    00:04:10.009Z ✓ success       pick  4m 10s  shelf="B 12"  it::delivery::pretty::shop #000006
    00:04:10.010Z → invoke        hand_over  carrier="Swiss Post"  it::delivery::pretty::shop #000007
    00:04:10.011Z ⊘ cancelled     hand_over  1.00 ms  carrier="Swiss Post"  — inside deliver 2, place 2  it::delivery::pretty::shop #000007
                                    because #000005 was
    00:04:10.012Z ⊘ cancelled   deliver 2  4m 10s  — along with #000007  it::delivery::pretty::shop #000005
                                  because #000003 was
    00:04:10.013Z ⊘ cancelled place 2  4m 10s  — along with #000007  it::delivery::pretty::shop #000003
    00:04:10.014Z → invoke    rows  it::delivery::pretty::shop #000008
    00:04:10.015Z ✓ success   rows  1.00 ms  — 2 items  it::delivery::pretty::shop #000008
    00:04:10.016Z → invoke    count  error=none  shelves=["A 1", "B 12"]  it::delivery::pretty::shop #000009
    00:04:10.017Z ✗ failed    count  1.00 ms  error=none  shelves=["A 1", "B 12"]  it::delivery::pretty::shop #000009
                                panic: index out of bounds:\nthe len is 2
    00:04:10.018Z → invoke    watch  it::delivery::pretty::shop #00000a
    00:04:10.019Z ? unknown   watch  1.00 ms  it::delivery::pretty::shop #00000a
    "#);
}

#[test]
fn color_says_again_what_signs_and_words_say() {
    let (plain, colored) = seen(open_shop);
    let colored = colored.texts().concat();
    assert_eq!(without_color(&colored), plain.texts().concat());
    insta::assert_snapshot!(colored.replace('\u{1b}', "␛"), @r#"
    ␛[2m00:00:00.000Z␛[0m ␛[2m→ invoke    ␛[0mplace 1  ␛[2mit::delivery::pretty::shop #000001␛[0m
    ␛[2m00:00:00.001Z␛[0m ␛[2m→ invoke    ␛[0m  charge 1  (␛[2mcents=␛[0m250000, ␛[2mcurrency=␛[0mCHF)  ␛[2mit::delivery::pretty::shop #000002␛[0m
    ␛[2m00:00:00.002Z␛[0m ␛[1m␛[31m✗ failed    ␛[0m  ␛[1mcharge␛[0m 1  1.00 ms␛[2m  — inside place 1␛[0m  ␛[2mit::delivery::pretty::shop #000002␛[0m
                                  ␛[31mChain: ␛[0mthe bank does not answer
                                  ␛[2mcaused by ␛[0mconnection refused
                                  ␛[2mattempts=␛[0m3  ␛[2mretry=␛[0mfalse
    ␛[2m00:00:00.003Z␛[0m ␛[31m✗ failed    ␛[0m␛[1mplace␛[0m 1  3.00 ms␛[2m  — same error as #000002␛[0m  ␛[2mit::delivery::pretty::shop #000001␛[0m
    ␛[2m00:00:00.004Z␛[0m ␛[2m→ invoke    ␛[0mplace 2  ␛[2mit::delivery::pretty::shop #000003␛[0m
    ␛[2m00:00:00.005Z␛[0m ␛[2m→ invoke    ␛[0m  charge 2  (␛[2mcents=␛[0m2500, ␛[2mcurrency=␛[0mCHF)  ␛[2mit::delivery::pretty::shop #000004␛[0m
    ␛[2m00:00:00.006Z␛[0m ␛[32m✓ success   ␛[0m  ␛[1mcharge␛[0m 2  1.00 ms␛[2m  = ␛[0m2450  ␛[2mit::delivery::pretty::shop #000004␛[0m
    ␛[2m00:00:00.007Z␛[0m ␛[2m→ invoke    ␛[0m  deliver 2  ␛[2mit::delivery::pretty::shop #000005␛[0m
    ␛[2m00:00:00.008Z␛[0m ␛[2m→ invoke    ␛[0m    pick  ␛[2mshelf=␛[0m"B 12"  ␛[2mit::delivery::pretty::shop #000006␛[0m
    ␛[2m00:04:10.009Z␛[0m ␛[32m✓ success   ␛[0m    ␛[1mpick␛[0m  4m 10s  ␛[2mshelf=␛[0m"B 12"  ␛[2mit::delivery::pretty::shop #000006␛[0m
    ␛[2m00:04:10.010Z␛[0m ␛[2m→ invoke    ␛[0m    hand_over  ␛[2mcarrier=␛[0m"Swiss Post"  ␛[2mit::delivery::pretty::shop #000007␛[0m
    ␛[2m00:04:10.011Z␛[0m ␛[1m␛[35m⊘ cancelled ␛[0m    ␛[1mhand_over␛[0m  1.00 ms  ␛[2mcarrier=␛[0m"Swiss Post"␛[2m  — inside deliver 2, place 2␛[0m  ␛[2mit::delivery::pretty::shop #000007␛[0m
                                    ␛[2mbecause ␛[0m#000005 was
    ␛[2m00:04:10.012Z␛[0m ␛[35m⊘ cancelled ␛[0m  ␛[1mdeliver␛[0m 2  4m 10s␛[2m  — along with #000007␛[0m  ␛[2mit::delivery::pretty::shop #000005␛[0m
                                  ␛[2mbecause ␛[0m#000003 was
    ␛[2m00:04:10.013Z␛[0m ␛[35m⊘ cancelled ␛[0m␛[1mplace␛[0m 2  4m 10s␛[2m  — along with #000007␛[0m  ␛[2mit::delivery::pretty::shop #000003␛[0m
    ␛[2m00:04:10.014Z␛[0m ␛[2m→ invoke    ␛[0mrows  ␛[2mit::delivery::pretty::shop #000008␛[0m
    ␛[2m00:04:10.015Z␛[0m ␛[32m✓ success   ␛[0m␛[1mrows␛[0m  1.00 ms␛[2m  — 2 items␛[0m  ␛[2mit::delivery::pretty::shop #000008␛[0m
    ␛[2m00:04:10.016Z␛[0m ␛[2m→ invoke    ␛[0mcount  ␛[2merror=␛[0mnone  ␛[2mshelves=␛[0m["A 1", "B 12"]  ␛[2mit::delivery::pretty::shop #000009␛[0m
    ␛[2m00:04:10.017Z␛[0m ␛[1m␛[31m✗ failed    ␛[0m␛[1mcount␛[0m  1.00 ms  ␛[2merror=␛[0mnone  ␛[2mshelves=␛[0m["A 1", "B 12"]  ␛[2mit::delivery::pretty::shop #000009␛[0m
                                ␛[31mpanic: ␛[0mindex out of bounds:\nthe len is 2
    ␛[2m00:04:10.018Z␛[0m ␛[2m→ invoke    ␛[0mwatch  ␛[2mit::delivery::pretty::shop #00000a␛[0m
    ␛[2m00:04:10.019Z␛[0m ? unknown   ␛[1mwatch␛[0m  1.00 ms  ␛[2mit::delivery::pretty::shop #00000a␛[0m
    "#);
}

/// A writer that fails for as long as the switch is on.
#[derive(Clone, Default)]
struct Broken(Writes, Arc<AtomicBool>);

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.1.load(Ordering::Relaxed) {
            true => Err(io::Error::other("disk full")),
            false => self.0.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_missing_looks_like_no_operation() {
    let broken = Broken::default();
    let (writes, is_broken) = (broken.0.clone(), Arc::clone(&broken.1));
    let pretty = Pretty::new(move || broken.clone());
    let output = Output::new(pretty).on_failure(OnFailure::ignore());
    recorded(Log::new().layer().with_sink(output), || {
        succeed();
        is_broken.store(true, Ordering::Relaxed);
        succeed();
        is_broken.store(false, Ordering::Relaxed);
        succeed();
    });
    insta::with_settings!({ filters => vec![
        (r"\d\d:\d\d:\d\d\.\d{3}Z !", "[time] !"),
        (r"=\d{4}-\d\d-\d\dT[\d:.]+Z", "=[time]"),
    ] }, {
        insta::assert_snapshot!(writes.texts().concat(), @r#"
        00:00:00.000Z → invoke    end  it::delivery #000001
        00:00:00.001Z ✓ success   end  1.00 ms  it::delivery #000001
        [time] ! lost      2 records were lost: disk full  output=pretty  since=[time]  until=[time]  write_failed=2
        00:00:00.004Z → invoke    end  it::delivery #000003
        00:00:00.005Z ✓ success   end  1.00 ms  it::delivery #000003
        "#);
    });
}

#[test]
fn what_is_nested_deep_stays_on_the_screen() {
    fn nest(depth: u32) {
        info_span!("level", depth).in_scope(|| {
            if depth < 13 {
                nest(depth + 1);
            }
        });
    }
    let text = plain(|_| nest(0));
    let invoked: Vec<_> = text.lines().take(14).map(|line| &line[27..]).collect();
    insta::assert_snapshot!(invoked.join("\n"), @r#"
    level  depth=0  it::delivery::pretty #000001
      level  depth=1  it::delivery::pretty #000002
        level  depth=2  it::delivery::pretty #000003
          level  depth=3  it::delivery::pretty #000004
            level  depth=4  it::delivery::pretty #000005
              level  depth=5  it::delivery::pretty #000006
                level  depth=6  it::delivery::pretty #000007
                  level  depth=7  it::delivery::pretty #000008
                    level  depth=8  it::delivery::pretty #000009
                      level  depth=9  it::delivery::pretty #00000a
                        level  depth=10  it::delivery::pretty #00000b
                        +1 level  depth=11  it::delivery::pretty #00000c
                        +2 level  depth=12  it::delivery::pretty #00000d
                        +3 level  depth=13  it::delivery::pretty #00000e
    "#);
}

#[test]
fn what_was_shortened_and_what_was_left_open_is_told() {
    let writes = Writes::default();
    let layer = Log::new()
        .layer()
        .with_limits(Limits { text: 10_000, record: 700, ..Limits::DEFAULT })
        .with_sink(Pretty::new(writes.clone()));
    let guard = layer.guard();
    recorded(layer, || {
        let _open = begin(info_span!("read", file = "x".repeat(1_000)));
        drop(guard);
    });
    let cut = writes.texts().concat().replace(&"x".repeat(100), "[x]");
    insta::assert_snapshot!(cut, @r#"
    00:00:00.000Z → invoke    read  file=[x]...  it::delivery::pretty #000001  (shortened)
    00:00:00.001Z ? unknown   read  1.00 ms  file=[x]...  — process exit  it::delivery::pretty #000001  (shortened)
    "#);
}

#[test]
fn an_operation_whose_parent_was_not_told_stands_at_the_left() {
    let writes = Writes::default();
    let output = Output::new(Pretty::new(writes.clone())).with_max_level(Level::Info);
    recorded(layer().with_sink(output), || info_span!("outer").in_scope(fail));
    let texts = writes.texts();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].contains("Z ✗ failed    end  "), "{}", texts[0]);
}

#[test]
fn what_is_long_is_cut_and_says_so() {
    let long = "é".repeat(1_000);
    let text = plain(|_| {
        let span =
            info_span!("read", invocation.entity_id = long, long, list = json(&vec![7; 500]));
        begin(span).end(Verdict::failed_as("Torn", &long));
    });
    let cut = |to| format!("{}…", "é".repeat(to));
    assert!(text.contains(&format!(" {}  ", cut(120))), "{text}");
    assert!(text.contains(&format!("  long={}  ", cut(120))), "{text}");
    assert!(text.contains(&format!("Torn: {}\n", cut(400))), "{text}");
    assert!(text.lines().all(|line| line.chars().count() < 600), "{text}");
}
