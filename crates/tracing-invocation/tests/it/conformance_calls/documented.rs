//! The examples of the original's documentation.

use std::fmt;
use std::future::pending;
use std::io;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::task::yield_now;
use tokio::time::timeout;
use tracing::subscriber::DefaultGuard;
use tracing_invocation::Level::Debug;
use tracing_invocation::Outcome::{Invoke, Success};
use tracing_invocation::testing::Log;
use tracing_invocation::{
    ContextFields, ErrorClass, FutureExt as _, Settings, Verbosity, operation,
};

use super::{assert_tells, capture_with};
use crate::golden::assert_golden;
use crate::support::capture;

/// An error with a text and no cause.
#[derive(Debug)]
struct RuntimeError(&'static str);

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for RuntimeError {}

struct Connection {
    state: &'static str,
    peer: &'static str,
}

impl Connection {
    #[operation("open", live(state = self.state))]
    async fn open(&mut self, fail: bool) -> Result<(), RuntimeError> {
        yield_now().await;
        if fail {
            self.state = "opening";
            return Err(RuntimeError("connection failed"));
        }
        self.state = "opened";
        Ok(())
    }

    #[operation("open", live(state = self.state, peer = self.peer))]
    async fn open_with_peer(&mut self) {
        self.state = "opened";
    }
}

fn connection() -> Connection {
    Connection { state: "closed", peer: "ldap.example.local" }
}

struct Session {
    session_id: String,
    ttl_ms: u64,
}

fn session_of(user_id: &str) -> Session {
    Session { session_id: format!("session-{user_id}"), ttl_ms: 30_000 }
}

#[tokio::test]
async fn public_api_method() {
    struct Service;
    #[operation(namespace = "example")]
    impl Service {
        #[operation]
        async fn open(&self) {}
    }
    let log = capture();
    Service.open().await;
    assert_golden!("documented/public_api_method", log);
}

#[tokio::test]
async fn context_fields() {
    let log = capture();
    connection().open(false).await.unwrap();
    assert_golden!("documented/context_fields", log);
}

#[tokio::test]
async fn context_fields_failure() {
    let log = capture();
    connection().open(true).await.unwrap_err();
    assert_golden!("documented/context_fields_failure", log);
}

/// The arguments are under `args`, where the original has `kwargs`.
#[test]
fn invoke_kwargs() {
    #[operation(args(request_id, method, payload_size = payload.len()))]
    fn send_request(request_id: &str, method: &str, payload: &[u8]) {
        let _ = (request_id, method, payload);
    }
    let log = capture();
    send_request("req-1", "GET", b"abc");
    assert_golden!("documented/invoke_kwargs", log);
}

#[test]
fn result_logging() {
    #[operation(result(session_id, ttl_ms))]
    fn create_session(user_id: &str) -> Session {
        session_of(user_id)
    }
    let log = capture();
    create_session("u1");
    assert_golden!("documented/result_logging", log);
}

#[test]
fn result_logging_with_context_field() {
    #[operation(fields(user_id), result(session_id, ttl_ms))]
    fn create_session(user_id: &str) -> Session {
        session_of(user_id)
    }
    let log = capture();
    create_session("u1");
    assert_golden!("documented/result_logging_with_context_field", log);
}

#[test]
fn result_logging_tuple() {
    struct User {
        user_id: &'static str,
    }
    #[operation(result(status = 0, user_id = 1.user_id))]
    fn create_user() -> (&'static str, User) {
        ("created", User { user_id: "ann" })
    }
    let log = capture();
    create_user();
    assert_golden!("documented/result_logging_tuple", log);
}

#[test]
fn result_logging_length_of_nested_field() {
    struct Token {
        value: [u8; 12],
    }
    struct LoginResult {
        user_id: &'static str,
        token: Token,
    }
    #[operation(result(user_id, token_size = token.value.len()))]
    fn login() -> LoginResult {
        LoginResult { user_id: "ann", token: Token { value: [0; 12] } }
    }
    let log = capture();
    login();
    assert_golden!("documented/result_logging_length_of_nested_field", log);
}

/// The rule is a function of the error, where the original lists error types.
#[test]
fn error_policy() {
    fn classify(error: &io::Error) -> Option<ErrorClass> {
        (error.kind() == io::ErrorKind::NotFound).then_some(ErrorClass::Suppressed)
    }
    #[operation(levels(suppressed = "info"), errors = classify)]
    fn load_optional_config(path: &str) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::NotFound, path))
    }
    let log = capture();
    load_optional_config("missing.json").unwrap_err();
    assert_golden!("documented/error_policy", log);
}

