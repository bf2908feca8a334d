//! The examples of the original's documentation.

use std::future::pending;
use std::io;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::task::yield_now;
use tokio::time::timeout;
use tracing_invocation::Level::{Debug, Error, Info};
use tracing_invocation::Outcome::{Cancelled, Failed, Invoke, Success};
use tracing_invocation::{ContextFields, ErrorClass, FutureExt as _, operation};

use super::{ValueError, assert_tells, capture_with, dropped};
use crate::support::capture;

struct Connection {
    state: &'static str,
    peer: &'static str,
}

impl Connection {
    #[operation("open", live(state = self.state))]
    async fn open(&mut self, fail: bool) -> Result<(), ValueError> {
        yield_now().await;
        if fail {
            self.state = "opening";
            return Err(ValueError("connection failed"));
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
    assert_tells(&log, [("open", Invoke, Debug, json!({})), ("open", Success, Debug, json!({}))]);
    assert!(log.records().iter().all(|record| record.event_namespace == "example"));
    assert!(log.records().iter().all(|record| record.entity_id.is_none()));
}

#[tokio::test]
async fn context_fields() {
    let log = capture();
    connection().open(false).await.unwrap();
    assert_tells(
        &log,
        [
            ("open", Invoke, Debug, json!({"state": "closed"})),
            ("open", Success, Debug, json!({"state": "opened"})),
        ],
    );
}

#[tokio::test]
async fn context_fields_failure() {
    let log = capture();
    connection().open(true).await.unwrap_err();
    let error = json!({"type": "ValueError", "message": "connection failed"});
    assert_tells(
        &log,
        [
            ("open", Invoke, Debug, json!({"state": "closed"})),
            ("open", Failed, Error, json!({"state": "opening", "error": error})),
        ],
    );
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
    let args = json!({"request_id": "req-1", "method": "GET", "payload_size": 3});
    assert_tells(
        &log,
        [
            ("send_request", Invoke, Debug, json!({"args": args})),
            ("send_request", Success, Debug, json!({})),
        ],
    );
}

/// Differs: the id of a session is a secret.
#[test]
fn result_logging() {
    #[operation(result(session_id, ttl_ms))]
    fn create_session(user_id: &str) -> Session {
        session_of(user_id)
    }
    let log = capture();
    create_session("u1");
    let result = json!({"session_id": "<redacted>", "ttl_ms": 30_000});
    assert_tells(
        &log,
        [
            ("create_session", Invoke, Debug, json!({})),
            ("create_session", Success, Debug, json!({"result": result})),
        ],
    );
}

/// Differs in the same way.
#[test]
fn result_logging_with_context_field() {
    #[operation(fields(user_id), result(session_id, ttl_ms))]
    fn create_session(user_id: &str) -> Session {
        session_of(user_id)
    }
    let log = capture();
    create_session("u1");
    let result = json!({"session_id": "<redacted>", "ttl_ms": 30_000});
    assert_tells(
        &log,
        [
            ("create_session", Invoke, Debug, json!({"user_id": "u1"})),
            ("create_session", Success, Debug, json!({"user_id": "u1", "result": result})),
        ],
    );
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
    let result = json!({"status": "created", "user_id": "ann"});
    assert_tells(
        &log,
        [
            ("create_user", Invoke, Debug, json!({})),
            ("create_user", Success, Debug, json!({"result": result})),
        ],
    );
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
    let result = json!({"user_id": "ann", "token_size": 12});
    assert_tells(
        &log,
        [("login", Invoke, Debug, json!({})), ("login", Success, Debug, json!({"result": result}))],
    );
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
    assert_tells(
        &log,
        [
            ("load_optional_config", Invoke, Debug, json!({})),
            ("load_optional_config", Failed, Info, json!({})),
        ],
    );
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
    assert_tells(&log, [("run", Invoke, Debug, json!({})), ("run", Cancelled, Info, dropped())]);
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
    let connection = |outcome, state| {
        let peer = "ldap.example.local";
        json!({"connection": {"event": "open", "outcome": outcome, "state": state, "peer": peer}})
    };
    assert_tells(
        &log,
        [
            ("open", Invoke, Debug, connection("invoke", "closed")),
            ("open", Success, Debug, connection("success", "opened")),
        ],
    );
}

/// What a block captures is an argument like any other: there is no section of its own for it.
#[tokio::test]
async fn standalone_function() {
    let log = capture();
    let target = "ldap";
    let span = tracing::info_span!(target: "example", "connect", args.target = target);
    async { assert_eq!(target, "ldap") }.operation(span).await;
    assert_tells(
        &log,
        [
            ("connect", Invoke, Debug, json!({"args": {"target": "ldap"}})),
            ("connect", Success, Debug, json!({})),
        ],
    );
    assert!(log.records().iter().all(|record| record.event_namespace == "example"));
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
    assert_tells(
        &log,
        [
            ("count_users", Invoke, Debug, json!({})),
            ("count_users", Success, Debug, json!({"result": 42})),
        ],
    );
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
    let told = |outcome| json!({"operation": {"event": "heartbeat", "outcome": outcome}});
    assert_tells(
        &log,
        [
            ("heartbeat", Invoke, Debug, told("invoke")),
            ("heartbeat", Success, Debug, told("success")),
        ],
    );
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
    assert_tells(
        &log,
        [
            ("save", Invoke, Debug, json!({"item_id": "i-1", "args": {"item_id": "i-1"}})),
            ("save", Success, Debug, json!({"item_id": "i-1"})),
        ],
    );
}
