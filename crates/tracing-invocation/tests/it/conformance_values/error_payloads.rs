//! What the `error` of a record holds: a type, a message, the causes, and what the error says of itself.
//!
//! The original's message is here `message`, its kind `type`; everything else that its errors put beside those two
//! is the `details` of an error that describes itself.

mod structured;

use std::error::Error;
use std::{fmt, io};

use serde::Serialize;
use serde_json::{Value, json};
use tracing_invocation::testing::Log;
use tracing_invocation::{DescribeError, ErrorClass, operation};

use super::assert_tells;
use crate::golden::assert_golden;
use crate::support::capture;

text_errors! { ValueError CancelledError }

/// What an operation `run` records that fails with this error, which is of this type.
macro_rules! failing_with {
    ($type:ty, $error:expr) => {{
        #[operation]
        fn run() -> Result<(), $type> {
            Err($error)
        }

        let log = capture();
        run().unwrap_err();
        log
    }};
}
use failing_with;

/// Asserts that `run` failed with this error.
#[track_caller]
fn assert_error(log: &Log, error: Value) {
    assert_tells(
        log,
        [("run invoke DEBUG", json!({})), ("run failed ERROR", json!({"error": error}))],
    );
}

#[test]
fn plain() {
    let log = failing_with!(ValueError, ValueError("bad input"));
    assert_golden!("error_payloads/plain", log);
}

#[test]
fn no_text() {
    let log = failing_with!(ValueError, ValueError(""));
    assert_golden!("error_payloads/no_text", log);
}

/// Differs: the type is that of every error of input and output, and the text is the platform's, without a path.
#[test]
fn operating_system_error() {
    let log = failing_with!(io::Error, io::Error::from_raw_os_error(2));
    let message = io::Error::from_raw_os_error(2).to_string();
    assert!(message.ends_with("(os error 2)"), "{message}");
    assert_error(&log, json!({"type": "io::Error", "message": message}));
}

/// Differs: a message is kept whole up to 1,000 characters, and cut after them.
#[test]
fn long_text() {
    let log = failing_with!(ValueError, ValueError("x".repeat(300).leak()));
    assert_golden!("error_payloads/long_text", log);

    let log = failing_with!(String, "x".repeat(1_001));
    let cut = format!("{}...", "x".repeat(1_000));
    assert_error(&log, json!({"type": "String", "message": cut}));
}

#[test]
fn kind_is_short_type_name() {
    text_errors! { InnerError }

    let log = failing_with!(InnerError, InnerError("boom"));
    assert_golden!("error_payloads/kind_is_short_type_name", log);
}

/// Differs: causes are told, as texts.
#[test]
fn plain_with_cause() {
    #[derive(Debug)]
    struct RuntimeError(ValueError);

    impl fmt::Display for RuntimeError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("save failed")
        }
    }

    impl Error for RuntimeError {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    let log = failing_with!(RuntimeError, RuntimeError(ValueError("disk full")));
    assert_error(
        &log,
        json!({"type": "RuntimeError", "message": "save failed", "sources": ["disk full"]}),
    );
}

/// An error that carries a code, and tells it.
#[derive(Debug, Serialize)]
struct CodedError {
    #[serde(skip)]
    message: &'static str,
    code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_desc: Option<&'static str>,
}

const DENIED: CodedError = CodedError { message: "denied", code: 49, code_desc: None };

impl fmt::Display for CodedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl Error for CodedError {}

impl DescribeError for CodedError {
    fn details(&self) -> impl Serialize {
        self
    }
}

/// Differs: a code is a detail that the error describes itself by.
#[test]
fn with_code() {
    let log = failing_with!(CodedError, DENIED);
    let error = json!({"type": "CodedError", "message": "denied", "details": {"code": 49}});
    assert_error(&log, error);
}

/// Differs: as in [`with_code`].
#[test]
fn with_code_and_description() {
    let log =
        failing_with!(CodedError, CodedError { code_desc: Some("invalid_credentials"), ..DENIED });
    let details = json!({"code": 49, "code_desc": "invalid_credentials"});
    let error = json!({"type": "CodedError", "message": "denied", "details": details});
    assert_error(&log, error);
}

/// Differs: as in [`with_code`].
#[test]
fn with_code_zero() {
    let log = failing_with!(CodedError, CodedError { message: "ok?", code: 0, ..DENIED });
    let error = json!({"type": "CodedError", "message": "ok?", "details": {"code": 0}});
    assert_error(&log, error);
}

/// An error that is described by a value, whatever else it carries.
#[derive(Debug)]
struct OwnPayload {
    payload: Value,
    code: Option<u8>,
}

impl fmt::Display for OwnPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("boom")
    }
}

impl DescribeError for OwnPayload {
    fn details(&self) -> impl Serialize {
        &self.payload
    }
}

/// Differs: what an error says of itself stands beside its type and message, as `details`.
#[test]
fn own_payload() {
    let log = failing_with!(
        OwnPayload,
        OwnPayload { payload: json!({"reason": "operation_failed", "attempt": 2}), code: None }
    );
    let details = json!({"reason": "operation_failed", "attempt": 2});
    assert_error(&log, json!({"type": "OwnPayload", "message": "boom", "details": details}));
}

/// Differs: as in [`own_payload`].
#[test]
fn own_payload_ignores_code() {
    fn coded() -> OwnPayload {
        OwnPayload { payload: json!({"reason": "operation_failed"}), code: Some(7) }
    }

    assert_eq!(coded().code, Some(7));
    let log = failing_with!(OwnPayload, coded());
    let details = json!({"reason": "operation_failed"});
    assert_error(&log, json!({"type": "OwnPayload", "message": "boom", "details": details}));
}

/// Differs: as in [`own_payload`].
#[test]
fn own_payload_empty() {
    let log = failing_with!(OwnPayload, OwnPayload { payload: json!({}), code: None });
    assert_error(&log, json!({"type": "OwnPayload", "message": "boom", "details": {}}));
}

/// Differs: nothing is a group by itself; the text is what the error says of its members.
#[test]
fn error_group() {
    #[derive(Debug)]
    struct ExceptionGroup(Vec<Box<dyn Error + Send + Sync>>);

    impl fmt::Display for ExceptionGroup {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "several ({} sub-exceptions)", self.0.len())
        }
    }

    impl Error for ExceptionGroup {}

    let log = failing_with!(
        ExceptionGroup,
        ExceptionGroup(vec![Box::new(ValueError("a")), Box::new(DENIED)])
    );
    assert_golden!("error_payloads/error_group", log);
}

/// Differs: an error counts as a cancellation where it is classified as one; a future that is dropped has no error
/// of its own.
#[tokio::test]
async fn cancellation_payload() {
    #[operation(errors = |_: &CancelledError| ErrorClass::Cancelled)]
    async fn run() -> Result<(), CancelledError> {
        tokio::task::yield_now().await;
        Err(CancelledError("deadline"))
    }

    let log = capture();
    run().await.unwrap_err();
    assert_golden!("error_payloads/cancellation_payload", log);
}
