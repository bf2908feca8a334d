//! Keys that are secret, and keys that are not, wherever they stand.

use serde_json::{Map, Value, json};
use tracing_invocation::json as structure;

use crate::hostile::tools::HandMade;
use crate::support::capture;

/// Keys under which programs keep secrets.
const SECRET: &[&str] = &[
    "pass",
    "password",
    "passwd",
    "passphrase",
    "db_pass",
    "pw",
    "user_pw",
    "pwd",
    "auth",
    "x_auth",
    "basic_auth",
    "proxy_auth",
    "authorization",
    "authorization_header",
    "proxy_authorization",
    "auth_header",
    "cookie",
    "set_cookie",
    "cookie_header",
    "session_id",
    "sid",
    "connect.sid",
    "csrf",
    "csrf_token",
    "xsrf_token",
    "otp",
    "otp_code",
    "totp",
    "pin",
    "card_pin",
    "pin_code",
    "mfa_code",
    "recovery_codes",
    "cvv",
    "cvc",
    "ssn",
    "credit_card",
    "credit_card_number",
    "card_number",
    "iban",
    "account_number",
    "password_confirmation",
    "password_plain",
    "password_hash",
    "new_password",
    "old_password",
    "current_password_again",
    "secret",
    "secrets",
    "secret_value",
    "secret_string",
    "client_secret",
    "secret_id",
    "token",
    "tokens",
    "access_token",
    "refresh_token",
    "refresh_tokens",
    "id_token_hint",
    "next_page_token",
    "bearer",
    "jwt",
    "api_key",
    "x_api_key",
    "api_keys",
    "access_key",
    "secret_access_key",
    "aws_secret_access_key",
    "private_key",
    "private_key_pem",
    "ssh_key",
    "ssh_private_key",
    "signing_key",
    "encryption_key",
    "secret_key_base",
    "master_key",
    "shared_access_key",
    "creds",
    "credentials",
    "user_credential",
    "signature",
    "x_amz_signature",
    "seed_phrase",
    "mnemonic",
    "database_url",
    "db_url",
    "dsn",
    "sentry_dsn",
    "connection_string",
];

/// Keys that are read as they are: about a secret, or about something else. Most are attributes of the OpenTelemetry
/// semantic conventions and fields that widely used crates record.
const HARMLESS: &[&str] = &[
    "token_count",
    "tokens_used",
    "token_type",
    "token_length",
    "token_expires_in",
    "token_endpoint",
    "token_url",
    "max_tokens",
    "gen_ai.request.max_tokens",
    "gen_ai.token.type",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.prompt_tokens",
    "gen_ai.usage.reasoning.output_tokens",
    "aspnetcore.authentication.result",
    "aspnetcore.authentication.scheme",
    "aspnetcore.authorization.policy",
    "aspnetcore.authorization.result",
    "aspnetcore.identity.password_check_result",
    "aspnetcore.identity.token_purpose",
    "aspnetcore.identity.token_verified",
    "aspnetcore.user.is_authenticated",
    "aws.secretsmanager.secret.arn",
    "password_changed_at",
    "password_length",
    "password_policy",
    "password_attempts",
    "has_password",
    "is_secret",
    "requires_auth",
    "auth_method",
    "auth_scheme_options",
    "auth_provider",
    "auth_user",
    "authorization_endpoint",
    "access_key_id",
    "private_key_path",
    "secret_name",
    "secret_version",
    "cookie_policy",
    "cookie_name",
    "cookie_domain",
    "session_id_length",
    "session",
    "session.duration",
    "signature_algorithm",
    "pin_count",
    "pinned",
    "ping",
    "spin",
    "pass_count",
    "passenger",
    "passed",
    "bypass",
    "compass",
    "author",
    "authority",
    "authenticated",
    "secretary",
    "tokenizer",
    "keyboard",
    "key",
    "aws.s3.key",
    "feature_flag.key",
    "messaging.kafka.message.key",
    "messaging.rabbitmq.destination.routing_key",
    "primary_key",
    "public_key",
    "idempotency_key",
    "cache_key",
    "key_algorithm",
    "key_tag",
    "dnskey.name",
    "gen_ai.request.seed",
    "seed",
    "code.function.name",
    "http.response.status_code",
    "error_code",
    "geo.country.iso_code",
    "cloud.account.id",
    "db.client.connection.pool.name",
    "network.connection.state",
    "connection_id",
    "process.executable.build_id.htlhash",
    "tls.client.hash.sha256",
    "user.hash",
    "string_to_sign",
    "signed_message",
    "signer",
    "cancellation_token",
    "oauth",
    "trace_id",
    "request_id",
    "user",
    "user.name",
    "email",
    "host",
    "url.full",
    "url.query",
    "db.query.text",
    "side",
    "inside",
    "resid",
    "optional",
    "dsnap",
];

