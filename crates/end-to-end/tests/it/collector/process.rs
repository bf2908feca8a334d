//! A process that is told by its environment where its records go, and ends.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::receiver::{Port, Receiver, Request, Wire};
use super::{LONG, bounded};

/// When a process gives up.
const SOON: Duration = Duration::from_secs(1);

/// Runs the program to its end, which is to come `deadline` after its last record at the latest.
fn run(deadline: Duration, variables: &[(&str, &str)]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_collected"));
    program.arg(deadline.as_secs().to_string()).env_clear().envs(variables.iter().copied());
    program.output().unwrap()
}

#[test]
fn the_environment_says_where_records_go_and_the_guard_that_all_of_them_do() {
    bounded(|| {
        for wire in Wire::ALL {
            let port = Port::new();
            let receiver = Receiver::start(wire, &port, &[]);
            let output = run(
                LONG,
                &[
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://127.0.0.1:{}", port.number())),
                    ("OTEL_EXPORTER_OTLP_PROTOCOL", wire.protocol().as_str()),
                    ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x"),
                    ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
                    ("OTEL_SERVICE_NAME", "shop"),
                    (
                        "OTEL_RESOURCE_ATTRIBUTES",
                        "service.name=other,deployment.environment.name=test",
                    ),
                ],
            );
            assert!(output.status.success());
            assert_eq!(String::from_utf8_lossy(&output.stderr), "");
            let requests = receiver.stop();
            let records: Vec<_> = requests.iter().flat_map(Request::records).collect();
            assert_eq!(records.len(), 2_002);
            let namespaces = records.iter().map(|record| &record["event_namespace"]);
            assert!(
                namespaces.into_iter().all(|namespace| namespace == "collected"),
                "{records:?}"
            );
            assert_eq!(records[2_001]["event_outcome"], "unknown");
            assert_eq!(records[2_001]["payload"]["unknown_reason"], "process exit");
            for request in &requests {
                assert_eq!(request.header("authorization"), Some("Bearer x"));
                assert_eq!(
                    Value::from(request.resource()),
                    json!({"deployment.environment.name": "test", "service.name": "shop"})
                );
            }
        }
    });
}

#[test]
fn a_process_ends_at_its_deadline_though_the_collector_hangs() {
    bounded(|| {
        for wire in Wire::ALL {
            let port = Port::new();
            let _receiver = Receiver::start(wire, &port, &["hang"]);
            let begun = Instant::now();
            let output = run(
                SOON,
                &[
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://127.0.0.1:{}", port.number())),
                    ("OTEL_EXPORTER_OTLP_PROTOCOL", wire.protocol().as_str()),
                ],
            );
            let took = begun.elapsed();
            assert!((SOON..SOON + LONG / 2).contains(&took), "{took:?}");
            assert!(output.status.success());
            let told = String::from_utf8(output.stderr).unwrap();
            let path = if wire == Wire::Http { "/v1/logs" } else { "" };
            let place = format!("http://127.0.0.1:{}{path} ({})", port.number(), wire.protocol());
            assert_eq!(
                told,
                format!(
                    "tracing-invocation: collector {place}: not flushed: the time was over with 2002 records in the queue\n"
                )
            );
        }
    });
}

#[test]
fn nobody_who_listens_is_said_on_stderr_and_does_not_hold_a_process_up() {
    let port = Port::new();
    let begun = Instant::now();
    let output = run(
        SOON * 3,
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://127.0.0.1:{}", port.number()))],
    );
    assert!(begun.elapsed() < SOON * 3 + LONG / 2);
    assert!(output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    let trouble = "not flushed: the time was over with 2002 records in the queue: client error (Connect): \
                   tcp connect error: Connection refused (os error 111)\n";
    assert!(told.ends_with(trouble), "{told}");
}

#[test]
fn a_wrong_environment_is_told_before_anything_is_recorded() {
    let output = run(SOON, &[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "collector:4318")]);
    assert!(!output.status.success());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: the endpoint \"collector:4318\" is not one: \
         write http://collector:4318\n"
    );
}
