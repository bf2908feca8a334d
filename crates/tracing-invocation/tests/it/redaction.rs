//! Secrets, wherever a program may put them.

mod keys;
mod settings;
mod structures;
mod texts;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use tracing_invocation::{
    DescribeError, Outcome, Secret, Verdict, begin, json as structure, operation, testing, whole,
};
use tracing_subscriber::prelude::*;

use crate::support::{capture, check_lines, only};

const URL: &str = "postgres://ann:hunter2@db/shop";
const SHOWN: &str = "postgres://<redacted>@db/shop";

/// A value that must not be looked at.
#[derive(Clone, Copy)]
struct Untouchable;

impl fmt::Debug for Untouchable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("formatted")
    }
}

impl fmt::Display for Untouchable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Serialize for Untouchable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("serialized")
    }
}

/// Nothing of what is secret is in any line, and nothing was touched on the way.
#[track_caller]
fn assert_secret(log: &testing::Log) {
    for line in log.lines() {
        assert!(!line.contains("hunter2") && !line.contains("<unprintable>"), "{line}");
    }
}

#[track_caller]
fn payload(log: &testing::Log, name: &str, outcome: Outcome) -> Value {
    assert_secret(log);
    Value::Object(only(log, name, outcome).payload)
}

#[test]
fn fields_of_ordinary_spans() {
    let log = capture();
    let span = tracing::info_span!(
        "login",
        user = "ann",
        password = ?Untouchable,
        "X-Api-Key" = %Untouchable,
        db.token = 42,
        secret = true,
        pwd = "hunter2",
        args.session_key = ?Untouchable,
        args.url = URL,
        url = %URL,
        debugged = ?Some(URL),
        late_token = tracing::field::Empty,
        tokens_used = 7,
        token_count = 8,
        author = "bob",
        secretary = "eve",
        password_changed_at = "noon",
    );
    span.in_scope(|| {});
    span.record("late_token", tracing::field::debug(Untouchable));
    span.record("url", tracing::field::display("a://hunter2@b"));
    drop(span);
    let context = json!({
        "user": "ann",
        "password": "<redacted>",
        "X-Api-Key": "<redacted>",
        "db.token": "<redacted>",
        "secret": "<redacted>",
        "pwd": "<redacted>",
        "url": SHOWN,
        "debugged": format!("Some({SHOWN:?})"),
        "tokens_used": 7,
        "token_count": 8,
        "author": "bob",
        "secretary": "eve",
        "password_changed_at": "noon",
    });
    let mut invoked = context.clone();
    invoked["args"] = json!({"session_key": "<redacted>", "url": SHOWN});
    assert_eq!(payload(&log, "login", Outcome::Invoke), invoked);
    let mut ended = context;
    ended["late_token"] = "<redacted>".into();
    ended["url"] = "a://<redacted>@b".into();
    assert_eq!(payload(&log, "login", Outcome::Unknown), ended);
}

#[test]
fn names_and_entities() {
    let log = capture();
    let span = tracing::info_span!(
        "call",
        invocation.name = URL,
        invocation.namespace = URL,
        invocation.entity_id = %URL,
    );
    span.in_scope(|| {});
    drop(span);
    let record = only(&log, SHOWN, Outcome::Unknown);
    assert_eq!(record.event_namespace, SHOWN);
    assert_eq!(record.entity_id.as_deref(), Some(SHOWN));
    assert_secret(&log);
}

#[derive(Serialize)]
struct Account {
    user: &'static str,
    password: Untouchable,
    url: &'static str,
    logins: Vec<Login>,
}

#[derive(Serialize)]
enum Login {
    Password(Untouchable),
    Token { value: Untouchable },
    Cookie(Untouchable, Untouchable),
    Guest { api_key: Option<Untouchable>, tokens_used: u8 },
}

fn account() -> Account {
    let logins = vec![
        Login::Password(Untouchable),
        Login::Token { value: Untouchable },
        Login::Cookie(Untouchable, Untouchable),
        Login::Guest { api_key: Some(Untouchable), tokens_used: 7 },
    ];
    Account { user: "ann", password: Untouchable, url: URL, logins }
}

