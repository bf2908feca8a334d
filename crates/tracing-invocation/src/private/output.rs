//! Whether a function returns a `Result`, whatever it is spelled like.

use super::Probe;

/// First: a `Result`, by any name.
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