/// The cancellation is a drop, whose error has the fixed type and text of this library.
#[tokio::test(start_paused = true)]
async fn cancellation() {
    #[operation]
    async fn run() {
        pending().await
    }
    let log = capture();
    timeout(Duration::from_secs(1), run()).await.unwrap_err();
    assert_golden!("documented/cancellation", log);
}

/// Everything about an operation's record, as one member.
fn nested(under: &str, fields: &ContextFields) -> Map<String, Value> {
    let mut inside = fields.fields.clone();
    inside.insert("event".into(), json!(fields.event_name));
    inside.insert("outcome".into(), json!(fields.event_outcome));
    Map::from_iter([(under.to_owned(), Value::Object(inside))])
}

/// The formatter belongs to the layer, where the original gives one to an operation.
#[tokio::test]
async fn context_formatter() {
    let (log, _guard) = capture_with(|layer| {
        layer.with_context_formatter(|fields| Some(nested("connection", fields)))
    });
    connection().open_with_peer().await;
    assert_golden!("documented/context_formatter", log);
}

/// What a block captures is an argument like any other: there is no section of its own for it.
#[tokio::test]
async fn standalone_function() {
    let log = capture();
    let target = "ldap";
    let span = tracing::info_span!(target: "example", "connect", args.target = target);
    async { assert_eq!(target, "ldap") }.operation(span).await;
    assert_golden!("documented/standalone_function", log);
}

/// `invoke` is recorded when the returned future is first polled, and not at the call.
#[tokio::test]
async fn awaitable_result() {
    #[operation(result)]
    fn send() -> impl Future<Output = &'static str> {
        async { "ok" }
    }
    let log = capture();
    let work = send();
    assert!(log.lines().is_empty());
    assert_eq!(work.await, "ok");
    assert_tells(
        &log,
        [("send", Invoke, Debug, json!({})), ("send", Success, Debug, json!({"result": "ok"}))],
    );
}

#[test]
fn whole_primitive_result() {
    #[operation(result)]
    fn count_users() -> u32 {
        42
    }
    let log = capture();
    count_users();
    assert_golden!("documented/whole_primitive_result", log);
}

/// The formatter belongs to the layer, where the original gives one to an operation.
#[test]
fn formatter_without_fields() {
    #[operation]
    fn heartbeat() {}
    let (log, _guard) = capture_with(|layer| {
        layer.with_context_formatter(|fields| Some(nested("operation", fields)))
    });
    heartbeat();
    assert_golden!("documented/formatter_without_fields", log);
}

/// The argument is under `args`, where the original has `kwargs`.
#[tokio::test]
async fn same_field_as_context_and_argument() {
    #[operation(fields(item_id), args(item_id))]
    async fn save(item_id: &str) {
        let _ = item_id;
    }
    let log = capture();
    save("i-1").await;
    assert_golden!("documented/same_field_as_context_and_argument", log);
}

/// Calls `send_request` of the documentation at a verbosity.
fn at(verbosity: Verbosity) -> (Log, DefaultGuard) {
    #[operation(args(request_id, normal | maximum: method, maximum: payload_size = payload.len()))]
    fn send_request(request_id: &str, method: &str, payload: &[u8]) {
        let _ = (request_id, method, payload);
    }
    let settings = Settings::default().with_verbosity(verbosity);
    let (log, guard) = capture_with(|layer| layer.with_settings(settings));
    send_request("req-1", "GET", b"abc");
    (log, guard)
}

#[test]
fn verbosity_minimal() {
    let (log, _guard) = at(Verbosity::Minimal);
    assert_golden!("documented/verbosity_minimal", log);
}

#[test]
fn verbosity_normal() {
    let (log, _guard) = at(Verbosity::Normal);
    assert_golden!("documented/verbosity_normal", log);
}

#[test]
fn verbosity_maximum() {
    let (log, _guard) = at(Verbosity::Maximum);
    assert_golden!("documented/verbosity_maximum", log);
}
