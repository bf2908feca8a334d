use std::fmt;

use proptest::prelude::*;

use super::*;
use crate::convention::secret;
use crate::payload::text;

#[track_caller]
fn assert_secret(redaction: &Redaction, keys: &[&str]) {
    for key in keys {
        assert!(redaction.is_secret_key(key), "{key}");
    }
}

#[track_caller]
fn assert_open(redaction: &Redaction, keys: &[&str]) {
    for key in keys {
        assert!(!redaction.is_secret_key(key), "{key}");
    }
}

#[test]
fn a_key_is_secret_if_a_name_stands_in_it() {
    let redaction = Redaction::standard();
    assert_secret(&redaction, secret::KEYS);
    assert_secret(&redaction, secret::LAST);
    assert_secret(
        &redaction,
        &[
            "userPassword",
            "X-Api-Key",
            "APIKey",
            "myAPIKey",
            "apikey",
            "db.password",
            "PASSWORD",
            "args.access_token",
            "refreshToken",
            "id-token",
            "X-CSRF-Token",
            "clientSecret",
            "aws_secret_access_key",
            "Set-Cookie",
            "HTTPCookie",
            "Proxy-Authorization",
            "SSHPrivateKey",
            "oauth2token",
            "oauth2Jwt",
            "DB_PWD",
            "dbPwd",
        ],
    );
    assert_open(
        &redaction,
        &[
            "",
            "_",
            "7",
            "tokens_used",
            "token_count",
            "max_tokens",
            "author",
            "authorized",
            "secretary",
            "secret_name",
            "password_changed_at",
            "passwordless",
            "key",
            "keyboard",
            "primary_key",
            "monkey",
            "cookie_policy",
            "pwdx",
            "xpwd",
            "d",
            "n",
        ],
    );
}

#[test]
fn words_that_are_unmistakable_end_others() {
    let redaction = Redaction::standard();
    assert_secret(&redaction, &["PGPASSWORD", "authtoken", "dbpasswd", "appsecret"]);
    assert_open(&redaction, &["megajwt", "noncookie", "mypwd"]);
}

#[test]
fn numbers_and_separators_at_the_end_are_of_no_account() {
    let redaction = Redaction::standard();
    assert_secret(
        &redaction,
        &["password2", "token_1", "api_key[0]", "--password--", "пароль password"],
    );
    assert_open(&redaction, &["token_count_2", "password_length2", "2"]);
}

#[test]
fn names_can_be_added_and_taken_away() {
    let redaction =
        Redaction::standard().with_key("Card-Number").with_key("pin").with_key("sha256");
    assert_secret(
        &redaction,
        &["cardNumber", "CARD_NUMBER", "pin", "userPin", "password", "sha256"],
    );
    assert_open(&redaction, &["number", "spin", "drop_in", "pins", "sha"]);

    let redaction = redaction.without_key("pin").without_key("page_token").without_key("pwd");
    assert_secret(&redaction, &["token", "homepage.csrf_token", "card_number"]);
    assert_open(&redaction, &["pin", "nextPageToken", "pwd"]);

    assert_secret(
        &Redaction::none().with_key("ключ").with_key("").with_key("x"),
        &["ключ", "x", "a_x"],
    );
    assert_open(&Redaction::none().with_key("").with_key("--"), &["", "--", "a"]);
    assert_open(&Redaction::none(), &["password", "token"]);
    assert_open(&Redaction::standard().without_key("password"), &["PGPASSWORD", "password"]);
}

#[test]
fn the_keys_of_two_that_differ_have_different_ids() {
    let standard = Redaction::standard();
    let ids = [
        standard.keys_id(),
        Redaction::none().keys_id(),
        standard.clone().with_key("a").keys_id(),
        standard.clone().with_key("a").keys_id(),
    ];
    for (at, id) in ids.iter().enumerate() {
        assert!(*id != 0 && !ids[..at].contains(id), "{ids:?}");
    }
    assert_eq!(Redaction::standard().keys_id(), standard.keys_id());
    assert_eq!(standard.clone().with_pattern("x").unwrap().keys_id(), standard.keys_id());
}

#[track_caller]
fn assert_redacted(text: &str, expected: &str) {
    assert_eq!(Redaction::standard().redact_text(text), expected);
}

#[test]
fn what_is_before_a_host_is_redacted() {
    assert_redacted("see https://user:pw@host/path", "see https://<redacted>@host/path");
    assert_redacted("https://ghp_abc@github.com", "https://<redacted>@github.com");
    assert_redacted("postgres://u:p@ss@db:5432/x?y=z@w", "postgres://<redacted>@db:5432/x?y=z@w");
    assert_redacted("\"amqp://u:p@h\"", "\"amqp://<redacted>@h\"");
    assert_redacted("a://b:c@d and e://f:g@h", "a://<redacted>@d and e://<redacted>@h");
    assert_redacted("a://b:c@d,e://f:g@h", "a://<redacted>@d,e://<redacted>@h");
    assert_redacted("redis://:pw@h", "redis://<redacted>@h");
    assert_redacted("x://ü:ß@h", "x://<redacted>@h");
    assert_redacted("://u:p@h", "://<redacted>@h");
}