fn shown_account() -> Value {
    json!({
        "user": "ann",
        "password": "<redacted>",
        "url": SHOWN,
        "logins": [
            {"Password": "<redacted>"},
            {"Token": "<redacted>"},
            {"Cookie": "<redacted>"},
            {"Guest": {"api_key": "<redacted>", "tokens_used": 7}},
        ],
    })
}

/// A key that is told in pieces.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Header(&'static str);

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}-{}", "x", self.0))
    }
}

#[test]
fn structured_values_at_any_depth() {
    let log = capture();
    let headers = BTreeMap::from([
        (Header("authorization"), Untouchable),
        (Header("set-cookie"), Untouchable),
    ]);
    let long = format!("{}-password", "a".repeat(300));
    let keys = BTreeMap::from([(URL, 1), ("token2", 2), (long.as_str(), 3)]);
    let span = tracing::info_span!(
        "sync",
        account = structure(&account()),
        args.nested = structure(&json!({"a": [{"b": {"client_secret": {"c": "hunter2"}}}]})),
        headers = structure(&[headers]),
        keys = structure(&keys),
        credentials = structure(&Untouchable),
        inside = ?Some(structure(&json!({"token": "hunter2"}))),
    );
    span.in_scope(|| {});
    drop(span);
    let invoked = payload(&log, "sync", Outcome::Invoke);
    let expected = json!({
        "args": {"nested": {"a": [{"b": {"client_secret": "<redacted>"}}]}},
        "account": shown_account(),
        "headers": [{"x-authorization": "<redacted>", "x-set-cookie": "<redacted>"}],
        "keys": {
            SHOWN: 1,
            "token2": "<redacted>",
            format!("{}...", "a".repeat(200)): "<redacted>",
        },
        "credentials": "<redacted>",
        "inside": r#"Some({"token":"<redacted>"})"#,
    });
    assert_eq!(invoked, expected);
}

#[derive(Debug)]
struct Refused {
    cause: Option<std::io::Error>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot open postgres:")?;
        f.write_str("//ann:hun")?;
        f.write_str("ter2@db/shop")
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

impl DescribeError for Refused {
    fn details(&self) -> impl Serialize {
        json!({"url": URL, "login": {"password": "hunter2"}})
    }
}

fn refused() -> Refused {
    Refused { cause: Some(std::io::Error::other(format!("no such host in {URL}"))) }
}

#[operation(args(url, password, account = account), fields(token, %url), live(api_key = ?token), entity_id = url)]
fn open(
    url: &str,
    password: Untouchable,
    account: &Account,
    token: Untouchable,
) -> Result<(), Refused> {
    let _ = (password, token);
    Err(refused())
}

#[test]
fn operations_and_their_errors() {
    let log = capture();
    open(URL, Untouchable, &account(), Untouchable).unwrap_err();
    let invoked = json!({
        "args": {"url": SHOWN, "password": "<redacted>", "account": shown_account()},
        "token": "<redacted>",
        "url": SHOWN,
        "api_key": "<redacted>",
    });
    assert_eq!(payload(&log, "open", Outcome::Invoke), invoked);
    let error = json!({
        "type": "Refused",
        "message": format!("cannot open {SHOWN}"),
        "sources": [format!("no such host in {SHOWN}")],
        "details": {"url": SHOWN, "login": {"password": "<redacted>"}},
    });
    assert_eq!(payload(&log, "open", Outcome::Failed)["error"], error);
    assert_eq!(only(&log, "open", Outcome::Failed).entity_id.as_deref(), Some(SHOWN));
}

struct Session {
    id: u8,
    token: Untouchable,
    refresh: Refresh,
    url: &'static str,
}

#[derive(Clone, Copy)]
struct Refresh {
    token: Untouchable,
}

#[operation(result(id, token = ?token, refresh_token = refresh.token, cookie = %token, url = %url))]
fn sign_in() -> Session {
    Session { id: 1, token: Untouchable, refresh: Refresh { token: Untouchable }, url: URL }
}

#[operation(result)]
fn find() -> Account {
    account()
}

#[operation(result(?))]
fn connect() -> &'static str {
    URL
}

