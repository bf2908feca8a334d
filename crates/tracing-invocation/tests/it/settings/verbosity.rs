//! Fields that appear at some verbosities.

use super::*;

#[operation(
    fields(always, maximum: body),
    args(a = 1, minimal: b = 2, normal: c = 3, maximum: d = 4, minimal | normal: e = 5, normal | maximum: f2 = 6)
)]
fn gated(always: u8, body: &str) {}

#[test]
fn fields_appear_at_the_verbosities_of_their_gate() {
    let args = |verbosity| {
        let log = logged(settings().with_verbosity(verbosity), || gated(7, "x"));
        let [invoke, success] = log.records().try_into().unwrap();
        let body = (verbosity == Verbosity::Maximum).then_some(json!("x"));
        for record in [&invoke, &success] {
            assert_eq!(record.payload.get("body"), body.as_ref());
            assert_eq!(record.payload["always"], 7);
        }
        invoke.payload["args"].clone()
    };
    assert_eq!(args(Verbosity::Minimal), json!({"a": 1, "b": 2, "e": 5}));
    assert_eq!(args(Verbosity::Normal), json!({"a": 1, "c": 3, "e": 5, "f2": 6}));
    assert_eq!(args(Verbosity::Maximum), json!({"a": 1, "d": 4, "f2": 6}));
}

#[test]
fn a_gate_on_everything_leaves_the_records() {
    #[operation(fields(maximum: a), args(maximum: a))]
    fn all(a: u8) {}
    let log = logged(settings().with_verbosity(Verbosity::Minimal), || all(1));
    assert!(log.records().iter().all(|record| record.payload.is_empty()));
    assert_eq!(log.lines().len(), 2);
}

#[test]
fn a_closed_gate_is_not_looked_at() {
    struct Counted;
    impl fmt::Debug for Counted {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            SEEN.set(SEEN.get() + 1);
            f.write_str("seen")
        }
    }
    thread_local! {
        static SEEN: Cell<u8> = const { Cell::new(0) };
    }
    #[operation(args(maximum: ?value))]
    fn gated(value: Counted) {}
    logged(settings(), || gated(Counted));
    assert_eq!(SEEN.get(), 0);
    logged(settings().with_verbosity(Verbosity::Maximum), || gated(Counted));
    assert_eq!(SEEN.get(), 1);
}
