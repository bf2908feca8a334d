//! What operations inherit from those around them.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tracing::{Span, info_span};
use tracing_invocation::testing::Log;
use tracing_invocation::{
    Capture, EventMetadata, FutureExt as _, InvocationLayer, Outcome, Record, Verbosity, begin,
    operation,
};
use tracing_subscriber::prelude::*;

use crate::support::{capture, check_lines, only, poll_once};

#[operation]
fn query(fails: bool) -> Result<(), String> {
    if fails { Err("torn".to_owned()) } else { Ok(()) }
}

#[operation(entity_id = order, fields(inherit: user, page = 7))]
fn place_order(order: u32, user: &str, fails: bool) -> Result<(), String> {
    query(fails)
}

/// What `program` records in a layer of its own.
fn logged(
    settings: impl FnOnce(InvocationLayer) -> InvocationLayer,
    program: impl FnOnce(),
) -> Log {
    let log = Log::new();
    tracing::subscriber::with_default(
        tracing_subscriber::registry().with(settings(log.layer())),
        program,
    );
    check_lines(&log);
    log
}

fn inherited(record: &Record) -> Value {
    record.payload.get("inherited").cloned().unwrap_or(Value::Null)
}

#[test]
fn the_record_of_a_failure_says_what_is_around_it() {
    let log = capture();
    place_order(42, "ann", true).unwrap_err();
    let told = only(&log, "query", Outcome::Failed);
    let expected = json!({"entity_ids": {"place_order": "42"}, "user": "ann"});
    assert_eq!(inherited(&told), expected);
    let pointing = only(&log, "place_order", Outcome::Failed);
    assert_eq!(pointing.payload["user"], "ann", "its own field is context, as any other");
    assert_eq!(pointing.payload["page"], 7);
    assert_eq!(inherited(&pointing), Value::Null);
}

#[test]
fn beginnings_and_successes_say_nothing_of_what_is_around_them() {
    let log = capture();
    place_order(42, "ann", false).unwrap();
    assert!(log.records().iter().all(|record| inherited(record).is_null()), "{}", *log);
}

#[test]
fn cancelled_unknown_and_slow_records_say_what_is_around_them() {
    let outer = || info_span!("outer", invocation.entity_id = 7);
    let log = capture();
    outer().in_scope(|| {
        let waiting = std::future::pending::<()>().operation(info_span!("dropped"));
        assert!(poll_once(pin!(waiting)).is_pending());
        info_span!("bare").in_scope(|| {});
    });
    let expected = json!({"entity_ids": {"outer": "7"}});
    assert_eq!(inherited(&only(&log, "dropped", Outcome::Cancelled)), expected);
    assert_eq!(inherited(&only(&log, "bare", Outcome::Unknown)), expected);

    let settings = |layer: InvocationLayer| {
        layer.with_capture(Capture::none().with_slow_poll(Duration::from_nanos(1)))
    };
    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(settings(log.layer()));
    tracing::subscriber::with_default(subscriber, || {
        outer().in_scope(|| {
            info_span!("long").in_scope(|| log.advance(Duration::from_secs(1)));
        });
    });
    check_lines(&log);
    assert_eq!(inherited(&only(&log, "long", Outcome::Slow)), expected);
}

#[test]
fn one_that_points_elsewhere_leaves_it_to_the_record_there() {
    let log = capture();
    info_span!("request", invocation.entity_id = 1).in_scope(|| {
        place_order(42, "ann", true).unwrap_err();
    });
    assert_eq!(inherited(&only(&log, "place_order", Outcome::Failed)), Value::Null);
    let expected = json!({"entity_ids": {"place_order": "42", "request": "1"}, "user": "ann"});
    assert_eq!(inherited(&only(&log, "query", Outcome::Failed)), expected);
}

#[test]
fn an_entity_that_becomes_known_is_inherited_by_what_begins_after_that() {
    let log = capture();
    let span = info_span!(
        "outer",
        invocation.entity_id = tracing::field::Empty,
        invocation.inherit.user = "none yet"
    );
    span.in_scope(|| {
        let before = begin(info_span!("before"));
        span.record("invocation.entity_id", "late");
        span.record("invocation.inherit.user", "ann");
        drop(before);
        drop(begin(info_span!("after")));
    });
    let of = |name| inherited(&only(&log, name, Outcome::Cancelled));
    assert_eq!(of("before"), json!({"user": "none yet"}));
    assert_eq!(of("after"), json!({"entity_ids": {"outer": "late"}, "user": "ann"}));
}

#[test]
fn a_setting_leaves_it_out() {
    let log =
        logged(|layer| layer.with_inherited_context(false), || drop(place_order(42, "ann", true)));
    assert_eq!(inherited(&only(&log, "query", Outcome::Failed)), Value::Null);
}

#[test]
fn what_is_secret_stays_redacted() {
    struct Seen;
    impl fmt::Debug for Seen {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("looked at")
        }
    }
    let log = capture();
    let outer = info_span!(
        "outer",
        invocation.inherit.password = ?Seen,
        invocation.inherit.url = "https://user:pw@host/"
    );
    outer.in_scope(|| drop(query(true)));
    let expected = json!({"password": "<redacted>", "url": "https://<redacted>@host/"});
    assert_eq!(inherited(&only(&log, "query", Outcome::Failed)), expected);
}