#[test]
fn results_and_their_parts() {
    let log = capture();
    let session = sign_in();
    let _ = (session.id, session.token, session.refresh.token, session.url);
    find();
    connect();
    let result = |name| payload(&log, name, Outcome::Success)["result"].clone();
    let expected = json!({
        "id": 1,
        "token": "<redacted>",
        "refresh_token": "<redacted>",
        "cookie": "<redacted>",
        "url": SHOWN,
    });
    assert_eq!(result("sign_in"), expected);
    assert_eq!(result("find"), shown_account());
    assert_eq!(result("connect"), format!("{SHOWN:?}"));
}

#[test]
fn results_and_errors_of_ordinary_spans() {
    #[tracing::instrument(ret)]
    fn url() -> &'static str {
        URL
    }
    #[tracing::instrument(err)]
    fn fails() -> Result<(), Refused> {
        Err(refused())
    }
    let log = testing::Log::new();
    let subscriber = tracing_subscriber::registry().with(log.layer().with_results(true));
    tracing::subscriber::with_default(subscriber, || {
        url();
        fails().unwrap_err();
    });
    check_lines(&log);
    assert_eq!(payload(&log, "url", Outcome::Success)["result"], format!("{SHOWN:?}"));
    let error = payload(&log, "fails", Outcome::Failed)["error"]["message"].clone();
    assert_eq!(error, format!("cannot open {SHOWN}"));
}

#[test]
fn verdicts_and_panics() {
    let log = capture();
    begin(tracing::info_span!("judged")).end(Verdict::failed_as("a://hunter2@b", URL));
    let panicked = std::panic::catch_unwind(|| {
        let _guard = begin(tracing::info_span!("panicking"));
        panic!("no {URL}");
    });
    panicked.unwrap_err();
    let judged = payload(&log, "judged", Outcome::Failed)["error"].clone();
    assert_eq!(judged, json!({"type": "a://<redacted>@b", "message": SHOWN}));
    let message = |name| payload(&log, name, Outcome::Failed)["error"]["message"].clone();
    assert_eq!(message("panicking"), format!("no {SHOWN}"));

    #[operation]
    fn panics() {
        panic!("no {URL}");
    }
    std::panic::catch_unwind(panics).unwrap_err();
    assert_eq!(message("panics"), format!("no {SHOWN}"));
}

#[test]
fn what_a_context_formatter_adds() {
    let log = testing::Log::new();
    let layer = log.layer().with_context_formatter(|_| {
        let mut context = Map::new();
        context.insert("token".into(), "hunter2".into());
        context.insert("seen".into(), json!([{"url": URL, "pwd": "hunter2"}]));
        Some(context)
    });
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || tracing::info_span!("run").in_scope(|| {}));
    check_lines(&log);
    let expected = json!({"token": "<redacted>", "seen": [{"url": SHOWN, "pwd": "<redacted>"}]});
    assert_eq!(payload(&log, "run", Outcome::Invoke), expected);
}

#[test]
fn a_cut_text_shows_no_part_of_a_password() {
    let log = capture();
    for before in 0..40 {
        let text = format!("{}{URL}", "-".repeat(170 + before));
        let span = tracing::info_span!("cut", text, shown = %text, debugged = ?text);
        span.in_scope(|| {});
    }
    for line in log.lines() {
        assert!(!line.contains("hu") && !line.contains("ann"), "{line}");
    }
}

