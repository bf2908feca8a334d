//! What names an operation: to callbacks and wrappers, and to the operations inside it.

/// Names an operation: the id of its span, and the number of the wrapper that asks, or zero.
///
/// A span's id alone names whichever operation stands under it now. A wrapper names its own: it finds it again after
/// the span was closed and its id given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) span: u64,
    pub(crate) wrapper: u64,
}

impl From<u64> for Key {
    #[inline]
    fn from(span: u64) -> Self {
        Self { span, wrapper: 0 }
    }
}

/// The operation that another one was begun in.
#[derive(Clone, Copy)]
pub(crate) struct Parent {
    /// The id of its span. The registry may have closed that too early, and given the id to another: the table checks
    /// `span_id` as well.
    pub(crate) key: u64,
    /// Its id, unless it stands in another trace.
    pub(crate) span_id: Option<u64>,
}
