//! Identifies the tokio runtime that the current thread runs in.

/// A runtime, for as long as the process lives: tokio does not use a number twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Runtime(String);

impl Runtime {
    /// Returns the runtime of this thread; `None` outside a runtime, with a tokio older than 1.49, and without the
    /// feature `tokio`.
    #[cfg(feature = "tokio")]
    pub(super) fn current() -> Option<Self> {
        let handle = tokio::runtime::Handle::try_current().ok()?;
        // Method resolution prefers the inherent `Handle::id`, where this tokio has it.
        #[allow(unused_imports, reason = "used with a tokio older than 1.49")]
        use fallback::WithoutId as _;
        let id = handle.id().to_string();
        (!id.is_empty()).then_some(Self(id))
    }

    #[cfg(not(feature = "tokio"))]
    pub(super) fn current() -> Option<Self> {
        None
    }
}

/// Stands in for `Handle::id`, which tokio has since 1.49: following runtimes is not worth a newer tokio to programs that do
/// not test with it.
#[cfg(feature = "tokio")]
mod fallback {
    #[allow(dead_code, reason = "used with a tokio older than 1.49")]
    pub(super) trait WithoutId {
        fn id(&self) -> &'static str {
            ""
        }
    }

    impl WithoutId for tokio::runtime::Handle {}
}
