//! What the environment and the code ask for, and what is said to wrong words.

use std::collections::HashMap;

use super::*;

/// The settings of an exporter in an environment.
fn in_environment(
    exporter: Exporter,
    variables: &[(&str, &str)],
) -> Result<Settings, InvalidExporter> {
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    exporter.settings(&|name| variables.get(name).map(OsString::from))
}

fn endpoint(exporter: Exporter, variables: &[(&str, &str)]) -> String {
    in_environment(exporter, variables).unwrap().endpoint.to_string()
}

#[test]
fn by_default_a_collector_on_this_machine_is_asked() {
    let settings = in_environment(Exporter::new(), &[]).unwrap();
    assert_eq!(settings.endpoint, "http://localhost:4318/v1/logs");
    assert_eq!(settings.place, "http://localhost:4318/v1/logs");
    assert_eq!((settings.protocol, settings.gzip), (Protocol::HttpProtobuf, false));
    assert_eq!(settings.timeout, Duration::from_secs(10));
    assert!(settings.headers.is_empty());
    let grpc = Exporter::new().with_protocol(Protocol::Grpc);
    assert_eq!(endpoint(grpc, &[]), "http://localhost:4317/");
}

#[test]
fn the_environment_is_read_by_the_names_of_opentelemetry_and_those_of_logs_win() {
    let settings = in_environment(
        Exporter::new(),
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:1/base/"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x, x-tenant = a ,"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", ""),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ],
    )
    .unwrap();
    assert_eq!(settings.endpoint, "http://all:1/base/v1/logs");
    assert_eq!(settings.protocol, Protocol::HttpProtobuf);
    assert_eq!(settings.headers["authorization"], "Bearer x");
    assert_eq!(settings.headers["x-tenant"], "a");
    assert_eq!(settings.timeout, Duration::from_millis(2_500));
    assert!(settings.gzip);
    let of_logs = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs:2/as/it/is");
    assert_eq!(endpoint(Exporter::new(), &[of_logs]), "http://logs:2/as/it/is");
}

#[test]
fn what_the_code_says_wins() {
    let exporter = Exporter::new()
        .with_endpoint("http://code:9")
        .with_header("X-Tenant", "b")
        .with_timeout(Duration::from_secs(1))
        .with_gzip(false);
    let environment = [
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs:2"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a,x-other=c"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "7"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ];
    let settings = in_environment(exporter, &environment).unwrap();
    assert_eq!(settings.endpoint, "http://code:9/v1/logs");
    assert_eq!(
        (&settings.headers["x-tenant"], &settings.headers["x-other"]),
        (&"b".parse().unwrap(), &"c".parse().unwrap())
    );
    assert_eq!((settings.timeout, settings.gzip), (Duration::from_secs(1), false));
    let given = Exporter::new().with_endpoint("http://code:9/my/logs?key=1");
    let settings = in_environment(given, &[]).unwrap();
    assert_eq!(settings.endpoint, "http://code:9/my/logs?key=1");
    assert_eq!(settings.place, "http://code:9/my/logs");
}

fn refused(exporter: Exporter, variables: &[(&str, &str)]) -> String {
    in_environment(exporter, variables).err().unwrap().to_string()
}

/// What is said to a variable with this value.
fn said(name: &str, value: &str) -> String {
    refused(Exporter::new(), &[(&format!("OTEL_EXPORTER_OTLP_{name}"), value)])
}

#[test]
fn wrong_words_in_the_environment_get_an_answer_that_says_what_to_write() {
    for (error, expected) in [
        (
            said("PROTOCOL", "http/json"),
            "OTEL_EXPORTER_OTLP_PROTOCOL=\"http/json\": write http/protobuf or grpc",
        ),
        (
            said("LOGS_TIMEOUT", "10s"),
            "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT=\"10s\": write milliseconds, such as 10000",
        ),
        (
            said("TIMEOUT", "0"),
            "OTEL_EXPORTER_OTLP_TIMEOUT=\"0\": write milliseconds, such as 10000",
        ),
        (
            said("COMPRESSION", "zstd"),
            "OTEL_EXPORTER_OTLP_COMPRESSION=\"zstd\": write gzip or none",
        ),
        (
            said("ENDPOINT", "localhost:4318"),
            "OTEL_EXPORTER_OTLP_ENDPOINT: the endpoint \"localhost:4318\" is not one: write http://localhost:4318",
        ),
        (
            said("ENDPOINT", "ftp://x"),
            "OTEL_EXPORTER_OTLP_ENDPOINT: the endpoint \"ftp://x\" is not one: write http://localhost:4318",
        ),
        (
            said("ENDPOINT", "http://"),
            "OTEL_EXPORTER_OTLP_ENDPOINT: the endpoint \"http://\" is not one: write http://localhost:4318",
        ),
        (
            said("HEADERS", "token"),
            "OTEL_EXPORTER_OTLP_HEADERS: write name=value,name=value, with other characters than visible ASCII as %20",
        ),
    ] {
        assert_eq!(error, expected);
    }
}

#[test]
fn wrong_words_in_the_code_get_an_answer_that_says_what_to_write() {
    for (error, expected) in [
        (
            refused(Exporter::new().with_header("a b", "c"), &[]),
            "with_header: \"a b\" cannot be sent: write a name of letters, digits and hyphens, and a value of visible ASCII",
        ),
        (
            refused(
                Exporter::new().with_protocol(Protocol::Grpc).with_endpoint("http://x:1/v1/logs"),
                &[],
            ),
            "with_endpoint: the endpoint \"http://x:1/v1/logs\" is not one: write http://x:1: gRPC has no paths",
        ),
    ] {
        assert_eq!(error, expected);
    }
}

#[test]
fn what_is_said_to_wrong_words_tells_no_secret() {
    for text in ["http://me:hush@x:1", "me:hush@x:1", "http://x y/?token=hush"] {
        let error = refused(Exporter::new().with_endpoint(text), &[]);
        assert!(error.contains("write ") && !error.contains("hush"), "{error}");
    }
    for name in ["HEADERS", "LOGS_HEADERS"] {
        assert!(!said(name, "authorization=h\u{fc}sh").contains("sh,"), "a secret is told");
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn https_needs_a_feature() {
    let error = Exporter::new().with_endpoint("https://x").build().unwrap_err().to_string();
    assert!(
        error.ends_with("write http://, or enable the feature `tls` of tracing-invocation-otlp")
    );
}

#[cfg(feature = "tls")]
#[test]
fn certificates_are_pem() {
    let exporter = Exporter::new().with_endpoint("https://x").with_root_certificates("none");
    let error = exporter.build().unwrap_err().to_string();
    assert!(error.contains("-----BEGIN CERTIFICATE-----"), "{error}");
    let environment = [("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file")];
    let error = in_environment(Exporter::new(), &environment).err().unwrap().to_string();
    assert!(error.contains("write the path of a file that can be read"), "{error}");
}
