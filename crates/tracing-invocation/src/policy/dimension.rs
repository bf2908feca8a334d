//! What a pattern can be about.

/// What a pattern is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dimension {
    EventNamespace,
    EventName,
    Event,
    EntityId,
    SourcePath,
    SourceFunc,
}

impl Dimension {
    pub(super) const COUNT: usize = 6;

    pub(super) const ALL: [Self; Self::COUNT] = [
        Self::EventNamespace,
        Self::EventName,
        Self::Event,
        Self::EntityId,
        Self::SourcePath,
        Self::SourceFunc,
    ];

    /// Its key in a configuration.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::EventNamespace => "event_namespaces",
            Self::EventName => "event_names",
            Self::Event => "events",
            Self::EntityId => "entity_ids",
            Self::SourcePath => "source_paths",
            Self::SourceFunc => "source_funcs",
        }
    }
}
