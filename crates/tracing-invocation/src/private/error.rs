//! What an error of whatever type can say.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::ops::Deref;

use super::Probe;
use super::output::NoResult;
use crate::error_class::ErrorClass;
use crate::settle::{DescribeError, Probed, Verdict, details, failed};

/// First: an error.
pub trait StdError<'a> {
    fn probed(&self) -> Probed<'a>;
}

impl<'a, E: Error + 'static> StdError<'a> for &&&&&&&Probe<'a, E> {
    fn probed(&self) -> Probed<'a> {
        Probed::error(self.0)
    }
}

/// Then: what holds an error of any type that may be sent, as `anyhow::Error` and boxed errors do.
pub trait SendErrorInside<'a> {
    fn probed(&self) -> Probed<'a>;
}

impl<'a, E> SendErrorInside<'a> for &&&&&&Probe<'a, E>
where
    E: AsRef<dyn Error + Send + Sync + 'static> + Display,
{
    fn probed(&self) -> Probed<'a> {
        Probed::inside(self.0, self.0.as_ref())
    }
}

/// Then: what holds an error of any type.
pub trait ErrorInside<'a> {
    fn probed(&self) -> Probed<'a>;
}

impl<'a, E: AsRef<dyn Error + 'static> + Display> ErrorInside<'a> for &&&&&Probe<'a, E> {
    fn probed(&self) -> Probed<'a> {
        Probed::inside(self.0, self.0.as_ref())
    }
}

/// Then: what points to a holder of any error that may be sent, as `Arc<anyhow::Error>` does.
pub trait SendErrorBehind<'a> {
    fn probed(&self) -> Probed<'a>;
}

impl<'a, E> SendErrorBehind<'a> for &&&&Probe<'a, E>
where
    E: Deref<Target: AsRef<dyn Error + Send + Sync + 'static> + 'a> + Display,
{
    fn probed(&self) -> Probed<'a> {
        Probed::inside(self.0, self.0.deref().as_ref())
    }
}

/// Then: what points to a holder of any error.
pub trait ErrorBehind<'a> {
    fn probed(&self) -> Probed<'a>;
}

impl<'a, E> ErrorBehind<'a> for &&&Probe<'a, E>
where
    E: Deref<Target: AsRef<dyn Error + 'static> + 'a> + Display,
{
    fn probed(&self) -> Probed<'a> {
        Probed::inside(self.0, self.0.deref().as_ref())
    }
}

/// Then: what has a text for people.
pub trait DisplayError<'a> {
    fn probed(&self) -> Probed<'a>;
}

impl<'a, E: Display> DisplayError<'a> for &&Probe<'a, E> {
    fn probed(&self) -> Probed<'a> {
        Probed::display(self.0)
    }
}

/// Then: what has a text for programmers.
pub trait DebugError<'a> {
    fn probed(&self) -> Probed<'a>;
}

impl<'a, E: Debug> DebugError<'a> for &Probe<'a, E> {
    fn probed(&self) -> Probed<'a> {
        Probed::debug(self.0)
    }
}

/// Last: anything, which has a type's name at least.
pub trait AnyError<'a> {
    fn probed(&self) -> Probed<'a>;
}

impl<'a, E> AnyError<'a> for Probe<'a, E> {
    fn probed(&self) -> Probed<'a> {
        Probed::opaque::<E>()
    }
}

/// First: an error that describes itself.
pub trait Described {
    fn details(&self) -> Option<Vec<u8>>;
}

impl<E: DescribeError> Described for &Probe<'_, E> {
    fn details(&self) -> Option<Vec<u8>> {
        Some(details(self.0))
    }
}

/// Then: any other.
pub trait Undescribed {
    fn details(&self) -> Option<Vec<u8>>;
}

impl<E> Undescribed for Probe<'_, E> {
    fn details(&self) -> Option<Vec<u8>> {
        None
    }
}

/// First: no error at all, as the function returns no `Result`; refused in words.
pub trait Unclassified {
    fn class_by<C, F: ClassifiesErrors<C>>(&self, classify: F) -> Option<ErrorClass>;
}

impl Unclassified for &Probe<'_, NoResult> {
    fn class_by<C, F: ClassifiesErrors<C>>(&self, _: F) -> Option<ErrorClass> {
        // Nothing implements `ClassifiesErrors`, so nothing comes here.
        None
    }
}

/// What `errors` is where there are none. Implemented by nothing: it is there for its message.
#[diagnostic::on_unimplemented(
    message = "there are no errors to classify: the operation returns no `Result`",
    label = "no error comes here",
    note = "leave `errors = ..` out, or return a `Result`"
)]
pub trait ClassifiesErrors<C>: FnOnce(&NoResult) -> C {}

/// Then: what the operation itself says of its error. A function that panics says nothing.
pub trait Classified<E> {
    fn class_by<C: IntoClass>(&self, classify: impl FnOnce(&E) -> C) -> Option<ErrorClass>;
}

impl<E> Classified<E> for Probe<'_, E> {
    fn class_by<C: IntoClass>(&self, classify: impl FnOnce(&E) -> C) -> Option<ErrorClass> {
        crate::asking::ask(|| classify(self.0).into_class()).flatten()
    }
}

/// What may be said of an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what an error counts as",
    label = "answers `{Self}`",
    note = "answer an `ErrorClass`, or an `Option<ErrorClass>`: `None` leaves the error as it is"
)]
pub trait IntoClass {
    fn into_class(self) -> Option<ErrorClass>;
}

impl IntoClass for ErrorClass {
    fn into_class(self) -> Option<ErrorClass> {
        Some(self)
    }
}

impl IntoClass for Option<ErrorClass> {
    fn into_class(self) -> Option<ErrorClass> {
        self
    }
}

/// The verdict on an operation that returned an error.
pub fn failure(probed: Probed<'_>, details: Option<Vec<u8>>, class: Option<ErrorClass>) -> Verdict {
    Verdict::from_ending(failed(probed.with_details(details), class))
}

/// The error with its `Debug` text as the message.
pub fn with_debug<'a>(probed: Probed<'a>, error: &'a dyn Debug) -> Probed<'a> {
    probed.with_debug(error)
}
