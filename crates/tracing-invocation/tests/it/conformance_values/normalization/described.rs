//! Errors as values, and what a value says of itself or another type says of it.
//!
//! What the original looks for at run time, a description or an adapter, is `Serialize` here, of the value's own
//! type or of one around it.

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::{Value, json};
use tracing_invocation::{Limits, Settings, Verbosity, json, operation};

use super::{logged, logged_put, put, value_in, written};
use crate::conformance_values::capture_through;
use crate::golden::assert_golden;

text_errors! { ValueError }

const UNPRINTABLE: &str = "<unprintable>";

struct Thing;

/// A type whose own description fails.
struct Described;

impl Serialize for Described {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("no description"))
    }
}

/// What writes itself in the place of a value of another type, by this function.
struct Adapted<'a, T: ?Sized>(&'a T, fn(&T) -> Value);

impl<T: ?Sized> Serialize for Adapted<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.1(self.0).serialize(to)
    }
}

/// Differs: as every value that does not serialize, an error is recorded by its text, where that is asked for.
#[test]
fn plain_error() {
    #[operation("put", args(%value))]
    fn display(value: ValueError) {}
    #[operation("put", args(?value))]
    fn debug(value: ValueError) {}

    assert_eq!(written(Limits::DEFAULT, || display(ValueError("x"))), "x");
    assert_eq!(written(Limits::DEFAULT, || debug(ValueError("x"))), r#"ValueError("x")"#);
}

/// Differs: an error that serializes is written as any other value, within the limits.
#[test]
fn structured_error() {
    struct StructuredError {
        message: &'static str,
        details: Vec<u8>,
    }

    impl Serialize for StructuredError {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let Self { message, details } = self;
            json!({"kind": "StructuredError", "message": message, "details": {"a": details}})
                .serialize(to)
        }
    }

    let of = |details| json!({"kind": "StructuredError", "message": "bad", "details": details});
    let error = StructuredError { message: "bad", details: vec![1] };
    assert_golden!("normalization/structured_error", logged_put(error));
    let long = StructuredError { message: "bad", details: vec![0; 12] };
    let cut = json!({"a": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "... (2 more)"]});
    assert_eq!(put(long), of(cut));
}

/// Differs: the mark does not name the type.
#[test]
fn described_fails() {
    assert_eq!(put(Described), UNPRINTABLE);
    assert_eq!(put([Described]), UNPRINTABLE);
}

/// Differs: the adapter is a type around the value, chosen where the value is named.
#[test]
fn adapter() {
    #[operation("put", args(value = adapted(&thing)))]
    fn run(thing: Thing) {}
    fn adapted(thing: &Thing) -> Adapted<'_, Thing> {
        Adapted(thing, |Thing| json!({"kind": "thing", "verbosity": "NORMAL"}))
    }

    assert_golden!("normalization/adapter", logged(Limits::DEFAULT, || run(Thing)));
}

/// Differs: an adapter sees no verbosity; there is a value for each, of which the layer takes the one of its own.
#[test]
fn adapter_sees_verbosity() {
    let at = |verbosity| {
        let settings = Settings::default().with_verbosity(verbosity);
        let (log, _guard) = capture_through(|layer| layer.with_settings(settings));
        let normal = Adapted(&Thing, |Thing| json!({"kind": "thing", "verbosity": "NORMAL"}));
        let maximum = Adapted(&Thing, |Thing| json!({"kind": "thing", "verbosity": "MAXIMUM"}));
        tracing_invocation::begin(tracing::info_span!(
            "put",
            invocation.at.normal.args.value = json(&normal),
            invocation.at.maximum.args.value = json(&maximum),
        ))
        .complete();
        log
    };
    let normal = json!({"kind": "thing", "verbosity": "NORMAL"});
    assert_eq!(value_in(&at(Verbosity::Normal)), normal);
    assert_golden!("normalization/adapter_sees_verbosity", at(Verbosity::Maximum));
}

/// Differs: where there is an adapter, the value's own description is not asked.
#[test]
fn adapter_after_failed_description() {
    assert_golden!(
        "normalization/adapter_after_failed_description",
        logged_put(Adapted(&Described, |Described| json!({"adapter": true})))
    );
}

/// Differs: the mark does not name the type.
#[test]
fn adapter_fails() {
    struct Failing<'a>(#[expect(dead_code, reason = "what it does not describe")] &'a Thing);

    impl Serialize for Failing<'_> {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("no adaptation"))
        }
    }

    assert_eq!(put(Failing(&Thing)), UNPRINTABLE);
    assert_eq!(put(Adapted(&Thing, |Thing| panic!("broken"))), UNPRINTABLE);
}

/// Differs: nothing is chosen at run time, except by a type that does; the mark does not name the type.
#[test]
fn adapter_resolver_fails() {
    struct Chosen<'a>(&'a Thing, fn(&Thing) -> fn(&Thing) -> Value);

    impl Serialize for Chosen<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            self.1(self.0)(self.0).serialize(to)
        }
    }

    assert_eq!(put(Chosen(&Thing, |Thing| panic!("no choice"))), UNPRINTABLE);
    assert_eq!(put(Chosen(&Thing, |Thing| |Thing| json!(1))), 1);
}

/// Differs: the elements that are to be adapted are given their adapter one by one.
#[test]
fn adapter_for_primitives() {
    let number = Adapted(&5, |number| json!({"n": number}));
    assert_golden!("normalization/adapter_for_primitives", logged_put((number, "x")));
}

/// Differs: as in [`adapter`].
#[test]
fn adapter_for_whole_list() {
    let list: &[u8] = &[1, 2];
    assert_golden!(
        "normalization/adapter_for_whole_list",
        logged_put(Adapted(list, |list| json!({"size": list.len()})))
    );
}
