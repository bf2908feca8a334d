//! How one value appears in a payload: as `serde` has it, within limits, where the original writes one level.
//!
//! Each case is the argument `value` of an operation `put`: [`logged_put`] answers the log of a call, [`put`] what it has
//! of the argument.

mod containers;
mod described;
mod texts;

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{Limits, Settings, operation};

use super::{assert_tells, capture_through};
use crate::golden::assert_golden;

/// What is written of this argument.
fn put<T: Serialize>(value: T) -> Value {
    value_in(&logged_put(value))
}

/// What is written of this argument within limits.
fn put_within<T: Serialize>(limits: Limits, value: T) -> Value {
    value_in(&logged_within(limits, value))
}

/// What is written of this argument with its limits lifted.
fn put_whole<T: Serialize>(value: T) -> Value {
    value_in(&logged_whole(value))
}

/// The log of a call with this argument.
fn logged_put<T: Serialize>(value: T) -> Log {
    logged_within(Limits::DEFAULT, value)
}

/// The log of a call with this argument within limits.
fn logged_within<T: Serialize>(limits: Limits, value: T) -> Log {
    #[operation(args(value))]
    fn put<T: Serialize>(value: T) {}

    logged(limits, || put(value))
}

/// The log of a call with this argument, whose limits are lifted.
fn logged_whole<T: Serialize>(value: T) -> Log {
    logged_whole_within(Limits::DEFAULT, value)
}

/// The log of a call with this argument, whose limits are lifted, whatever they are.
fn logged_whole_within<T: Serialize>(limits: Limits, value: T) -> Log {
    #[operation(args(whole: value))]
    fn put<T: Serialize>(value: T) {}

    logged(limits, || put(value))
}

/// What is written of the argument `value` of an operation `put`, which this calls once.
#[track_caller]
fn written(limits: Limits, call: impl FnOnce()) -> Value {
    value_in(&logged(limits, call))
}

/// What is logged within limits.
fn logged(limits: Limits, call: impl FnOnce()) -> Log {
    let settings = Settings::default().with_limits(limits);
    let (log, _guard) = capture_through(|layer| layer.with_settings(settings));
    call();
    log
}

/// The argument `value`, which is all that a log of one call of `put` tells.
#[track_caller]
fn value_in(log: &Log) -> Value {
    let value = log.records()[0].payload["args"]["value"].clone();
    assert_tells(
        log,
        [("put invoke DEBUG", json!({"args": {"value": value}})), ("put success DEBUG", json!({}))],
    );
    value
}

/// Bytes that serialize as bytes.
struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(self.0)
    }
}

/// A mapping whose members keep their order.
struct Members<T>(Vec<(String, T)>);

impl<T: Serialize> Serialize for Members<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// `k1` to `kN`, each with its number.
fn numbered(members: u32) -> Members<u32> {
    Members((1..=members).map(|number| (format!("k{number}"), number)).collect())
}

#[test]
fn null() {
    assert_golden!("normalization/null", logged_put(()));
    assert_eq!(put(None::<u8>), Value::Null);
}

#[test]
fn r#true() {
    #[operation("put", args(value))]
    fn native(value: bool) {}

    assert_golden!("normalization/true", logged_put(true));
    assert_eq!(written(Limits::DEFAULT, || native(true)), json!(true));
}

#[test]
fn integer() {
    #[operation("put", args(value))]
    fn native(value: i32) {}

    assert_golden!("normalization/integer", logged_put(42));
    assert_eq!(written(Limits::DEFAULT, || native(42)), json!(42));
}

/// Differs: a number outside the range of `i64` is a text of its digits.
#[test]
fn integer_beyond_64_bits() {
    #[operation("put", args(value))]
    fn native(value: u128) {}

    let expected = json!("1208925819614629174706176");
    assert_golden!("normalization/integer_beyond_64_bits", logged_put(1_u128 << 80));
    assert_eq!(written(Limits::DEFAULT, || native(1 << 80)), expected);
    assert_eq!(put(i64::MAX), json!(i64::MAX));
    assert_eq!(put(u64::MAX), json!("18446744073709551615"));
}

