//! Wrappers that see how an operation ends: a future, a stream, a guard.
//!
//! A span's closing comes late and says little. What wraps the operation itself knows at once, and hands it to
//! every layer of this crate through the exit of the operation's span; see `handover`.

mod error;
mod future;
mod guard;
pub(crate) mod handover;
pub(crate) mod reason;
mod stream;
mod until;
mod verdict;

pub use error::DescribeError;
pub(crate) use error::{Probed, details, failed};
pub use future::{FutureExt, OperationFuture};
pub use guard::{OperationGuard, begin};
pub use reason::with_cancel_reason;
pub use stream::{OperationStream, StreamExt};
#[cfg(feature = "tokio-util")]
pub use until::until_cancelled;
#[cfg(feature = "tokio")]
pub use until::{Timeout, timeout};
pub use until::{Until, until_shutdown};
pub use verdict::Verdict;
