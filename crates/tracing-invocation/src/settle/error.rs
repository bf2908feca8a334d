//! What an error says, and how much of it is told.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::handover;
use crate::convention::{error, mark};
use crate::error_class::{Classes, ErrorClass, ErrorRules};
use crate::error_kind::Kind;
use crate::operation::{self, Ending, Failure, How, Report};
use crate::payload::structure::push_serialized;
use crate::payload::{Fragment, Rules, json, text};

/// What an error may say of itself, for machines: `payload.error.details`.
///
/// ```
/// use tracing_invocation::{DescribeError, Verdict, begin, testing};
///
/// #[derive(Debug)]
/// struct Refused { code: u16 }
///
/// impl DescribeError for Refused {
///     fn details(&self) -> impl serde::Serialize {
///         serde_json::json!({ "code": self.code })
///     }
/// }
///
/// #[tracing_invocation::operation]
/// fn bind() -> Result<(), Refused> {
///     Err(Refused { code: 49 })
/// }
///
/// let log = testing::capture();
/// bind().unwrap_err();
/// log.assert_last("bind").with_payload("/error/details/code", 49);
/// ```
pub trait DescribeError {
    /// The details: something that serializes as an object, otherwise it is put into one as `value`.
    fn details(&self) -> impl Serialize;
}

/// What was found out about an error of whatever type. Public only in name, for what the macro expands to.
pub struct Probed<'a> {
    type_name: &'static str,
    message: Message<'a>,
    /// Where there are causes and types to be found below.
    error: Option<&'a (dyn Error + 'static)>,
    details: Option<Vec<u8>>,
}

enum Message<'a> {
    Display(&'a dyn fmt::Display),
    Debug(&'a dyn fmt::Debug),
    None,
}

impl Message<'_> {
    /// Appends it as a JSON text.
    fn push_to(&self, to: &mut Vec<u8>, rules: &Rules) {
        let push = |to: &mut Vec<u8>, message: fmt::Arguments<'_>| {
            text::push_formatted(to, message, rules.limits.message, &rules.redaction);
        };
        match self {
            Self::Display(message) => push(to, format_args!("{message}")),
            Self::Debug(message) => push(to, format_args!("{message:?}")),
            Self::None => json::push_string(to, mark::UNPRINTABLE),
        }
    }
}

impl<'a> Probed<'a> {
    fn new<E: ?Sized>(message: Message<'a>, error: Option<&'a (dyn Error + 'static)>) -> Self {
        Self { type_name: std::any::type_name::<E>(), message, error, details: None }
    }

    pub(crate) fn error<E: Error + 'static>(error: &'a E) -> Self {
        Self::new::<E>(Message::Display(error), Some(error))
    }

    pub(crate) fn inside<E: fmt::Display>(
        outside: &'a E,
        error: &'a (dyn Error + 'static),
    ) -> Self {
        Self::new::<E>(Message::Display(outside), Some(error))
    }

    pub(crate) fn display<E: fmt::Display>(error: &'a E) -> Self {
        Self::new::<E>(Message::Display(error), None)
    }

    pub(crate) fn debug<E: fmt::Debug>(error: &'a E) -> Self {
        Self::new::<E>(Message::Debug(error), None)
    }

    pub(crate) fn opaque<E>() -> Self {
        Self::new::<E>(Message::None, None)
    }

    pub(crate) fn with_details(self, details: Option<Vec<u8>>) -> Self {
        Self { details, ..self }
    }

    /// With its `Debug` text as the message.
    pub(crate) fn with_debug(self, error: &'a dyn fmt::Debug) -> Self {
        Self { message: Message::Debug(error), ..self }
    }
}

/// The details of an error, as a JSON object.
pub(crate) fn details(error: &impl DescribeError) -> Vec<u8> {
    let mut object = Vec::new();
    let described =
        text::quietly(|| push_serialized(&mut object, &error.details(), &handover::rules()));
    if described.is_none() {
        object.clear();
        json::push_string(&mut object, mark::UNPRINTABLE);
    }
    if object.first() != Some(&b'{') {
        object.splice(0..0, *b"{\"value\":");
        object.push(b'}');
    }
    object
}

/// The ending of an operation that returned an error. `class` is what the operation itself says of it.
pub(crate) fn failed(probed: Probed<'_>, class: Option<ErrorClass>) -> Ending {
    if class == Some(ErrorClass::Success) {
        return Ending::SUCCESS;
    }
    // Asked for before the error is, which may enter spans of its own.
    let (rules, written_under) = (&handover::rules(), handover::epoch());
    let message = operation::Message::new(|to| probed.message.push_to(to, rules));
    let below = probed.error.and_then(source_of);
    let classes = match (class, probed.error) {
        (None, Some(error)) => Classes::of(error, below.is_some()),
        _ => Classes::NONE,
    };
    let Causes { mut more, texts } = Causes::of(below, rules);
    if let Some(details) = probed.details {
        more.push(&key(error::DETAILS), |to| to.extend_from_slice(&details));
    }
    let kind = Kind::of(probed.type_name);
    let failure = Arc::new(Failure {
        kind,
        message,
        more,
        location: None,
        // What is no error may have causes that nothing is known of.
        causes: probed.error.map(|_| texts),
        may_be_debug_text: matches!(probed.message, Message::Debug(_)),
        classes,
        written_under,
    });
    Ending::new(classified(failure, class))
}

/// How an operation ended that returned an error of this class.
fn classified(failure: Arc<Failure>, class: Option<ErrorClass>) -> How {
    match class {
        None => How::Failed(failure, Report::Once),
        Some(ErrorClass::Full) => How::Failed(failure, Report::Full),
        Some(ErrorClass::Suppressed) => How::Failed(failure, Report::Suppressed),
        Some(ErrorClass::Success) => How::Success(None),
        Some(ErrorClass::Cancelled) => How::Cancelled(Some(failure)),
    }
}

impl Ending {
    /// The ending as a layer with these rules sees it.
    pub(crate) fn seen_by(self, rules: &ErrorRules) -> Self {
        match self.how {
            How::Failed(failure, Report::Once) => {
                let class = rules.class(&failure.classes);
                Self { how: classified(failure, class), ..self }
            }
            how => Self { how, ..self },
        }
    }
}

/// The causes below an error.
#[derive(Default)]
struct Causes {
    /// The member of the error's object that tells of them.
    more: Fragment,
    texts: Vec<operation::Message>,
}

impl Causes {
    /// As many as the limits allow: a chain may be endless.
    fn of(mut below: Option<&(dyn Error + 'static)>, rules: &Rules) -> Self {
        let mut causes = Self::default();
        let Rules { limits, redaction } = rules;
        let mut sources = Vec::new();
        while let Some(source) = below {
            if causes.texts.len() == limits.causes {
                sources.push(b',');
                json::push_string(&mut sources, mark::CUT);
                break;
            }
            if !causes.texts.is_empty() {
                sources.push(b',');
            }
            let start = sources.len();
            text::push_formatted(&mut sources, format_args!("{source}"), limits.message, redaction);
            let text = &sources[start..];
            causes.texts.push(operation::Message::new(|to| to.extend_from_slice(text)));
            below = source_of(source);
        }
        if !causes.texts.is_empty() {
            causes.more.push(&key(error::SOURCES), |to| {
                to.push(b'[');
                to.extend_from_slice(&sources);
                to.push(b']');
            });
        }
        causes
    }
}

fn source_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    text::quietly(|| error.source()).flatten()
}

fn key(name: &str) -> Vec<u8> {
    format!("\"{name}\":").into_bytes()
}
