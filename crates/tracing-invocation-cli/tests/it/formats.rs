//! Logs in the formats of others.

use serde_json::json;
use tracing_invocation::Record;
use tracing_invocation::format::{Ecs, Format, GoogleCloud, OtlpJson};

use crate::support::{call, invocations, lines};

#[test]
fn a_log_comes_to_the_same_in_every_format_that_is_read() {
    let (charge, declined, left) =
        (call("charge", 1), call("charge", 2).on("order-2"), call("send", 3));
    let records = [
        charge.invoke(),
        charge.slow(900, 500),
        charge.success(1_000),
        declined.invoke(),
        declined.failed(30, "Declined", "no funds"),
        left.invoke(),
        left.cancelled(40, "timeout"),
    ];
    let stats = |log: String| {
        let ran = invocations(&["stats", "--format", "json"], log);
        assert_eq!((ran.code, &*ran.err), (0, ""));
        ran.out
    };
    let native = stats(lines(&records));
    let formats: [&dyn Format; 3] =
        [&Ecs::new().with_service("shop"), &GoogleCloud::new(), &OtlpJson::new("shop")];
    let mut mixed = lines(&records[..1]);
    for (format, of_mixed) in formats.into_iter().zip(records[1..].chunks(2)) {
        let log = |records: &[Record]| {
            let mut log = Vec::new();
            records.iter().for_each(|record| format.format(record, &mut log));
            String::from_utf8(log).unwrap()
        };
        assert_eq!(stats(log(&records)), native);
        mixed += &log(of_mixed);
    }
    assert_eq!(stats(mixed), native);
}

#[test]
fn a_record_is_read_out_of_what_collectors_wrap_around_its_line() {
    let charge = call("charge", 1);
    let records = [charge.invoke(), charge.success(5)];
    let ecs = |record: &Record| {
        let mut line = Vec::new();
        Ecs::new().format(record, &mut line);
        String::from_utf8(line).unwrap()
    };
    let native = |record: &Record| lines([record]);
    let wrapped =
        |line: String, key: &str| json!({ key: line, "stream": "stdout" }).to_string() + "\n";
    for key in ["log", "message", "MESSAGE"] {
        for format in [&native as &dyn Fn(&Record) -> String, &ecs] {
            let log: String = records.iter().map(|record| wrapped(format(record), key)).collect();
            let ran = invocations(&["stats", "--format", "csv"], log);
            assert_eq!((ran.code, &*ran.err), (0, ""));
            assert!(ran.out.contains("\nshop,charge,1,1,0,"), "{}", ran.out);
        }
    }
    let quoted = json!({ "message": "event_outcome, trace_id and span_id" }).to_string();
    let ran = invocations(&["stats"], quoted);
    assert_eq!(ran.code, 2);
}
