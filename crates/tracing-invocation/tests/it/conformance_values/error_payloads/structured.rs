//! Errors that carry details, a cause, and where they come from.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};
use tracing_invocation::{DescribeError, operation};

use super::{ValueError, assert_error, failing_with};
use crate::golden::assert_golden;
use crate::support::capture;

/// An error that carries details and, where it was given one, a cause.
#[derive(Debug)]
struct StructuredError {
    message: &'static str,
    details: Value,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl StructuredError {
    fn new(message: &'static str, details: Value) -> Self {
        Self { message, details, cause: None }
    }

    fn caused_by(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { cause: Some(Box::new(cause)), ..self }
    }
}

impl fmt::Display for StructuredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl Error for StructuredError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&**self.cause.as_ref()?)
    }
}

impl DescribeError for StructuredError {
    fn details(&self) -> impl Serialize {
        &self.details
    }
}

#[test]
fn structured() {
    let log = failing_with!(StructuredError, StructuredError::new("sync failed", json!({})));
    assert_golden!("error_payloads/structured", log);
}

#[test]
fn structured_with_details() {
    let log = failing_with!(StructuredError, {
        let details = json!({"operation": "sync_users", "users": 42});
        StructuredError::new("sync failed", details)
    });
    assert_golden!("error_payloads/structured_with_details", log);
}

/// Differs: every cause below is told, by its text alone.
#[test]
fn structured_with_structured_cause() {
    let log = failing_with!(StructuredError, {
        let inner = StructuredError::new("inner", json!({"row": 3}));
        StructuredError::new("outer", json!({})).caused_by(inner.caused_by(ValueError("bad row")))
    });
    assert_error(
        &log,
        json!({
            "type": "StructuredError",
            "message": "outer",
            "sources": ["inner", "bad row"],
            "details": {},
        }),
    );
}

/// Differs: there is no other way to chain errors than to be given a cause and to say so.
#[test]
fn structured_chained_only() {
    #[operation]
    fn run() -> Result<(), StructuredError> {
        Err(ValueError("bad row")).map_err(|_| StructuredError::new("sync failed", json!({})))
    }

    let log = capture();
    run().unwrap_err();
    assert_golden!("error_payloads/structured_chained_only", log);
}

/// Differs: details are values like any others, and are cut as they are.
#[test]
fn structured_details_are_not_normalized() {
    let log = failing_with!(StructuredError, {
        let numbers: Vec<u8> = (0..12).collect();
        let details = json!({"text": "y".repeat(250), "numbers": numbers});
        StructuredError::new("sync failed", details)
    });
    let text = format!("{}...", "y".repeat(200));
    let numbers = json!([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "... (2 more)"]);
    assert_error(
        &log,
        json!({
            "type": "StructuredError",
            "message": "sync failed",
            "details": {"text": text, "numbers": numbers},
        }),
    );
}

/// An error that says why, where that is known.
#[derive(Debug, Serialize)]
struct InvoiceError {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

impl fmt::Display for InvoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rejected")
    }
}

impl DescribeError for InvoiceError {
    fn details(&self) -> impl Serialize {
        self
    }
}

/// Differs: the reason is a detail.
#[test]
fn reasoned() {
    let log = failing_with!(InvoiceError, {
        InvoiceError { reason: Some("invalid_state"), state: Some("closed") }
    });
    let details = json!({"reason": "invalid_state", "state": "closed"});
    assert_error(&log, json!({"type": "InvoiceError", "message": "rejected", "details": details}));
}

#[test]
fn reasoned_without_reason() {
    #[derive(Debug)]
    struct ReasonedError(InvoiceError);

    impl fmt::Display for ReasonedError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }

    impl DescribeError for ReasonedError {
        fn details(&self) -> impl Serialize {
            &self.0
        }
    }

    let log =
        failing_with!(ReasonedError, ReasonedError(InvoiceError { reason: None, state: None }));
    assert_golden!("error_payloads/reasoned_without_reason", log);
}

/// An error that says where it comes from.
#[derive(Debug, Serialize)]
struct RuntimeExtendedError {
    #[serde(skip_serializing_if = "str::is_empty")]
    module: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    qualname: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worker_id: Option<&'static str>,
}

impl fmt::Display for RuntimeExtendedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("runtime failed")
    }
}

impl DescribeError for RuntimeExtendedError {
    fn details(&self) -> impl Serialize {
        self
    }
}

/// Differs: where the error comes from is a detail.
#[test]
fn runtime_extended() {
    let log = failing_with!(RuntimeExtendedError, {
        RuntimeExtendedError {
            module: "my_app.worker",
            qualname: Some("Worker.run"),
            worker_id: Some("w-1"),
        }
    });
    let details = json!({"module": "my_app.worker", "qualname": "Worker.run", "worker_id": "w-1"});
    assert_error(
        &log,
        json!({"type": "RuntimeExtendedError", "message": "runtime failed", "details": details}),
    );
}

#[test]
fn runtime_extended_blank_origin() {
    let log = failing_with!(RuntimeExtendedError, {
        RuntimeExtendedError { module: "", qualname: None, worker_id: None }
    });
    assert_golden!("error_payloads/runtime_extended_blank_origin", log);
}

/// An error about an argument of a function.
#[derive(Debug, Serialize)]
struct InvalidArgument {
    func: &'static str,
    arg: &'static str,
    error_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
    #[serde(skip)]
    cause: ValueError,
}

impl fmt::Display for InvalidArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid argument -> {}", self.cause)
    }
}

impl Error for InvalidArgument {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl DescribeError for InvalidArgument {
    fn details(&self) -> impl Serialize {
        self
    }
}

/// Differs: the cause is told by its text alone.
#[test]
fn invalid_argument() {
    let log = failing_with!(InvalidArgument, {
        InvalidArgument {
            func: "parse_count",
            arg: "value",
            error_type: "ValueError",
            value: Some("abc"),
            hint: None,
            cause: ValueError("not a number"),
        }
    });
    let details = json!({
        "func": "parse_count", "arg": "value", "error_type": "ValueError", "value": "abc",
    });
    assert_error(
        &log,
        json!({
            "type": "InvalidArgument",
            "message": "invalid argument -> not a number",
            "sources": ["not a number"],
            "details": details,
        }),
    );
}

/// Differs: as in [`invalid_argument`].
#[test]
fn invalid_argument_unknown() {
    let log = failing_with!(InvalidArgument, {
        InvalidArgument {
            func: "<unknown>",
            arg: "<unknown>",
            error_type: "ValueError",
            value: None,
            hint: Some("h"),
            cause: ValueError("x"),
        }
    });
    let details = json!({
        "func": "<unknown>", "arg": "<unknown>", "error_type": "ValueError", "hint": "h",
    });
    assert_error(
        &log,
        json!({
            "type": "InvalidArgument",
            "message": "invalid argument -> x",
            "sources": ["x"],
            "details": details,
        }),
    );
}