#[test]
fn what_is_gated_or_whole() {
    #[operation(
        args(normal: password, whole: token, whole: api_key = ?token, whole: cookie = %token, whole: url = URL),
        result(whole: secret = ?0, whole: url = %1)
    )]
    fn call(password: Untouchable, token: Untouchable) -> (Untouchable, &'static str) {
        let _ = password;
        (token, URL)
    }
    let log = capture();
    call(Untouchable, Untouchable);
    let span = tracing::info_span!(
        "stock",
        invocation.at.normal.password = ?Untouchable,
        whole_token = whole(&Untouchable),
        rows = whole(&json!([{"pwd": "hunter2", "url": URL}])),
    );
    span.in_scope(|| {});
    let args = json!({
        "password": "<redacted>",
        "token": "<redacted>",
        "api_key": "<redacted>",
        "cookie": "<redacted>",
        "url": SHOWN,
    });
    assert_eq!(payload(&log, "call", Outcome::Invoke)["args"], args);
    let result = json!({"secret": "<redacted>", "url": SHOWN});
    assert_eq!(payload(&log, "call", Outcome::Success)["result"], result);
    let stock = json!({
        "password": "<redacted>",
        "whole_token": "<redacted>",
        "rows": [{"pwd": "<redacted>", "url": SHOWN}],
    });
    assert_eq!(payload(&log, "stock", Outcome::Invoke), stock);
}

#[test]
fn more_fields_than_are_known_at_once() {
    let log = capture();
    let span = tracing::info_span!(
        "wide",
        f0 = 0, f1 = 0, f2 = 0, f3 = 0, f4 = 0, f5 = 0, f6 = 0, f7 = 0, f8 = 0, f9 = 0, f10 = 0, f11 = 0, f12 = 0, f13 = 0, f14 = 0, f15 = 0, f16 = 0, f17 = 0, f18 = 0, f19 = 0, f20 = 0, f21 = 0, f22 = 0, f23 = 0, f24 = 0, f25 = 0, f26 = 0, f27 = 0, f28 = 0, f29 = 0, f30 = 0, f31 = 0, f32 = 0,
        a_token = ?Untouchable,
    );
    span.in_scope(|| {});
    assert_eq!(payload(&log, "wide", Outcome::Invoke)["a_token"], "<redacted>");
}

#[test]
fn a_secret_is_shown_to_nobody() {
    #[derive(Debug, Serialize)]
    struct Login {
        user: &'static str,
        pin: Secret<&'static str>,
    }
    #[operation(args(password, pin, login, debugged = ?login), fields(pin = %pin))]
    fn sign_in(password: &Secret<String>, pin: Secret<Untouchable>, login: &Login) -> usize {
        let _ = pin.into_inner();
        password.expose().len()
    }
    let log = capture();
    let login = Login { user: "ann", pin: Secret::from("hunter2") };
    let length = sign_in(&Secret::from("hunter2".to_owned()), Untouchable.into(), &login);
    assert_eq!(length, 7);
    let span = tracing::info_span!("stock", pin = ?login.pin, shown = %login.pin, login = structure(&login));
    span.in_scope(|| {});
    let shown = json!({"user": "ann", "pin": "<redacted>"});
    let debugged = r#"Login { user: "ann", pin: <redacted> }"#;
    let expected = json!({
        "args": {"password": "<redacted>", "pin": "<redacted>", "login": shown, "debugged": debugged},
        "pin": "<redacted>",
    });
    assert_eq!(payload(&log, "sign_in", Outcome::Invoke), expected);
    let expected = json!({"pin": "<redacted>", "shown": "<redacted>", "login": shown});
    assert_eq!(payload(&log, "stock", Outcome::Invoke), expected);
}

#[test]
fn a_secret_is_what_it_holds_otherwise() {
    let secret: Secret<u8> = serde_json::from_str("7").unwrap();
    let copy = secret;
    assert!(secret == copy && secret != Secret::default() && secret > Secret::default());
    assert_eq!((*secret.expose(), copy.into_inner()), (7, 7));
    assert_eq!(format!("{secret} {secret:?}"), "<redacted> <redacted>");
    assert_eq!(serde_json::to_string(&secret).unwrap(), "\"<redacted>\"");
}

#[test]
fn other_layers_see_no_secrets_in_structure() {
    let shown = structure(&account()).to_string();
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), shown_account());
}
