//! `#[operation]`: how calls end, and what it was asked to record.

mod contained;
mod shapes;

use std::future::pending;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use serde_json::json;
use tokio::task::yield_now;
use tracing::level_filters::LevelFilter;
use tracing_invocation::{ErrorClass, Level, Outcome, operation};
use tracing_subscriber::prelude::*;

use self::shapes::connection;
use crate::support::{capture, only, poll_once, story};

/// A type that can neither be printed nor serialized.
struct Opaque;

#[derive(Serialize)]
struct Session {
    id: String,
    ttl_ms: u64,
    tags: Vec<&'static str>,
}

#[test]
fn cancelled_when_dropped_while_pending_and_nothing_when_never_polled() {
    #[operation]
    async fn wait() -> Opaque {
        pending().await
    }
    #[operation]
    fn wait_later() -> impl Future<Output = ()> {
        pending()
    }
    let log = capture();
    drop(wait());
    drop(wait_later());
    assert!(poll_once(Box::pin(wait()).as_mut()).is_pending());
    assert!(poll_once(Box::pin(wait_later()).as_mut()).is_pending());
    let expected = ["wait invoke", "wait cancelled", "wait_later invoke", "wait_later cancelled"];
    assert_eq!(story(&log), expected);
}

#[test]
fn a_panic_is_failed_with_its_message_and_goes_on() {
    #[operation]
    fn explode(text: &str) -> u8 {
        panic!("out of {text}")
    }
    let log = capture();
    let payload = std::panic::catch_unwind(|| explode("memory")).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "out of memory");
    let failed = only(&log, "explode", Outcome::Failed);
    let location = format!("{}:{}:9", file!(), line!() - 6);
    let error = json!({"type": "panic", "message": "out of memory", "location": location});
    assert_eq!(failed.payload["error"], error);
}

#[tokio::test]
async fn live_context_is_read_anew_for_every_record() {
    let log = capture();
    let mut connection = connection();
    connection.open(false).await.unwrap();
    let records = log.records();
    assert_eq!(json!(records[0].payload), json!({"state": "closed"}));
    assert_eq!(json!(records[1].payload), json!({"state": "opened"}));
    assert_eq!(records[1].entity_id.as_deref(), Some("42"));
    assert_eq!(records[1].event_name, "connection.open");

    connection.open(true).await.unwrap_err();
    log.assert_last("connection.open").ended(Outcome::Failed).with_payload("/state", "opening");

    connection.state = "closed";
    assert!(poll_once(Box::pin(connection.open(false)).as_mut()).is_pending());
    log.assert_last("connection.open").ended(Outcome::Cancelled).with_payload("/state", "closed");
}

#[test]
fn arguments_and_fields_are_read_before_the_body_takes_them() {
    #[derive(Debug)]
    struct Body(&'static str);
    #[operation(fields(%dn, session = session.as_deref()), args(request_id, size = payload.len(), ?body, tags))]
    fn send(
        dn: String,
        request_id: u64,
        payload: Vec<u8>,
        body: Body,
        session: Option<String>,
        tags: Vec<String>,
    ) {
        drop((dn, payload, body.0, session, tags, request_id));
    }
    let log = capture();
    send("cn=ann".into(), 7, vec![0; 3], Body("x"), None, vec!["a".into(), "b".into()]);
    let args = json!({"request_id": 7, "size": 3, "body": "Body(\"x\")", "tags": ["a", "b"]});
    let [invoke, success] = log.records().try_into().unwrap();
    assert_eq!(json!(invoke.payload), json!({"args": args, "dn": "cn=ann", "session": null}));
    assert_eq!(json!(success.payload), json!({"dn": "cn=ann", "session": null}));
}

#[test]
fn results_are_recorded_as_they_were_asked_for() {
    fn session() -> Session {
        Session { id: "s-1".into(), ttl_ms: 30, tags: vec!["a", "b"] }
    }
    #[operation(result)]
    fn whole() -> Result<Session, String> {
        Ok(session())
    }
    #[operation(result(id, ttl_ms, n = tags.len()))]
    fn parts() -> Session {
        session()
    }
    #[operation(result(0, 1.id, last = ?1.tags.last()))]
    fn tuple() -> (&'static str, Session) {
        ("created", session())
    }
    #[operation(result(?))]
    fn text() -> Vec<u8> {
        vec![1]
    }
    let log = capture();
    let _ = (whole(), parts(), tuple(), text());
    let result = |name| only(&log, name, Outcome::Success).payload["result"].clone();
    assert_eq!(result("whole"), json!({"id": "s-1", "ttl_ms": 30, "tags": ["a", "b"]}));
    assert_eq!(result("parts"), json!({"id": "s-1", "ttl_ms": 30, "n": 2}));
    assert_eq!(result("tuple"), json!({"item0": "created", "id": "s-1", "last": "Some(\"b\")"}));
    assert_eq!(result("text"), json!("[1]"));
}

#[test]
fn each_outcome_has_the_level_that_the_operation_gives_it() {
    #[operation(levels(invoke = "trace", success = "info", failed = "warn"))]
    fn leveled(fail: bool) -> Result<(), &'static str> {
        if fail { Err("no") } else { Ok(()) }
    }
    let log = capture();
    let _ = (leveled(false), leveled(true));
    let levels: Vec<_> = log.records().iter().map(|record| record.level).collect();
    assert_eq!(levels, [Level::Trace, Level::Info, Level::Trace, Level::Warn]);
}

