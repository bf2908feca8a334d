//! What is known of an operation before it begins.

/// What a policy is told of an operation: what it is called, what it works on, and where it stands in the code.
///
/// ```
/// use tracing_invocation::EventMetadata;
///
/// let event = EventMetadata::new("shop::orders", "charge").with_entity_id("order-7");
///
/// assert_eq!(event.event_name, "charge");
/// assert_eq!(event.entity_id, Some("order-7"));
/// assert_eq!(event.file, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct EventMetadata<'a> {
    /// The operation's namespace.
    pub event_namespace: &'a str,
    /// The operation's name.
    pub event_name: &'a str,
    /// What it works on. An empty text is an id like any other.
    pub entity_id: Option<&'a str>,
    /// The source file, as the compiler was given it: often relative to the workspace.
    pub file: Option<&'a str>,
    /// The line in the file, from 1.
    pub line: Option<u32>,
    /// The function.
    pub function: Option<&'a str>,
}

impl<'a> EventMetadata<'a> {
    /// An operation of which only the name is known.
    ///
    /// ```
    /// let event = tracing_invocation::EventMetadata::new("shop", "checkout");
    /// assert_eq!((event.event_namespace, event.event_name), ("shop", "checkout"));
    /// ```
    #[must_use]
    pub const fn new(event_namespace: &'a str, event_name: &'a str) -> Self {
        Self {
            event_namespace,
            event_name,
            entity_id: None,
            file: None,
            line: None,
            function: None,
        }
    }

    /// The same with an entity id.
    ///
    /// ```
    /// let event = tracing_invocation::EventMetadata::new("shop", "checkout").with_entity_id("cart-7");
    /// assert_eq!(event.entity_id, Some("cart-7"));
    /// ```
    #[must_use]
    pub const fn with_entity_id(mut self, entity_id: &'a str) -> Self {
        self.entity_id = Some(entity_id);
        self
    }

    /// The same with a source file.
    ///
    /// ```
    /// let event = tracing_invocation::EventMetadata::new("shop", "checkout").with_file("src/cart.rs");
    /// assert_eq!(event.file, Some("src/cart.rs"));
    /// ```
    #[must_use]
    pub const fn with_file(mut self, file: &'a str) -> Self {
        self.file = Some(file);
        self
    }

    /// The same with a line.
    ///
    /// ```
    /// let event = tracing_invocation::EventMetadata::new("shop", "checkout").with_line(12);
    /// assert_eq!(event.line, Some(12));
    /// ```
    #[must_use]
    pub const fn with_line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    /// The same with a function.
    ///
    /// ```
    /// let event = tracing_invocation::EventMetadata::new("shop", "checkout").with_function("checkout");
    /// assert_eq!(event.function, Some("checkout"));
    /// ```
    #[must_use]
    pub const fn with_function(mut self, function: &'a str) -> Self {
        self.function = Some(function);
        self
    }
}
