//! A rule as it is written.

use super::dimension::Dimension;

/// What a rule says of the events that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Allow,
    Deny,
}

/// A rule of a [`PatternPolicy`](crate::PatternPolicy): patterns, and whether the events that match are recorded.
///
/// Patterns of one kind are alternatives; patterns of different kinds have to match together. A rule with none of a
/// kind does not ask for it, so a rule with no patterns at all matches every event. What an event does not have
/// matches no pattern, not even `*`.
///
/// ```
/// use tracing_invocation::{EventMetadata, EventPolicy, PatternPolicy, PolicyRule};
///
/// let rule = PolicyRule::deny().with_event_namespaces(["shop::*"]).with_event_names(["ping", "tick"]);
/// let policy = PatternPolicy::new([rule])?;
///
/// assert!(!policy.is_recorded(&EventMetadata::new("shop::cart", "tick")));
/// assert!(policy.is_recorded(&EventMetadata::new("shop::cart", "add")));
/// assert!(policy.is_recorded(&EventMetadata::new("bank", "tick")));
/// # Ok::<(), tracing_invocation::InvalidPolicy>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct PolicyRule {
    pub(super) action: Action,
    /// By dimension.
    pub(super) patterns: [Vec<String>; Dimension::COUNT],
}

impl PolicyRule {
    /// A rule whose events are recorded: at first, all of them.
    ///
    /// ```
    /// use tracing_invocation::{EventMetadata, EventPolicy, PatternPolicy, PolicyRule};
    ///
    /// let policy = PatternPolicy::new([PolicyRule::allow()])?.with_default(false);
    /// assert!(policy.is_recorded(&EventMetadata::new("shop", "checkout")));
    /// # Ok::<(), tracing_invocation::InvalidPolicy>(())
    /// ```
    pub fn allow() -> Self {
        Self::new(Action::Allow)
    }

    /// A rule whose events are not recorded: at first, all of them.
    ///
    /// ```
    /// use tracing_invocation::{EventMetadata, EventPolicy, PatternPolicy, PolicyRule};
    ///
    /// let policy = PatternPolicy::new([PolicyRule::deny()])?;
    /// assert!(!policy.is_recorded(&EventMetadata::new("shop", "checkout")));
    /// # Ok::<(), tracing_invocation::InvalidPolicy>(())
    /// ```
    pub fn deny() -> Self {
        Self::new(Action::Deny)
    }

    pub(super) fn new(action: Action) -> Self {
        Self { action, patterns: Default::default() }
    }

    pub(super) fn with<P: Into<String>>(
        mut self,
        dimension: Dimension,
        patterns: impl IntoIterator<Item = P>,
    ) -> Self {
        self.patterns[dimension as usize].extend(patterns.into_iter().map(Into::into));
        self
    }
}

/// The public methods differ in nothing but their names.
macro_rules! kinds {
    ($($method:ident, $dimension:ident: $what:literal, $pattern:literal matches $event:expr;)*) => {
        impl PolicyRule {$(
            #[doc = $what]
            ///
            /// Patterns given before stay.
            ///
            /// ```
            /// use tracing_invocation::{EventMetadata, EventPolicy, PatternPolicy, PolicyRule};
            ///
            #[doc = concat!("let rule = PolicyRule::allow().", stringify!($method), "([", stringify!($pattern), "]);")]
            /// let policy = PatternPolicy::new([rule])?.with_default(false);
            ///
            #[doc = concat!("assert!(policy.is_recorded(&", stringify!($event), "));")]
            /// assert!(!policy.is_recorded(&EventMetadata::new("bank", "transfer")));
            /// # Ok::<(), tracing_invocation::InvalidPolicy>(())
            /// ```
            pub fn $method<P: Into<String>>(self, patterns: impl IntoIterator<Item = P>) -> Self {
                self.with(Dimension::$dimension, patterns)
            }
        )*}
    };
}

kinds! {
    with_event_namespaces, EventNamespace: "Asks for a namespace that matches one of these patterns.",
        "shop::*" matches EventMetadata::new("shop::cart", "add");
    with_event_names, EventName: "Asks for a name that matches one of these patterns.",
        "job.?" matches EventMetadata::new("shop", "job.a");
    with_events, Event: "Asks for a namespace and a name, with a dot between them, that match one of these patterns. Where the namespace is empty, the text is the name alone.",
        "shop.job.*" matches EventMetadata::new("shop", "job.started");
    with_entity_ids, EntityId: "Asks for an entity id that matches one of these patterns.",
        "cart-[0-9]" matches EventMetadata::new("shop", "add").with_entity_id("cart-7");
    with_source_paths, SourcePath: "Asks for a source file that matches one of these patterns.",
        "*/cart/*" matches EventMetadata::new("shop", "add").with_file("src/cart/add.rs");
    with_source_funcs, SourceFunc: "Asks for a function that matches one of these patterns.",
        "add*" matches EventMetadata::new("shop", "add").with_function("add_item");
}
