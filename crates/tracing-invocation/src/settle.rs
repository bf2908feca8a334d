//! Wrappers that see how an operation ends: a future, a stream, a guard.
//!
//! A span's closing comes late and says little. What wraps the operation itself knows at once, and hands it to
//! every layer of this crate through the exit of the operation's span; see `handover`.

mod error;
mod future;
mod guard;
pub(crate) mod handover;
pub(crate) mod panics;
mod stream;
mod verdict;

pub(crate) use error::{Classes, ErrorRules, Kind, Probed, details, failed};
pub use error::{DescribeError, ErrorClass};
pub use future::{FutureExt, OperationFuture};
pub use guard::{OperationGuard, begin};
pub use stream::{OperationStream, StreamExt};
pub use verdict::Verdict;
