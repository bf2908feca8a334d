//! Secrets inside texts.

use serde_json::{Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{InvocationLayer, Limits, Redaction, Settings};
use tracing_subscriber::prelude::*;

use crate::support::{capture, check_lines};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.aHVudGVyMmh1bnRlcjI";

/// What is written of a text, whichever way it comes.
#[track_caller]
fn shown(text: &str) -> String {
    let log = capture();
    let pieces = text.split_inclusive(' ').collect::<Vec<_>>();
    let pieces = tracing::field::display(Pieces(&pieces));
    tracing::info_span!("run", text, pieces, whole = %text).in_scope(|| {});
    let mut payload = log.records().remove(0).payload;
    let Some(Value::String(shown)) = payload.remove("text") else { panic!("{}", *log) };
    assert_eq!(payload["pieces"], shown);
    assert_eq!(payload["whole"], shown);
    shown
}

struct Pieces<'a>(&'a [&'a str]);

impl std::fmt::Display for Pieces<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|piece| f.write_str(piece))
    }
}

/// Every text, with what is shown in the place of `hunter2`.
const SHOWN: &[(&str, &str)] = &[
    ("password=hunter2", "password=<redacted>"),
    ("login: user=ann password=hunter2, next=5", "login: user=ann password=<redacted>, next=5"),
    ("user=ann,password=hunter2,next=5", "user=ann,password=<redacted>,next=5"),
    ("password=hunter2,more", "password=<redacted>"),
    ("(token=hunter2).", "(token=<redacted>)."),
    ("api_key = \"hunter2\"", "api_key = \"<redacted>\""),
    ("secret='hunter2' x", "secret='<redacted>' x"),
    ("Server=db;Password=hunter2;Pooling=true", "Server=db;Password=<redacted>;Pooling=true"),
    ("host=db user=ann password=hunter2 dbname=x", "host=db user=ann password=<redacted> dbname=x"),
    ("https://h/p?access_token=hunter2&page=2#x", "https://h/p?access_token=<redacted>&page=2#x"),
    ("https://h/p?a=1&X-Amz-Signature=hunter2", "https://h/p?a=1&X-Amz-Signature=<redacted>"),
    ("/p?user%5Bpassword%5D=hunter2&x=y", "/p?user%5Bpassword%5D=<redacted>&x=y"),
    ("user[password]=hunter2", "user[password]=<redacted>"),
    ("--token=hunter2 --verbose", "--token=<redacted> --verbose"),
    (r#"{"password":"hunter2","user":"ann"}"#, r#"{"password":"<redacted>","user":"ann"}"#),
    (r#"{"pin": 1234, "n": 1}"#, r#"{"pin": <redacted>, "n": 1}"#),
    (r#"{"creds": {"a": [1, 2]}, "n": 1}"#, r#"{"creds": <redacted>, "n": 1}"#),
    (r#"{'password': 'hunter2'}"#, r#"{'password': '<redacted>'}"#),
    (r#"body "{\"token\":\"hunter2\",\"n\":1}""#, r#"body "{\"token\":\"<redacted>\",\"n\":1}""#),
    (r#"{"secret":"a\"hunter2"} x"#, r#"{"secret":"<redacted>"} x"#),
    (
        r#"Login { user: "ann", password: "hunter2", age: 7 }"#,
        r#"Login { user: "ann", password: "<redacted>", age: 7 }"#,
    ),
    (r#"Login { token: Some("hunter2"), n: 7 }"#, "Login { token: <redacted>, n: 7 }"),
    ("Card { pin: 1234 }", "Card { pin: <redacted> }"),
    ("Login { token: <redacted>, n: 7 }", "Login { token: <redacted>, n: 7 }"),
    (r#"Login { creds: Creds { a: "x", b: "y" }, n: 7 }"#, "Login { creds: <redacted>, n: 7 }"),
    (r#"Password("hunter2")"#, r#"Password("<redacted>")"#),
    (r#"[SecretString(hunter2), 1]"#, "[SecretString(<redacted>), 1]"),
    (
        r#"[("authorization", "hunter2"), ("a", "b")]"#,
        r#"[("authorization", "<redacted>"), ("a", "b")]"#,
    ),
    (
        r#"Header { name: "authorization", value: "hunter2" }"#,
        r#"Header { name: "authorization", value: "<redacted>" }"#,
    ),
    (r#"{"value":"hunter2","type":"password"}"#, r#"{"value":"<redacted>","type":"password"}"#),
    ("Password(\n    \"hunter2\",\n)", "Password(<redacted>)"),
    (r#"[{"value":1},{"type":"password"}]"#, r#"[{"value":1},{"type":"password"}]"#),
    (r#"ApiKey { inner: "hunter2" }"#, r#"ApiKey { inner: "<redacted>" }"#),
    ("X-Api-Key: hunter2 and more\nHost: h", "X-Api-Key: <redacted>\nHost: h"),
    ("Host: h\nCookie: a=hunter2; b=c", "Host: h\nCookie: <redacted>"),
    ("curl -H 'X-Api-Key: hunter2' h", "curl -H 'X-Api-Key: <redacted>' h"),
    ("sent Bearer hunter2 to h", "sent Bearer <redacted> to h"),
    ("bearer hunter2", "bearer <redacted>"),
    ("Bearer sesamesesame", "Bearer <redacted>"),
    ("Basic YW5uOmh1bnRlcjI= ok", "Basic <redacted> ok"),
    ("key AKIAIOSFODNN7EXAMPLE used", "key <redacted> used"),
    ("key ASIAIOSFODNN7EXAMPLE", "key <redacted>"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----<redacted>-----END RSA PRIVATE KEY-----",
    ),
    ("-----BEGIN PRIVATE KEY-----\nhunter2", "-----BEGIN PRIVATE KEY-----<redacted>"),
];

#[test]
fn forms_that_are_nothing_else_are_redacted() {
    for (text, expected) in SHOWN {
        assert_eq!(shown(text), *expected, "{text}");
        // Behind other text, and in a text that is longer than a word.
        let text = format!("é {text}");
        let expected = format!("é {expected}");
        let begins_line =
            text.contains("X-Api") && !text.contains("curl") || text.contains("Cookie:");
        if !begins_line {
            assert_eq!(shown(&text), expected, "{text}");
        }
    }
    assert_eq!(shown(&format!("jwt {JWT} end")), "jwt <redacted> end");
}

#[test]
fn what_is_redacted_stays_as_it_is() {
    for (_, text) in SHOWN {
        assert_eq!(shown(text), *text);
    }
}

#[test]
fn texts_about_secrets_are_left_alone() {
    for text in [
        "the password is wrong",
        "invalid token: expired",
        "error: password: must not be empty",
        "missing Authorization header",
        "Bearer token required",
        "a Bearer authentication scheme",
        r#"WWW-Authenticate is Bearer realm="x""#,
        "Basic usage of the api",
        "Basic auth is not allowed",
        "the bearer of this letter",
        "Token(s) expired",
        "std::token::Stream",
        "match token { x => 1 }",
        "if token == x",
        "took 5 ms (max_tokens=512, token_count=7)",
        "Usage { input_tokens: 5, token_type: \"x\" }",
        "call(a, b): c = d",
        "key AKIA and AKIA1234",
        "eyJ is not a token, nor is eyJhbGciOiJIUzI1NiJ9",
        "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----abc-----END PUBLIC KEY-----",
        "password=",
        "password=&x=y",
        "Login { user: \"ann\", value: \"x\" }",
        "Header { name: \"accept\", value: \"x\" }",
        "(\"accept\", \"x\")",
        "a: b, c: d",
    ] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn a_password_in_a_url_may_contain_anything() {
    for password in [
        "hun`ter2",
        "hun\tter2",
        "hun\nter2",
        "hun\0ter2",
        "hun\u{a0}ter2",
        "hun#ter2",
        "hun?ter2",
        "hun\\ter2",
        "hun/ter2",
        "hun@ter2",
        "hun:ter2",
        "1#hunter2",
        "1?hunter2",
        "1\\hunter2",
        "1`hunter2",
    ] {
        for scheme in ["https", "postgres"] {
            let url = format!("{scheme}://ann:{password}@db/x");
            assert_eq!(shown(&url), format!("{scheme}://<redacted>@db/x"), "{url:?}");
            let text = format!("see {url} (or not)");
            assert_eq!(shown(&text), format!("see {scheme}://<redacted>@db/x (or not)"));
        }
    }
    assert_eq!(shown("https://CORP\\ann:hunter2@h"), "https://<redacted>@h");
    assert_eq!(shown("redis://hun#ter2@h"), "redis://<redacted>@h");
    for text in [
        "`https://host:8080` or a@b",
        "https://host:8080\ta@b",
        "https://host:8080\na@b",
        "https://host:8080?to=a@b",
        "https://host#a@b",
    ] {
        assert_eq!(shown(text), text);
    }
}

/// The log of a layer, of spans that `f` opens.
fn logged(change: impl FnOnce(InvocationLayer) -> InvocationLayer, f: impl FnOnce()) -> Log {
    let log = Log::new();
    let subscriber = tracing_subscriber::registry().with(change(log.layer()));
    tracing::subscriber::with_default(subscriber, f);
    check_lines(&log);
    log
}

#[test]
fn a_cut_shows_no_part_of_a_secret() {
    // What names the value may be cut off where it stands behind it.
    let texts = SHOWN.iter().filter(|(text, _)| !text.starts_with("{\"value\""));
    let texts = texts.map(|(text, _)| (*text).to_owned());
    let texts: Vec<_> = texts.chain([format!("jwt {JWT} end")]).collect();
    for limit in 0..80 {
        let change =
            |layer: InvocationLayer| layer.with_limits(Limits { text: limit, ..Limits::DEFAULT });
        let log = logged(change, || {
            for text in &texts {
                let shown = tracing::field::display(text);
                tracing::info_span!("run", text, shown).in_scope(|| {});
            }
        });
        for line in log.lines() {
            let secrets =
                ["hun", "sesame", "1234", "YW5", "AKIAI", "ASIAI", "eyJhb", "Some(", "{\\\"a"];
            for secret in secrets {
                assert!(!line.contains(secret), "{secret}: {line}");
            }
        }
    }
}

#[test]
fn keys_decide_in_texts_as_everywhere() {
    let redaction = Redaction::standard().with_key("plate").without_key("sid");
    let settings = Settings::default().with_redaction(redaction);
    let log = logged(
        |layer| layer.with_settings(settings),
        || {
            tracing::info_span!("run", text = "plate=hunter2 sid=5").in_scope(|| {});
        },
    );
    assert_eq!(log.records()[0].payload["text"], "plate=<redacted> sid=5");
}

#[test]
fn the_search_in_texts_can_be_left_out() {
    let redaction = Redaction::standard().without_text_forms();
    let settings = Settings::default().with_redaction(redaction);
    let log = logged(
        |layer| layer.with_settings(settings),
        || {
            tracing::info_span!("run", text = "password=x a://u:p@h", password = "x")
                .in_scope(|| {});
        },
    );
    let expected = json!({"text": "password=x a://<redacted>@h", "password": "<redacted>"});
    assert_eq!(Value::Object(log.records().remove(0).payload), expected);
}

#[test]
fn a_debug_text_hides_fields_by_their_names() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by `Debug`")]
    struct Login {
        user: &'static str,
        password: &'static str,
        pin: u16,
        session: Option<Session>,
        nested: Vec<Session>,
    }
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by `Debug`")]
    struct Session {
        token: String,
        token_count: u8,
    }
    let session = || Session { token: "hunter2".to_owned(), token_count: 3 };
    let login = Login {
        user: "ann",
        password: "hunter2",
        pin: 4711,
        session: Some(session()),
        nested: vec![session()],
    };
    let log = capture();
    tracing::info_span!("run", ?login, pretty = format!("{login:#?}")).in_scope(|| {});
    let payload = log.records().remove(0).payload;
    let line = log.to_string();
    assert!(!line.contains("hunter2") && !line.contains("4711"), "{line}");
    assert!(payload["login"].as_str().unwrap().starts_with(
        "Login { user: \"ann\", password: \"<redacted>\", pin: <redacted>, session: \
         Some(Session { token: \"<redacted>\", token_count: 3 })"
    ));
}
