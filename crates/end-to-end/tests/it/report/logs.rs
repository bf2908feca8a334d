//! Logs to make pages of: of real programs, and made up where no program writes so much or so ill.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

/// What two programs record between them: every outcome, errors told once, cancellations along with others, hostile
/// texts, records that were lost. The last one that ends is left open.
pub(super) fn story() -> String {
    let said = |program: &str, arguments: &[&str]| {
        let ran = Command::new(program).args(arguments).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let mut log = said(env!("CARGO_BIN_EXE_formats"), &["native"]);
    log += &said(env!("CARGO_BIN_EXE_produce"), &["120", "default"]);
    let is_last = |line: &&str| line.contains(r#""event_name":"ship""#) && line.contains("order-8");
    let last = log.lines().rfind(is_last).unwrap().to_owned() + "\n";
    assert!(last.contains(r#""event_outcome":"success""#));
    log.replace(&last, "")
}

/// A record of a log that is made up, so many microseconds after it began.
struct Made<'a> {
    at: u64,
    name: &'a str,
    outcome: &'a str,
    entity: &'a str,
    trace: u64,
    span: u64,
    parent: u64,
    lasted: Option<u64>,
    payload: Value,
}

impl Made<'_> {
    fn put(&self, log: &mut String) {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_795_200);
        let at = at + Duration::from_micros(self.at);
        let mut record = json!({
            "timestamp": humantime::format_rfc3339_micros(at).to_string(),
            "level": "DEBUG",
            "event_namespace": "shop",
            "event_name": self.name,
            "event_outcome": self.outcome,
            "entity_id": self.entity,
            "trace_id": format!("{:032x}", self.trace),
            "span_id": format!("{:016x}", self.span),
            "payload": self.payload,
        });
        if self.parent > 0 {
            record["parent_span_id"] = format!("{:016x}", self.parent).into();
        }
        if let Some(micros) = self.lasted {
            record["duration_ns"] = (micros * 1_000).into();
        }
        let _ = writeln!(log, "{record}");
    }
}

/// Puts a call into a log, of which nothing but these is known.
fn put_call(log: &mut String, name: &str, entity: &str, [trace, span, parent]: [u64; 3]) {
    let invoke = Made {
        at: span * 1_000,
        name,
        outcome: "invoke",
        entity,
        trace,
        span,
        parent,
        lasted: None,
        payload: json!({}),
    };
    invoke.put(log);
    let payload = json!({ "error": { "type": name, "message": entity }, name: entity });
    let (at, lasted) = (invoke.at + 500, Some(500));
    Made { at, outcome: "failed", lasted, payload, ..invoke }.put(log);
}

/// A log whose every text tries to be something else, and these texts.
pub(super) fn hostile() -> (String, Value) {
    let texts = [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!--<script>",
        "{{script}}",
        "javascript:alert(1)",
        "__proto__",
        "constructor",
        "\" onclick=\"alert(1)",
        "&lt;b&gt;",
        "right \u{202e}to left",
        "a\u{0}b\u{1b}[31m\n\tc\u{feff}",
        "]]>",
        "%3Cscript%3E&name=x#",
    ];
    let mut log = String::new();
    for (number, text) in (1..).zip(texts) {
        put_call(&mut log, text, text, [number, number, 0]);
    }
    (log, json!(texts))
}

/// One trace of which a great deal is known, more than any one program here captures.
pub(super) fn told() -> String {
    let mut log = String::new();
    let serve = Made {
        at: 0,
        name: "serve",
        outcome: "invoke",
        entity: "order-1",
        trace: 1,
        span: 1,
        parent: 0,
        lasted: None,
        payload: json!({ "args": { "largest": i64::MAX, "beyond": u64::MAX, "odd": 9_007_199_254_740_993_u64, "third": 1.0 / 3.0 } }),
    };
    serve.put(&mut log);
    let late = json!({ "slow": { "expected_ns": 1_000_000, "age_ns": 2_000_000 } });
    Made { at: 2_000, outcome: "slow", lasted: Some(2_000), payload: late, ..serve }.put(&mut log);

    let lock = Made { at: 500, name: "lock", span: 2, parent: 1, payload: json!({}), ..serve };
    lock.put(&mut log);
    let busy = json!({ "slow": { "poll_ns": 700_000, "limit_ns": 50_000 } });
    Made { at: 1_500, outcome: "slow", lasted: Some(1_000), payload: busy, ..lock }.put(&mut log);
    let cancelled = json!({
        "cancelled": true,
        "error": { "type": "cancelled", "message": "dropped before completion" },
        "cancellation": {
            "cause": "parent",
            "span_id": format!("{:016x}", 1),
            "parent_cause": "timeout",
            "reason": "the client\nwent away",
            "dropped_at": "shop::serve (src/serve.rs:12)",
            "awaiting": [{ "on": "tokio::sync::Mutex::lock", "chain": ["shop::lock (src/lock.rs:3)"] }],
        },
        "progress": {
            "polls": 3,
            "busy_ns": 1_200_000,
            "idle_ns": 2_300_000,
            "last_child": { "name": "read", "span_id": format!("{:016x}", 3), "outcome": "failed" },
        },
    });
    let ended = Made { outcome: "cancelled", lasted: Some(3_500), payload: cancelled, ..lock };
    Made { at: 4_000, ..ended }.put(&mut log);

    let read = Made { at: 800, name: "read", span: 3, parent: 2, payload: json!({}), ..serve };
    let panicked = json!({
        "error": {
            "type": "panic",
            "message": "index out of bounds",
            "location": "src/read.rs:7:5",
            "sources": ["the first", "the second"],
            "details": { "index": 3 },
        },
    });
    Made { at: 900, outcome: "failed", lasted: Some(100), payload: panicked, ..read }.put(&mut log);
    let closed = json!({ "unknown_reason": "process exit", "shard": 7 });
    let flush = Made { at: 4_500, name: "flush", span: 4, parent: 1, payload: closed, ..serve };
    Made { outcome: "unknown", lasted: Some(300), ..flush }.put(&mut log);
    log
}

/// A log in which not everything is said: two operations never end, a cancellation does not say why, and two ends point to
/// others, one of which is not there.
pub(super) fn untold() -> String {
    let mut log = String::new();
    let mut put = |name, [trace, span, parent]: [u64; 3], end: Option<(&str, Value)>| {
        let invoke = Made {
            at: span * 1_000,
            name,
            outcome: "invoke",
            entity: "order-1",
            trace,
            span,
            parent,
            lasted: None,
            payload: json!({}),
        };
        invoke.put(&mut log);
        if let Some((outcome, payload)) = end {
            let (at, lasted) = (invoke.at + 500, Some(500));
            Made { at, outcome, lasted, payload, ..invoke }.put(&mut log);
        }
    };
    let id = |span: u64| format!("{span:016x}");
    let error = |message: &str| json!({ "error": { "type": "Declined", "message": message } });
    let cancelled =
        || json!({ "cancelled": true, "error": { "type": "cancelled", "message": "dropped" } });
    let with = |key: &str, value: Value| {
        let mut payload = cancelled();
        payload[key] = value;
        payload
    };
    put("checkout", [1, 1, 0], Some(("failed", json!({ "caused_by": id(2) }))));
    put("charge", [1, 2, 1], Some(("failed", error("no funds\n<b>left</b> \u{202e}on it"))));
    put("charge", [3, 3, 0], Some(("failed", error("another one"))));
    put("refund", [4, 4, 0], Some(("failed", json!({}))));
    put("wait", [5, 5, 0], Some(("cancelled", with("cancelled_by", id(99).into()))));
    put("wait", [6, 6, 0], Some(("cancelled", cancelled())));
    put(
        "wait",
        [7, 7, 0],
        Some(("cancelled", with("cancellation", json!({ "cause": "timeout" })))),
    );
    put("ship", [8, 8, 0], None);
    put("ship", [9, 9, 0], None);
    log
}

/// One trace in which an operation is inside one that is not there, and two are inside one another.
pub(super) fn circles_and_orphans() -> String {
    let mut log = String::new();
    put_call(&mut log, "orphan", "order-1", [1, 1, 99]);
    put_call(&mut log, "inside", "order-1", [1, 2, 1]);
    put_call(&mut log, "egg", "order-1", [1, 3, 4]);
    put_call(&mut log, "hen", "order-1", [1, 4, 3]);
    put_call(&mut log, "ouroboros", "order-1", [1, 5, 5]);
    log
}

/// 100,000 operations in 200,000 records: many traces of ten, and one of 20,000.
pub(super) fn large() -> String {
    const NAMES: [&str; 8] =
        ["checkout", "charge", "authorize", "query", "reserve", "send", "get", "put"];
    let mut random = fastrand::Rng::with_seed(7);
    let mut log = String::new();
    let mut begun = 0;
    for span in 1..=100_000_u64 {
        let is_of_giant = span > 80_000;
        let trace = if is_of_giant { 80_001 } else { span - (span - 1) % 10 };
        let inside = span - trace;
        begun += random.u64(10..2_000);
        let lasted = random.u64(50..500_000);
        let kind = if inside == 0 { 0 } else { random.usize(1..NAMES.len()) };
        let entity = format!("order-{}", trace % 9_973);
        let (outcome, payload) = match random.u8(0..50) {
            0 => ("failed", json!({ "error": { "type": "Declined", "message": "no funds" } })),
            1 => (
                "cancelled",
                json!({ "cancelled": true, "error": { "type": "cancelled", "message": "dropped" }, "cancellation": { "cause": "timeout" } }),
            ),
            2 => ("unknown", json!({})),
            _ => ("success", json!({ "result": span })),
        };
        let invoke = Made {
            at: begun,
            name: NAMES[kind],
            outcome: "invoke",
            entity: &entity,
            trace,
            span,
            parent: if inside == 0 { 0 } else { trace + random.u64(0..inside) },
            lasted: None,
            payload: json!({ "args": { "number": span } }),
        };
        invoke.put(&mut log);
        Made { at: begun + lasted, outcome, lasted: Some(lasted), payload, ..invoke }.put(&mut log);
    }
    log
}