/// Differs: what JSON has no number for is `null`.
#[test]
fn float_not_finite() {
    #[operation("put", args(value))]
    fn native(value: f64) {}

    assert_golden!("normalization/float_not_finite", logged_put(f64::INFINITY));
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        assert_eq!(put(value), Value::Null);
        assert_eq!(written(Limits::DEFAULT, || native(value)), Value::Null);
    }
}

/// Differs: a variant is its name, unless the type serializes as the number.
#[test]
fn enum_integer() {
    #[derive(Clone, Copy, Serialize)]
    enum Named {
        Big = 7,
    }

    #[derive(Clone, Serialize)]
    #[serde(into = "u8")]
    enum Numbered {
        Big = 7,
    }

    impl From<Numbered> for u8 {
        fn from(number: Numbered) -> Self {
            number as Self
        }
    }

    assert_golden!("normalization/enum_integer", logged_put(Numbered::Big));
    assert_eq!(put(Named::Big), json!("Big"));
    assert_eq!(put(Named::Big as u8), json!(7));
}

/// Differs: a variant has no text beside the name under which it serializes.
#[test]
fn enum_text() {
    #[derive(Serialize)]
    enum Greeting {
        #[serde(rename = "hi")]
        Hi,
    }

    assert_golden!("normalization/enum_text", logged_put(Greeting::Hi));
}

/// Differs: as in [`enum_text`]; the name is cut like any text.
#[test]
fn enum_long_text() {
    struct Long;

    impl Serialize for Long {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            // 250 letters, as the name of a variant.
            let name = concat!(
                "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
                "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
                "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
                "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
                "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
            );
            assert_eq!(name.len(), 250);
            to.serialize_unit_variant("Long", 0, name)
        }
    }

    assert_golden!("normalization/enum_long_text", logged_put(Long));
}

/// Differs: variants are names, and what one holds stands under its name.
#[test]
fn list_of_enums() {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Any {
        Text(&'static str),
        Number(u8),
    }

    #[derive(Clone, Serialize)]
    #[serde(into = "Any")]
    enum Plain {
        Red,
        Big,
        Hi,
    }

    impl From<Plain> for Any {
        fn from(plain: Plain) -> Self {
            match plain {
                Plain::Red => Self::Text("red"),
                Plain::Big => Self::Number(7),
                Plain::Hi => Self::Text("hi"),
            }
        }
    }

    #[derive(Serialize)]
    enum Member {
        #[serde(rename = "red")]
        Red,
        Big(u8),
        Size {
            width: u8,
        },
    }

    assert_golden!("normalization/list_of_enums", logged_put([Plain::Red, Plain::Big, Plain::Hi]));
    assert_eq!(
        put([Member::Red, Member::Big(7), Member::Size { width: 2 }]),
        json!(["red", {"Big": 7}, {"Size": {"width": 2}}]),
    );
}

/// Differs: a set is a list.
#[test]
fn set() {
    assert_eq!(put(BTreeSet::from([3, 1, 2])), json!([1, 2, 3]));
}

/// Differs: a time is what its type serializes as, that of the standard library as an object.
#[test]
fn date_time() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
    assert_eq!(put(time), json!({"secs_since_epoch": 86_400, "nanos_since_epoch": 0}));
}

/// Differs: a duration is an object, or a text where that is asked for.
#[test]
fn duration() {
    #[operation("put", args(?value))]
    fn text(value: Duration) {}

    let duration = Duration::from_millis(90_500);
    assert_eq!(put(duration), json!({"secs": 90, "nanos": 500_000_000}));
    assert_eq!(written(Limits::DEFAULT, || text(duration)), json!("90.5s"));
}

/// Differs: an identifier is the text that it serializes as.
#[test]
fn uuid() {
    struct Uuid(u128);

    impl std::fmt::Display for Uuid {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{:032x}", self.0)
        }
    }

    impl Serialize for Uuid {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(self)
        }
    }

    assert_eq!(put(Uuid(0x1234)), json!("00000000000000000000000000001234"));
}