#[test]
fn errors_are_classified_by_the_operation() {
    #[operation(errors = |code: &u8| match code {
        0 => Some(ErrorClass::Success),
        1 => Some(ErrorClass::Suppressed),
        2 => Some(ErrorClass::Cancelled),
        _ => None,
    })]
    fn classified(code: u8) -> Result<(), u8> {
        Err(code)
    }
    let log = capture();
    for code in 0..4 {
        classified(code).unwrap_err();
    }
    let ends: Vec<_> =
        log.records().into_iter().filter(|record| record.event_outcome.is_terminal()).collect();
    let outcomes: Vec<_> = ends.iter().map(|end| (end.event_outcome, end.level)).collect();
    assert_eq!(
        outcomes,
        [
            (Outcome::Success, Level::Debug),
            (Outcome::Failed, Level::Debug),
            (Outcome::Cancelled, Level::Info),
            (Outcome::Failed, Level::Error),
        ]
    );
    assert!(ends[1].payload.is_empty());
    assert_eq!(ends[2].payload["error"], json!({"type": "u8", "message": "2"}));
}

#[test]
fn an_error_that_counts_as_a_cancellation_is_told_once_as_each_thing_that_it_counts_as() {
    #[operation(errors = |_: &_| ErrorClass::Cancelled)]
    fn inner() -> Result<(), &'static str> {
        Err("stop")
    }
    #[operation(errors = |_: &_| ErrorClass::Cancelled)]
    fn middle() -> Result<(), &'static str> {
        inner()
    }
    #[operation]
    fn outer() -> Result<(), &'static str> {
        middle()
    }
    let log = capture();
    outer().unwrap_err();
    let ends = ["inner", "middle"].map(|name| only(&log, name, Outcome::Cancelled));
    assert_eq!(ends.each_ref().map(|end| end.level), [Level::Info, Level::Debug]);
    assert_eq!(ends[1].payload["cancelled_by"], json!(ends[0].span_id));
    let failed = only(&log, "outer", Outcome::Failed);
    assert_eq!(failed.level, Level::Error);
    assert_eq!(failed.payload["error"], json!({"type": "&str", "message": "stop"}));
}

#[test]
fn a_call_that_is_not_to_be_recorded_leaves_nothing() {
    #[operation(when = recorded, entity_id = entity())]
    fn quiet(recorded: bool) -> Result<(), &'static str> {
        Err("unheard")
    }
    fn entity() -> &'static str {
        LOOKED_UP.set(LOOKED_UP.get() + 1);
        "entity"
    }
    thread_local! {
        static LOOKED_UP: std::cell::Cell<u8> = const { std::cell::Cell::new(0) };
    }
    let log = capture();
    quiet(false).unwrap_err();
    assert_eq!((log.lines().len(), LOOKED_UP.get()), (0, 0));
    quiet(true).unwrap_err();
    assert_eq!((log.lines().len(), LOOKED_UP.get()), (2, 1));
}

#[test]
fn operations_of_a_group_share_its_namespace() {
    struct Cache;
    #[operation(namespace = "app.cache")]
    impl Cache {
        #[operation]
        fn get(&self) {}

        #[operation("cache.put", namespace = "app.store")]
        fn put(&self) {}

        #[operation("cache.hit")]
        fn hit(&self) {}
    }
    let log = capture();
    Cache.get();
    Cache.put();
    Cache.hit();
    let namespaces: Vec<_> =
        log.records().into_iter().step_by(2).map(|record| record.event_namespace).collect();
    assert_eq!(namespaces, ["app.cache", "app.store", "app.cache"]);
}

#[test]
fn other_layers_see_an_ordinary_span() {
    #[operation("ordinary", fields(id))]
    fn ordinary(id: u8) -> Result<(), String> {
        tracing::info!("inside");
        Err("bad".into())
    }
    #[derive(Clone, Default)]
    struct Written(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (log, written) = (tracing_invocation::testing::Log::new(), Written::default());
    let writer = written.clone();
    let fmt = tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(log.layer()).with(fmt);
    let _ = tracing::subscriber::with_default(subscriber, || ordinary(1));
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = text.lines().map(|line| line.split(" time.busy").next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            " INFO ordinary{id=1}: it::operation: new",
            " INFO ordinary{id=1}: it::operation: enter",
            " INFO ordinary{id=1}: it::operation: inside",
            " INFO ordinary{id=1}: it::operation: exit",
            " INFO ordinary{id=1}: it::operation: close",
        ]
    );
    assert_eq!(log.lines().len(), 2);
}

#[tokio::test]
async fn disabled_by_level_it_runs_its_body_and_evaluates_no_field() {
    fn count(asked: &AtomicU64) -> u64 {
        asked.fetch_add(1, Ordering::Relaxed)
    }

    #[operation(fields(n = count(asked)))]
    fn plain(asked: &AtomicU64) -> Result<u32, String> {
        Err("no".to_owned())
    }

    #[operation(live(n = count(asked)))]
    fn live(asked: &AtomicU64) -> u32 {
        2
    }

    #[operation(fields(n = count(asked)))]
    async fn waits(asked: &AtomicU64) -> u32 {
        yield_now().await;
        3
    }

    #[operation(fields(n = count(asked)))]
    fn boxed(asked: &AtomicU64) -> Pin<Box<dyn Future<Output = u32> + '_>> {
        Box::pin(async { 4 })
    }

    let (log, asked) = (tracing_invocation::testing::Log::new(), AtomicU64::new(0));
    let quiet = tracing_subscriber::registry().with(log.layer()).with(LevelFilter::WARN);
    let _quiet = tracing::subscriber::set_default(quiet);
    assert_eq!(plain(&asked), Err("no".to_owned()));
    assert_eq!((live(&asked), waits(&asked).await, boxed(&asked).await), (2, 3, 4));
    assert_eq!(asked.into_inner(), 0);
    assert!(log.lines().is_empty());
}