#[test]
fn a_password_that_is_not_escaped_is_redacted() {
    assert_redacted("postgres://u:p/w?#@db/x", "postgres://<redacted>@db/x");
    assert_redacted("https://u:a://b@host", "https://<redacted>@host");
    assert_redacted("https://u:p\\w@host", "https://<redacted>@host");
}

#[test]
fn urls_without_a_user_are_left_alone() {
    for text in [
        "",
        "://",
        "@",
        "a@b",
        "https://",
        "https://host",
        "https://host:8080/@scope/pkg@1.0",
        "https://host/?to=a@b",
        "https://host#a@b",
        "http://[::1]:80/a@b",
        "https://host a@b",
        "<https://host>a@b",
        "https://host:/a@b",
        "mailto:a@b https:/a@b",
    ] {
        let redaction = Redaction::standard();
        assert!(
            matches!(redaction.redact_text(text), Cow::Borrowed(same) if same == text),
            "{text}"
        );
        assert_eq!(redaction.redacted(), 0);
    }
    assert_eq!(Redaction::none().redact_text("https://u:p@h"), "https://u:p@h");
}

fn cut(redaction: &Redaction, text: &str, limit: usize) -> String {
    let (mut whole, mut pieces) = (Vec::new(), Vec::new());
    text::push_str(&mut whole, text, limit, redaction);
    text::push_formatted(&mut pieces, format_args!("{}", Pieces(text, &[3, 1])), limit, redaction);
    let whole = String::from_utf8(whole).unwrap();
    assert_eq!(String::from_utf8(pieces).unwrap(), whole, "however it comes");
    whole
}

