//! Whether a function returns a `Result`, whatever it is spelled like.

use std::pin::Pin;

use super::Probe;

/// First: a future that the macro did not see, which is refused in words.
pub trait Hidden<'a> {
    type Value;
    fn returned(&self) -> Result<&'a Self::Value, &'a NoResult>
    where
        Self::Value: Ended;
}

impl<'a, F: Future + ?Sized> Hidden<'a> for &&Probe<'a, Pin<Box<F>>> {
    type Value = Pin<Box<F>>;

    fn returned(&self) -> Result<&'a Pin<Box<F>>, &'a NoResult>
    where
        Pin<Box<F>>: Ended,
    {
        Ok(self.0)
    }
}

/// What a returned future is not yet. Implemented by nothing: it is there for its message.
#[diagnostic::on_unimplemented(
    message = "the name of the returned type hides that it is a future, and the operation would end before it",
    label = "returns `{Self}`",
    note = "write the type as `impl Future<Output = ..>`, `Pin<Box<dyn Future<Output = ..>>>` or `BoxFuture<..>`"
)]
pub trait Ended {}

/// Then: a `Result`, by any name.
pub trait Returns<'a> {
    type Value;
    type Error;
    fn returned(&self) -> Result<&'a Self::Value, &'a Self::Error>;
}

impl<'a, T, E> Returns<'a> for &Probe<'a, Result<T, E>> {
    type Value = T;
    type Error = E;

    fn returned(&self) -> Result<&'a T, &'a E> {
        self.0.as_ref()
    }
}

/// Then: anything else, which cannot fail.
pub trait Plain<'a> {
    type Value;
    fn returned(&self) -> Result<&'a Self::Value, &'a NoResult>;
}

impl<'a, T> Plain<'a> for Probe<'a, T> {
    type Value = T;

    fn returned(&self) -> Result<&'a T, &'a NoResult> {
        Ok(self.0)
    }
}

/// The error of a function that does not return a `Result`.
#[derive(Debug)]
pub enum NoResult {}
