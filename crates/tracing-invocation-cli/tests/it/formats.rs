//! Logs in the formats of others.

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
        let log = |records: &[tracing_invocation::Record]| {
            let mut log = Vec::new();
            records.iter().for_each(|record| format.format(record, &mut log));
            String::from_utf8(log).unwrap()
        };
        assert_eq!(stats(log(&records)), native);
        mixed += &log(of_mixed);
    }
    assert_eq!(stats(mixed), native);
}