/// The ways in which programs write the words of a name.
fn styles(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(['_', '.']).collect();
    let capital = |word: &&str| word[..1].to_uppercase() + &word[1..];
    let pascal: String = words.iter().map(capital).collect();
    let camel = format!("{}{}", words[0], &pascal[words[0].len()..]);
    let train = words.iter().map(capital).collect::<Vec<_>>().join("-");
    vec![
        name.to_owned(),
        words.join("-"),
        words.join("."),
        words.join(" "),
        name.to_uppercase(),
        camel,
        pascal,
        train,
    ]
}

/// Keys of the same meaning: with words in front, and numbers behind.
fn forms(name: &str) -> Vec<String> {
    let styled = styles(name);
    let decorated = styled.iter().flat_map(|name| {
        [format!("db.{name}"), format!("old_{name}"), format!("{name}2"), format!("{name}[0]")]
    });
    decorated.chain(styled.iter().cloned()).collect()
}

/// What a structured value shows under each of these keys, each in an object of its own.
fn shown_under(keys: &[String]) -> Vec<Value> {
    let log = capture();
    let objects = keys.iter().map(|key| Map::from_iter([(key.clone(), "hunter2".into())]));
    let shown = objects.map(|object| {
        tracing::info_span!("run", o = structure(&object)).in_scope(|| {});
        let record = log.records().pop().unwrap();
        log.clear();
        record.payload["o"].as_object().unwrap().values().next().unwrap().clone()
    });
    shown.collect()
}

#[test]
fn a_key_with_a_secret_word_is_secret_in_every_style() {
    for name in SECRET {
        let keys = forms(name);
        for (key, shown) in keys.iter().zip(shown_under(&keys)) {
            assert_eq!(shown, "<redacted>", "{key}");
        }
    }
    let joined =
        ["PGPASSWORD", "JSESSIONID", "PHPSESSID", "authtoken", "myapikey", "userpasswordhash"];
    let joined = joined.map(str::to_owned);
    for (key, shown) in joined.iter().zip(shown_under(&joined)) {
        assert_eq!(shown, "<redacted>", "{key}");
    }
}

#[test]
fn a_harmless_key_is_open_in_every_style() {
    for name in HARMLESS {
        let keys = styles(name);
        for (key, shown) in keys.iter().zip(shown_under(&keys)) {
            assert_eq!(shown, "hunter2", "{key}");
        }
    }
    let joined = ["passwordless", "passwordlength", "passwordchangedat", "monkey"];
    let joined = joined.map(str::to_owned);
    for (key, shown) in joined.iter().zip(shown_under(&joined)) {
        assert_eq!(shown, "hunter2", "{key}");
    }
}

#[test]
fn a_secret_key_is_one_wherever_it_stands() {
    for name in SECRET {
        let log = capture();
        let value = json!({*name: "hunter2"});
        let made = HandMade::new([
            (*name).to_owned(),
            format!("args.{name}"),
            format!("invocation.at.normal.{name}"),
            "structure".to_owned(),
            "debugged".to_owned(),
            "text".to_owned(),
            "query".to_owned(),
            "field".to_owned(),
        ]);
        let structured = tracing::field::display(structure(&value));
        let debugged = format!("Login {{ user: \"ann\", {name}: \"hunter2\" }}");
        let text = value.to_string();
        let query = format!("GET /x?a=b&{name}=hunter2&c=d");
        let field = format!("cannot log in: {name}=hunter2 user=ann");
        let plain = "hunter2".to_owned();
        let values: [&dyn tracing::Value; 8] =
            [&plain, &plain, &plain, &structured, &debugged, &text, &query, &field];
        made.span(values).in_scope(|| {});
        for line in log.lines() {
            assert!(!line.contains("hunter2"), "{line}");
        }
    }
}

#[test]
fn a_harmless_key_is_one_wherever_it_stands() {
    for name in HARMLESS.iter().filter(|name| !name.starts_with("has_")) {
        let log = capture();
        let debugged = format!("Login {{ user: \"ann\", {name}: \"hunter2\" }}");
        let text = json!({*name: "hunter2"}).to_string();
        let query = format!("GET /x?a=b&{name}=hunter2&c=d");
        tracing::info_span!("run", debugged, text, query).in_scope(|| {});
        let payload = log.records().remove(0).payload;
        assert_eq!(payload["debugged"], debugged, "{name}");
        assert_eq!(payload["text"], text, "{name}");
        assert_eq!(payload["query"], query, "{name}");
    }
}