#[test]
fn a_field_behind_a_closed_gate_is_not_inherited() {
    #[operation(fields(maximum | inherit: body), args(inherit: size))]
    fn outer(body: &str, size: u8) {
        query(true).unwrap_err();
    }
    let of = |verbosity| {
        let log = logged(|layer| layer.with_verbosity(verbosity), || outer("all of it", 9));
        inherited(&only(&log, "query", Outcome::Failed))
    };
    assert_eq!(of(Verbosity::Normal), json!({"size": 9}));
    assert_eq!(of(Verbosity::Maximum), json!({"body": "all of it", "size": 9}));
}

#[test]
fn a_refused_operation_adds_nothing_and_inherits_like_any_other() {
    let policy = |event: &EventMetadata<'_>| event.event_name == "request";
    let log = logged(
        |layer| layer.with_policy(policy),
        || {
            info_span!("request", invocation.entity_id = 1).in_scope(|| {
                place_order(42, "ann", true).unwrap_err();
            });
        },
    );
    let expected = json!({"entity_ids": {"request": "1"}});
    assert_eq!(inherited(&only(&log, "query", Outcome::Failed)), expected);
}

#[test]
fn a_field_called_as_the_entities_are_is_not_inherited() {
    let log = capture();
    info_span!("outer", invocation.entity_id = 1, invocation.inherit.entity_ids = "mine")
        .in_scope(|| drop(query(true)));
    let expected = json!({"entity_ids": {"outer": "1"}});
    assert_eq!(inherited(&only(&log, "query", Outcome::Failed)), expected);
    assert_eq!(only(&log, "outer", Outcome::Invoke).payload["entity_ids"], "mine");
}

#[test]
fn a_context_field_of_this_name_moves_below_context() {
    let log = capture();
    info_span!("outer", invocation.entity_id = 1).in_scope(|| {
        drop(begin(info_span!("inner", inherited = "mine")));
    });
    let told = only(&log, "inner", Outcome::Cancelled);
    assert_eq!(told.payload["context"], json!({"inherited": "mine"}));
    assert_eq!(inherited(&told), json!({"entity_ids": {"outer": "1"}}));
}

#[test]
fn what_is_inherited_gives_way_where_a_record_has_no_room() {
    let large = "x".repeat(5_000);
    let limits =
        tracing_invocation::Limits { text: usize::MAX, record: 1_500, ..Default::default() };
    let log = logged(
        |layer| layer.with_limits(limits),
        || {
            info_span!("outer", invocation.inherit.large = large).in_scope(|| drop(query(true)));
        },
    );
    let told = only(&log, "query", Outcome::Failed);
    assert!(told.payload_truncated);
    assert_eq!(told.payload["error"]["message"], "torn");
    assert!(log.lines().iter().all(|line| line.len() < 1_500));
}

/// An enclosing operation: its name, its entity, and a value for one of a few fields.
type Around = (u8, Option<u8>, Option<(u8, u8)>);

/// Opens a span of one of the names, with a field of one of the names.
fn open(&(name, entity, field): &Around) -> Span {
    let name = format!("op{name}");
    let span = info_span!(
        "around",
        invocation.name = name,
        invocation.entity_id = tracing::field::Empty,
        invocation.inherit.f0 = tracing::field::Empty,
        invocation.inherit.f1 = tracing::field::Empty,
        own = 1
    );
    if let Some(entity) = entity {
        span.record("invocation.entity_id", entity);
    }
    if let Some((field, value)) = field {
        span.record(format!("invocation.inherit.f{field}").as_str(), value);
    }
    span
}

/// What an operation inside inherits, by the convention.
fn model(around: &[Around]) -> Value {
    let (mut entity_ids, mut fields) = (Map::new(), Map::new());
    for (name, entity, field) in around.iter().rev() {
        if let Some(entity) = entity
            && entity_ids.len() < 10
        {
            entity_ids.entry(format!("op{name}")).or_insert(entity.to_string().into());
        }
        if let Some((field, value)) = field {
            fields.entry(format!("f{field}")).or_insert((*value).into());
        }
    }
    if !entity_ids.is_empty() {
        fields.insert("entity_ids".to_owned(), entity_ids.into());
    }
    if fields.is_empty() { Value::Null } else { fields.into() }
}

proptest! {
    #[test]
    fn the_nearest_of_each_name_is_inherited(
        around in prop::collection::vec((0..14_u8, any::<Option<u8>>(), any::<Option<(bool, u8)>>()), 0..20)
    ) {
        let around: Vec<Around> = around
            .into_iter()
            .map(|(name, entity, field)| (name, entity, field.map(|(f, value)| (u8::from(f), value))))
            .collect();
        let log = capture();
        let entered: Vec<_> = around.iter().map(|around| open(around).entered()).collect();
        query(true).unwrap_err();
        // The innermost is left first.
        entered.into_iter().rev().for_each(drop);
        prop_assert_eq!(inherited(&only(&log, "query", Outcome::Failed)), model(&around));
    }
}
