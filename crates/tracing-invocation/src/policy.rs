//! Which operations are recorded while they go well.
//!
//! Pure data and functions, which know nothing of `tracing`: `glob` ← `index` ← `group` ← `pattern` ← `config`.

mod config;
mod dimension;
mod error;
mod glob;
mod group;
mod index;
mod metadata;
mod pattern;
mod rule;

use std::sync::Arc;

pub use error::InvalidPolicy;
pub use metadata::EventMetadata;
pub use pattern::PatternPolicy;
pub use rule::PolicyRule;

/// Decides which operations are recorded.
///
/// What it refuses leaves neither `invoke` nor `success`. What fails or is cancelled is recorded all the same.
///
/// [`PatternPolicy`] is one made of rules. A closure is one, too:
///
/// ```
/// use tracing_invocation::{EventMetadata, EventPolicy};
///
/// let policy = |event: &EventMetadata<'_>| event.event_name != "heartbeat";
///
/// assert!(policy.is_recorded(&EventMetadata::new("shop", "checkout")));
/// assert!(!policy.is_recorded(&EventMetadata::new("shop", "heartbeat")));
/// assert_eq!(policy.static_answer(&EventMetadata::new("shop", "checkout")), None);
/// ```
pub trait EventPolicy: Send + Sync {
    /// Whether an operation is recorded. It is asked before `invoke`, once per call.
    fn is_recorded(&self, event: &EventMetadata<'_>) -> bool;

    /// The answer for every call of this event from this place in the code, whatever its entity, if there is one.
    ///
    /// It is asked about a place in the code and not about a call: `event` has no entity id. Whoever asks may keep
    /// the answer and not ask [`is_recorded`](Self::is_recorded) again, so an answer that may change has to be
    /// `None`, which is what it is by default.
    fn static_answer(&self, event: &EventMetadata<'_>) -> Option<bool> {
        let _ = event;
        None
    }
}

impl<F> EventPolicy for F
where
    F: Fn(&EventMetadata<'_>) -> bool + Send + Sync,
{
    fn is_recorded(&self, event: &EventMetadata<'_>) -> bool {
        self(event)
    }
}

impl<P: EventPolicy + ?Sized> EventPolicy for Arc<P> {
    fn is_recorded(&self, event: &EventMetadata<'_>) -> bool {
        P::is_recorded(self, event)
    }

    fn static_answer(&self, event: &EventMetadata<'_>) -> Option<bool> {
        P::static_answer(self, event)
    }
}

impl EventPolicy for Box<dyn EventPolicy> {
    fn is_recorded(&self, event: &EventMetadata<'_>) -> bool {
        (**self).is_recorded(event)
    }

    fn static_answer(&self, event: &EventMetadata<'_>) -> Option<bool> {
        (**self).static_answer(event)
    }
}
