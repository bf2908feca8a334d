//! A program whose operations end in every way, and whose texts are hard on whoever reads them.
//!
//! `produce OPERATIONS LIMITS [FILE]`: so many operations, with the limits `default`, `rsyslog` or `pipe`, onto stdout
//! and to the end of a file.

#![expect(clippy::panic, reason = "a call that is wrong ends here")]

use std::error::Error;
use std::fmt;
use std::fs::OpenOptions;
use std::future::pending;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Waker};

use serde_json::json;
use tracing::info_span;
use tracing_invocation::sink::JsonLines;
use tracing_invocation::{DescribeError, Limits, layer, operation};
use tracing_subscriber::prelude::*;

/// What a shipper might take for something else, or cut in the wrong place.
const TEXTS: [&str; 16] = [
    "",
    "plain",
    "%msg% %s %n %% $!all-json `id` $(id) {{.Message}}",
    "two\nlines\r\nand\ta tab",
    "\u{0}\u{1}\u{8}\u{b}\u{1f}\u{7f}\u{80}\u{9f}",
    "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}",
    r#"{"level":"ERROR","payload":{"cancelled":true}}"#,
    r#"a "quoted" \ back\\slash \u0041 \n"#,
    "<34>1 2026-11-22T08:00:00Z host app - - - @cee: {\"a\":1}",
    "2026-11-22T08:00:00.000000000Z stdout F {\"a\":1}",
    "Zoë Ünïcode Ж 漢字 🦀 👩‍👩‍👧‍👦 e\u{301}",
    "\u{feff}mark\u{2028}line\u{2029}paragraph\u{85}next\u{202e}right to left",
    " spaces before and after ",
    "'; DROP TABLE records; -- <script>alert(1)</script>",
    "\u{fffd}\u{10ffff}\u{e000}",
    "NULL nan Infinity 1e999 -0 007 true",
];

/// An error with causes, each of which is as long as it may be.
struct Failure {
    text: String,
    cause: Option<Box<Failure>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl DescribeError for Failure {
    fn details(&self) -> impl serde::Serialize {
        json!({ "code": i64::MAX, "a \"key\", with $.dots!": self.text })
    }
}

impl Failure {
    /// So many causes deep. What it says fills a record of any limit, where it is deep enough.
    fn new(text: &str, depth: usize) -> Self {
        let cause = depth.checked_sub(1).map(|depth| Box::new(Self::new(text, depth)));
        let text = text.chars().cycle().take(30 + 400 * depth);
        Self { text: format!("{depth} {}", text.collect::<String>()), cause }
    }
}

#[operation(
    entity_id = text,
    args(text, number, list = json!([text, [1, 2.5, null, true], { text: { "deep": [text] } }])),
    fields(largest = i64::MAX, beyond = u64::MAX, odd = 9_007_199_254_740_993_i64, tiny = 1e-7, third = 1.0 / 3.0),
    result
)]
fn succeed(number: u64, text: &'static str) -> (u64, String) {
    (number, text.repeat(40))
}

#[operation("order.fail", entity_id = number, args(text))]
fn fail(number: u64, text: &str, depth: usize) -> Result<(), Failure> {
    Err(Failure::new(text, depth))
}

/// Tells the same error once more.
#[operation]
fn pass_on(number: u64, text: &str, depth: usize) -> Result<(), Failure> {
    fail(number, text, depth)
}

#[operation]
fn panics(text: &str) {
    resume_unwind(Box::new(text.to_owned()))
}

#[operation(fields(text))]
async fn wait(text: &str) {
    pending().await
}

/// Is cancelled along with what it waits for.
#[operation]
async fn wait_for_inner(text: &str) {
    wait(text).await
}

/// Leaves no evidence of how it ended, and has fields enough to fill a record.
fn unknown(text: &str) {
    let span = info_span!(
        "an \"unknown\" %msg% of {}",
        a = text,
        b = text,
        c = text,
        d = text,
        e = text,
        f = text,
        g = text,
        h = text,
        i = text,
        j = text,
        k = text,
        l = text,
        m = text,
        n = text,
        o = text,
        p = text,
        q = text,
        r = text,
        s = text
    );
    span.in_scope(|| {});
}

fn run(number: u64) {
    let text = TEXTS[usize::try_from(number / 6).unwrap_or(0) % TEXTS.len()];
    let depth = usize::try_from(number).unwrap_or(0) % 11;
    match number % 6 {
        0 => drop(succeed(number, text)),
        1 => drop(pass_on(number, text, depth)),
        2 => drop(catch_unwind(AssertUnwindSafe(|| panics(text)))),
        3 => drop(pin!(wait(text)).poll(&mut Context::from_waker(Waker::noop()))),
        4 => drop(pin!(wait_for_inner(text)).poll(&mut Context::from_waker(Waker::noop()))),
        _ => unknown(&text.chars().cycle().take(200).collect::<String>()),
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let operations = arguments.next().and_then(|count| count.parse().ok());
    let limits = arguments.next().and_then(|name| match &*name {
        "default" => Some(Limits::DEFAULT),
        "rsyslog" => Some(Limits::RSYSLOG),
        "pipe" => Some(Limits::PIPE),
        _ => None,
    });
    let (Some(operations), Some(limits)) = (operations, limits) else {
        panic!("called as: produce OPERATIONS default|rsyslog|pipe [FILE]");
    };
    let mut layer = layer().with_limits(limits);
    if let Some(path) = arguments.next() {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        layer = layer.and_sink(JsonLines::new(file));
    }
    let _guard = layer.guard();
    tracing_subscriber::registry().with(layer).init();
    (0..operations).for_each(run);
    Ok(())
}