#[test]
fn a_cut_leaves_no_part_of_a_userinfo() {
    let redaction = Redaction::standard();
    let cut = |limit| cut(&redaction, "at https://user:pw@host/path", limit);
    assert_eq!(cut(8), r#""at https...""#);
    for limit in 11..24 {
        assert_eq!(cut(limit), r#""at https://...""#, "{limit}");
    }
    assert_eq!(cut(24), r#""at https://<redacted>@ho...""#);
}

#[test]
fn marks_count_towards_the_length_of_a_text() {
    let redaction = Redaction::standard();
    assert_eq!(cut(&redaction, "a://b@c/d", 9), r#""a://<reda...""#);
    assert_eq!(cut(&redaction, "a://b@c/defghij", 9), r#""a://<reda...""#);
}

/// Texts that would take a minute each if every sign in them were a reason to look at all of them.
#[test]
fn long_texts_are_searched_in_one_go() {
    let start = std::time::Instant::now();
    for unit in [
        "a://",
        "u:p://",
        "x://y?",
        "(\"pin\", ",
        "(\"a\", ",
        "value: ",
        "{value: ",
        "{pin: ",
        "pin=",
        "\\",
        "eyJ-",
        "AKIA",
        "Basic ",
        "Bearer ",
        "-----BEGIN ",
        "\"pin\":",
        "Pin(",
        "{\"name\":{",
        "b",
        ":",
    ] {
        let text = unit.repeat(400_000 / unit.len());
        let _ = Redaction::standard().redact_text(&text);
        let _ = Redaction::standard().redact_text(&format!("pin: {{{text}"));
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn patterns_are_redacted() {
    let redaction = Redaction::standard().with_pattern(r"\bkey-\d+").unwrap();
    let redaction = redaction.with_pattern("x*").unwrap();
    assert_eq!(redaction.redact_text("a key-123 b xx"), "a <redacted> b <redacted>");
    assert_eq!(redaction.redacted(), 2);
    // Both of one place, and one that begins in another.
    assert_eq!(
        redaction.redact_text("a://key-1:xx@h key-1xx2"),
        "a://<redacted>@h <redacted><redacted>2"
    );
    assert_eq!(redaction.redacted(), 5);
    let overlapping = Redaction::none().with_pattern("abc").unwrap().with_pattern("bcde").unwrap();
    assert_eq!(overlapping.redact_text("-abcdef-"), "-<redacted>f-");
    assert_eq!(overlapping.redacted(), 1);
}

#[test]
fn a_pattern_sees_beyond_the_cut() {
    let redaction = Redaction::none().with_pattern("key-[0-9]{4}").unwrap();
    assert_eq!(cut(&redaction, "a key-1234 and more", 8), r#""a <redac...""#);
    assert_eq!(cut(&redaction, "a key-1234 and more", 12), r#""a <redacted>...""#);
    assert_eq!(cut(&redaction, "a key-123x and more", 8), r#""a key-12...""#);
    assert_eq!(cut(&redaction, &format!("{}key-1234", "a".repeat(200)), 5), r#""aaaaa...""#);
    assert_eq!(redaction.redacted(), 4, "none that is not shown");
}

#[test]
fn an_invalid_pattern_is_named() {
    let error = Redaction::none().with_pattern("(oops").unwrap_err();
    assert_eq!(error.pattern(), "(oops");
    assert!(error.to_string().starts_with("\"(oops\" is not a pattern: "), "{error}");
}

#[test]
fn what_is_redacted_is_counted() {
    let redaction = Redaction::standard();
    let clone = redaction.clone();
    redaction.push_mark(&mut Vec::new());
    assert_eq!(clone.redact_text("a://b@c d://e@f g://h").matches(mark::REDACTED).count(), 2);
    let mut value =
        serde_json::json!({"token": [1], "deep": [{"pwd": 1, "url": "a://b@c"}], "n": 1});
    clone.redact_value(&mut value);
    let expected = serde_json::json!({
        "token": "<redacted>",
        "deep": [{"pwd": "<redacted>", "url": "a://<redacted>@c"}],
        "n": 1,
    });
    assert_eq!(value, expected);
    assert_eq!(redaction.redacted(), 6);
    assert_eq!(Redaction::standard().redacted(), 0, "of its own");
    assert!(format!("{redaction:?}").contains("redacted: 6"));
}

/// Displays a text in pieces of these lengths, over and over.
struct Pieces<'a>(&'a str, &'a [usize]);

impl fmt::Display for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for length in self.1.iter().cycle() {
            let piece: String = characters.by_ref().take(*length).collect();
            f.write_str(&piece)?;
            if characters.as_str().is_empty() {
                break;
            }
        }
        Ok(())
    }
}

/// A text with URLs in it, whose userinfo is the only place for the letters `P` and `W`.
fn text_with_secrets() -> impl Strategy<Value = String> {
    let userinfo = r"[PWPWPWPW.~!$&'()*+,;=%:@_-]{0,30}";
    let part = prop_oneof![
        3 => (r"[a-z]{1,5}", userinfo).prop_map(|(scheme, user)| format!("{scheme}://{user}P@host")),
        1 => (r"[a-z]{1,5}", "[PW/?#\\\\]{0,9}").prop_map(|(scheme, word)| format!("{scheme}://u:P{word}@host")),
        2 => r#"[a-zé🦀:/@?#"<> \n]{0,30}"#,
    ];
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_userinfo_is_ever_shown(
        text in text_with_secrets(),
        pieces in prop::collection::vec(1..9_usize, 1..5),
        limit in 0..150_usize,
        patterns in any::<bool>(),
    ) {
        let mut redaction = Redaction::standard();
        if patterns {
            redaction = redaction.with_pattern("host").unwrap();
        }
        let mut whole = Vec::new();
        text::push_str(&mut whole, &text, limit, &redaction);
        let whole = String::from_utf8(whole).unwrap();
        prop_assert!(!whole.contains(['P', 'W']), "{whole}");

        let mut formatted = Vec::new();
        let value = Pieces(&text, &pieces);
        text::push_formatted(&mut formatted, format_args!("{value}"), limit, &redaction);
        prop_assert_eq!(String::from_utf8(formatted).unwrap(), whole);

        let mut debugged = Vec::new();
        text::push_formatted(&mut debugged, format_args!("{text:?}"), limit, &redaction);
        let debugged = String::from_utf8(debugged).unwrap();
        prop_assert!(!debugged.contains(['P', 'W']), "{debugged}");

        let shown: String = serde_json::from_str(&formatted_json(&text, limit, &redaction)).unwrap();
        prop_assert!(shown.chars().count() <= limit + mark::CUT.len());
    }

    #[test]
    fn texts_without_urls_are_as_without_redaction(
        text in r#"(:/?[c-gé@ ]|[c-g/"\\]){0,30}"#,
        limit in 0..60_usize,
    ) {
        prop_assert_eq!(
            formatted_json(&text, limit, &Redaction::standard()),
            formatted_json(&text, limit, &Redaction::none()),
        );
    }

    #[test]
    fn no_text_is_too_odd_to_be_searched(
        text in r#"([:=("'{}\[\],\\ \n`é]|://|@|pin|password|name|value|AKIA|eyJ|Bearer |Basic |-----BEGIN |PRIVATE KEY-----|[a-zB0]){0,60}"#,
        whole in any::<bool>(),
        end in 0..200_usize,
    ) {
        let redaction = Redaction::standard();
        let end = (0..=end.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap();
        let shown = redaction.shown(&text, end, whole || end < text.len());
        prop_assert!(shown.len() <= end + redaction.redacted() as usize * mark::REDACTED.len());
        let once = redaction.redact_text(&text).into_owned();
        let counted = redaction.redacted();
        let twice = redaction.redact_text(&once).into_owned();
        let thrice = redaction.redact_text(&twice).into_owned();
        prop_assert_eq!(thrice, twice, "{} once, {} twice", counted, redaction.redacted());
    }

    #[test]
    fn redacting_twice_is_redacting_once(text in text_with_secrets()) {
        let redaction = Redaction::standard();
        let once = redaction.redact_text(&text).into_owned();
        prop_assert_eq!(redaction.redact_text(&once), once.as_str());
    }
}

fn formatted_json(text: &str, limit: usize, redaction: &Redaction) -> String {
    let mut json = Vec::new();
    text::push_formatted(&mut json, format_args!("{}", Pieces(text, &[2])), limit, redaction);
    String::from_utf8(json).unwrap()
}
