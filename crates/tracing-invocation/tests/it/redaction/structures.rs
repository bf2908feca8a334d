//! Values that a text beside them says are secret.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{Limits, json as structure, whole};
use tracing_subscriber::prelude::*;

use super::Untouchable;
use crate::support::{capture, check_lines};

/// What is written of a structured value.
#[track_caller]
fn shown(value: &(impl Serialize + ?Sized)) -> Value {
    let log = capture();
    tracing::info_span!("run", value = structure(value)).in_scope(|| {});
    let record = log.records().remove(0);
    record.payload["value"].clone()
}

#[test]
fn tagged_enums() {
    #[derive(Serialize)]
    #[serde(tag = "type", content = "value", rename_all = "snake_case")]
    enum Login {
        Password(Untouchable),
        ApiKey { key: Untouchable },
        Guest(u8),
    }
    assert_eq!(
        shown(&[Login::Password(Untouchable), Login::ApiKey { key: Untouchable }, Login::Guest(1)]),
        json!([
            {"type": "password", "value": "<redacted>"},
            {"type": "api_key", "value": "<redacted>"},
            {"type": "guest", "value": 1},
        ])
    );
}

#[test]
fn members_that_others_name() {
    for naming in
        ["name", "key", "header", "field", "param", "kind", "type", "Name", "label", "tag"]
    {
        for holding in ["value", "val", "content", "data", "text", "Value", "values", "default"] {
            for secret in ["authorization", "X-Api-Key", "password", "API key", "set-cookie"] {
                // In the order of the alphabet, so that either may be first.
                let value = json!({naming: secret, holding: "hunter2", "user": "ann"});
                let redacted = json!({naming: secret, holding: "<redacted>", "user": "ann"});
                assert_eq!(shown(&value), redacted);
                let nested = json!([{"headers": [value]}]);
                assert_eq!(shown(&nested), json!([{"headers": [redacted]}]));
            }
            let harmless = json!({naming: "accept", holding: "x"});
            assert_eq!(shown(&harmless), harmless);
        }
    }
}

#[test]
fn members_are_not_touched_where_the_name_stands_first() {
    #[derive(Serialize)]
    struct Header {
        name: &'static str,
        value: Untouchable,
    }
    let header = Header { name: "Authorization", value: Untouchable };
    assert_eq!(shown(&header), json!({"name": "Authorization", "value": "<redacted>"}));
}

#[test]
fn every_member_before_the_name_is_found() {
    #[derive(Serialize)]
    struct Late {
        data: [u8; 3],
        open: &'static str,
        value: &'static str,
        name: &'static str,
        text: Untouchable,
    }
    let late = Late { data: [1, 2, 3], open: "x", value: "y", name: "token", text: Untouchable };
    let expected = json!({
        "data": "<redacted>",
        "open": "x",
        "value": "<redacted>",
        "name": "token",
        "text": "<redacted>",
    });
    assert_eq!(shown(&late), expected);
}

#[test]
fn pairs_and_lists_of_headers() {
    assert_eq!(shown(&("authorization", Untouchable)), json!(["authorization", "<redacted>"]));
    assert_eq!(
        shown(&[("Host", "h"), ("Set-Cookie", "hunter2"), ("X-Api-Key", "hunter2")]),
        json!([["Host", "h"], ["Set-Cookie", "<redacted>"], ["X-Api-Key", "<redacted>"]])
    );
    assert_eq!(
        shown(&json!([["authorization", ["hunter2", "hunter2"]], ["a", "b"]])),
        json!([["authorization", "<redacted>"], ["a", "b"]])
    );
    for open in
        [json!(["password", "b", "c"]), json!(["accept", "x"]), json!(["the token of us", "x"])]
    {
        assert_eq!(shown(&open), open);
    }
}

#[test]
fn a_pair_of_unknown_length_is_one() {
    struct OneByOne<'a>(&'a [&'a str]);
    impl Serialize for OneByOne<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut list = serializer.serialize_seq(None)?;
            for element in self.0 {
                list.serialize_element(element)?;
            }
            list.end()
        }
    }
    assert_eq!(shown(&OneByOne(&["cookie", "hunter2"])), json!(["cookie", "<redacted>"]));
    assert_eq!(shown(&OneByOne(&["cookie"])), json!(["cookie"]));
    assert_eq!(shown(&OneByOne(&["cookie", "a", "b"])), json!(["cookie", "a", "b"]));
}

#[test]
fn options_of_a_command_line() {
    assert_eq!(
        shown(&json!(["mysql", "--password", "hunter2", "-u", "root", "--token=hunter2"])),
        json!(["mysql", "--password", "<redacted>", "-u", "root", "--token=<redacted>"])
    );
}

#[test]
fn limits_do_not_hide_the_name() {
    let log = Log::new();
    let limits = Limits { text: 3, items: 1, ..Limits::DEFAULT };
    let layer = log.layer().with_limits(limits);
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let pair = ("authorization", "hun");
        tracing::info_span!("run", value = structure(&[pair]), whole = whole(&pair))
            .in_scope(|| {});
        let limits = json!({"name": "password", "value": "hun"});
        tracing::info_span!("run", value = structure(&limits)).in_scope(|| {});
    });
    check_lines(&log);
    assert!(!log.to_string().contains("\"hun\""), "{log}");
}

#[test]
fn json_that_comes_as_text() {
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
    let deep = format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000));
    assert_eq!(shown(&raw(r#"{"password":"hunter2","n":[1,2.5,null,true,"x"]}"#)), {
        json!({"password": "<redacted>", "n": [1, 2.5, null, true, "x"]})
    });
    assert_eq!(shown(&raw(r#"[["cookie","hunter2"],{"name":"pin","value":1234}]"#)), {
        json!([["cookie", "<redacted>"], {"name": "pin", "value": "<redacted>"}])
    });
    assert_eq!(shown(&raw(&deep)), json!([[[["<list>"]]]]));
    assert_eq!(shown(&raw(r#""a://u:hunter2@h""#)), "a://<redacted>@h");
    assert_eq!(shown(&raw("18446744073709551615")), "18446744073709551615");
    let many = raw(&format!("[{}0]", "0,".repeat(11)));
    assert_eq!(shown(&many), json!([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "... (2 more)"]));
    #[derive(Serialize)]
    struct Holds {
        body: Box<RawValue>,
        secret: Box<RawValue>,
    }
    let holds = Holds { body: raw(r#"{"token":"hunter2"}"#), secret: raw("1") };
    assert_eq!(shown(&holds), json!({"body": {"token": "<redacted>"}, "secret": "<redacted>"}));
}

#[test]
fn what_a_context_formatter_answers() {
    let log = Log::new();
    let layer = log.layer().with_context_formatter(|_| {
        json!({"name": "authorization", "value": "hunter2", "pairs": [["cookie", "hunter2"]]})
            .as_object()
            .cloned()
    });
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || tracing::info_span!("run").in_scope(|| {}));
    check_lines(&log);
    let payload = Value::Object(log.records().remove(0).payload);
    let pairs = json!([["cookie", "<redacted>"]]);
    assert_eq!(payload, json!({"name": "authorization", "value": "<redacted>", "pairs": pairs}));
}
