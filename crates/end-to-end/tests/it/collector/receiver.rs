//! The receiver: a process that is started, asked, killed and started again.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, channel};
use std::thread;

use rustix::net::{self, AddressFamily, SocketFlags, SocketType};
use serde_json::{Map, Value};
use tracing_invocation_otlp::Protocol;

use super::LONG;

/// What is spoken to a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Http,
    Grpc,
}

impl Wire {
    pub(super) const ALL: [Self; 2] = [Self::Http, Self::Grpc];

    pub(super) fn protocol(self) -> Protocol {
        match self {
            Self::Http => Protocol::HttpProtobuf,
            Self::Grpc => Protocol::Grpc,
        }
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Grpc => "grpc",
        })
    }
}

/// A port of this machine that nobody else gets while no receiver listens.
pub(super) struct Port {
    number: u16,
    /// Bound, and not listening.
    _socket: OwnedFd,
}

impl Port {
    pub(super) fn new() -> Self {
        // Not for the processes that other tests start: they would hold on to the port.
        let flags = SocketFlags::CLOEXEC;
        let socket =
            net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
        net::sockopt::set_socket_reuseport(&socket, true).unwrap();
        net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = SocketAddr::try_from(net::getsockname(&socket).unwrap()).unwrap();
        Self { number: address.port(), _socket: socket }
    }

    pub(super) fn number(&self) -> u16 {
        self.number
    }
}

/// A request, as a receiver got it.
#[derive(Debug)]
pub(super) struct Request {
    told: Value,
}

impl Request {
    /// When it came, in seconds of the receiver's clock.
    pub(super) fn at(&self) -> f64 {
        self.told["at"].as_f64().unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.told["headers"][name].as_str()
    }

    /// Bytes of the message, and of what was sent.
    pub(super) fn sizes(&self) -> (u64, Option<u64>) {
        (self.told["size"].as_u64().unwrap(), self.told["encoded"].as_u64())
    }

    /// Whose records these are.
    pub(super) fn resource(&self) -> Map<String, Value> {
        attributes(&self.told["request"]["resourceLogs"][0]["resource"]["attributes"])
    }

    /// Each record, and the name of the scope that it stands in.
    fn scoped(&self) -> impl Iterator<Item = (&Value, &Value)> {
        let scopes = self.told["request"]["resourceLogs"][0]["scopeLogs"].as_array().unwrap();
        scopes.iter().flat_map(|scope| {
            let logs = scope["logRecords"].as_array().unwrap();
            logs.iter().map(|log| (&scope["scope"]["name"], log))
        })
    }

    pub(super) fn logs(&self) -> Vec<&Value> {
        self.scoped().map(|(_, log)| log).collect()
    }

    /// The records, as they were before they became OTLP.
    pub(super) fn records(&self) -> Vec<Value> {
        self.scoped().map(|(namespace, log)| native(namespace, log)).collect()
    }
}

/// A record of OTLP as the native record that it was.
fn native(namespace: &Value, log: &Value) -> Value {
    let nanoseconds: u64 = log["timeUnixNano"].as_str().unwrap().parse().unwrap();
    assert_eq!(log["observedTimeUnixNano"], log["timeUnixNano"]);
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(nanoseconds);
    let mut record = Map::from_iter([
        ("timestamp".into(), humantime::format_rfc3339_micros(time).to_string().into()),
        ("level".into(), log["severityText"].clone()),
        ("event_namespace".into(), namespace.clone()),
        ("event_name".into(), log["eventName"].clone()),
        ("trace_id".into(), log["traceId"].clone()),
        ("span_id".into(), log["spanId"].clone()),
    ]);
    let mut error = Map::new();
    for (key, value) in attributes(&log["attributes"]) {
        match (key.strip_prefix("invocation."), key.strip_prefix("exception.")) {
            (Some(key), _) => record.insert(key.to_owned(), value),
            (None, Some(key)) => error.insert(key.to_owned(), value),
            (None, None) => panic!("{key}"),
        };
    }
    if !error.is_empty() {
        let rest = record["payload"]["error"].as_object().cloned().unwrap_or_default();
        error.extend(rest);
        record["payload"]["error"] = error.into();
    }
    record.into()
}

fn attributes(of: &Value) -> Map<String, Value> {
    let pairs = of.as_array().map(Vec::as_slice).unwrap_or_default();
    pairs
        .iter()
        .map(|pair| (pair["key"].as_str().unwrap().to_owned(), any(&pair["value"])))
        .collect()
}

/// A value of OTLP, as the JSON that it was.
fn any(value: &Value) -> Value {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "stringValue" | "boolValue" | "doubleValue" => value.clone(),
        "intValue" => value.as_str().unwrap().parse::<i64>().unwrap().into(),
        "arrayValue" => {
            let values = value["values"].as_array().map(Vec::as_slice).unwrap_or_default();
            values.iter().map(any).collect()
        }
        "kvlistValue" => attributes(&value["values"]).into(),
        kind => panic!("{kind}"),
    }
}

/// A receiver at work.
pub(super) struct Receiver {
    child: Child,
    requests: mpsc::Receiver<Request>,
}

impl Receiver {
    /// Starts a receiver that gives these answers, and waits until it listens.
    pub(super) fn start(wire: Wire, port: &Port, answers: &[&str]) -> Self {
        Self::start_with(wire, port, answers, None)
    }

    /// The same, behind TLS: with a certificate and its key.
    pub(super) fn start_with(
        wire: Wire,
        port: &Port,
        answers: &[&str],
        tls: Option<(&Path, &Path)>,
    ) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/collector.py");
        let mut command = end_to_end::python();
        command.arg(program).args([wire.to_string(), port.number().to_string()]).args(answers);
        if let Some((certificate, key)) = tls {
            command.arg("--tls").args([certificate, key]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        let (tell, requests) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // What it said last may be half a line, where it was killed.
                if let Ok(told) = serde_json::from_str(&line) {
                    let _ = tell.send(Request { told });
                }
            }
        });
        Self { child, requests }
    }

    /// The next request, which has to come.
    #[track_caller]
    pub(super) fn next(&self) -> Request {
        self.requests.recv_timeout(LONG).unwrap()
    }

    /// Kills it, and gives back what it got and did not tell yet.
    pub(super) fn kill(mut self) -> Vec<Request> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.requests.iter().collect()
    }

    /// Has it end by itself, and gives back what it got and did not tell yet.
    pub(super) fn stop(mut self) -> Vec<Request> {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
        self.requests.iter().collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
