//! Whether a call is recorded.

/// Whether a call is recorded.
pub trait EventPolicy: Send + Sync {
    /// Whether the call is recorded.
    fn is_recorded(&self, event: &EventMetadata<'_>) -> bool;

    /// The answer for every call of this place in the code, whatever its entity.
    fn static_answer(&self, event: &EventMetadata<'_>) -> Option<bool> {
        let _ = event;
        None
    }
}

/// What a policy is told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EventMetadata<'a> {
    /// Where the operation lives.
    pub event_namespace: &'a str,
    /// What it is called.
    pub event_name: &'a str,
    /// What it works on.
    pub entity_id: Option<&'a str>,
    /// The file of its span.
    pub file: Option<&'a str>,
    /// The line of its span.
    pub line: Option<u32>,
    /// Its span's name.
    pub function: Option<&'a str>,
}

impl<F: Fn(&EventMetadata<'_>) -> bool + Send + Sync> EventPolicy for F {
    fn is_recorded(&self, event: &EventMetadata<'_>) -> bool {
        self(event)
    }
}
