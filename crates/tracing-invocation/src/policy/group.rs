//! The patterns of one rule about one thing.

use super::dimension::Dimension;
use super::error::Fault;
use super::glob::Glob;
use super::index::PrefixIndex;
use super::metadata::EventMetadata;

/// The texts of one event that patterns are matched against.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) metadata: EventMetadata<'a>,
    /// `namespace.name`, or `name` alone if the namespace is empty. Empty if no pattern is about it.
    pub(super) event: &'a str,
}

impl<'a> Texts<'a> {
    pub(super) fn get(&self, dimension: Dimension) -> Option<&'a str> {
        match dimension {
            Dimension::EventNamespace => Some(self.metadata.event_namespace),
            Dimension::EventName => Some(self.metadata.event_name),
            Dimension::Event => Some(self.event),
            Dimension::EntityId => self.metadata.entity_id,
            Dimension::SourcePath => self.metadata.file,
            Dimension::SourceFunc => self.metadata.function,
        }
    }
}

/// Patterns of which one has to match.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) dimension: Dimension,
    globs: PrefixIndex<Glob>,
}

impl Group {
    /// `None` where there are no patterns.
    pub(super) fn new(dimension: Dimension, patterns: &[String]) -> Result<Option<Self>, Fault> {
        if patterns.is_empty() {
            return Ok(None);
        }
        let mut globs = Vec::with_capacity(patterns.len());
        for pattern in patterns.iter().map(|pattern| pattern.trim()) {
            if pattern.is_empty() {
                return Err(Fault::Empty);
            }
            let glob = Glob::parse(pattern)
                .map_err(|range| Fault::Backwards { pattern: pattern.to_owned(), range })?;
            globs.push((glob.prefix().into(), glob));
        }
        Ok(Some(Self { dimension, globs: PrefixIndex::new(globs) }))
    }

    /// Whether a pattern matches. What is absent matches none, not even `*`.
    pub(super) fn matches(&self, texts: &Texts<'_>) -> bool {
        let Some(text) = texts.get(self.dimension) else { return false };
        self.globs.candidates(text).flatten().any(|glob| glob.matches(text))
    }

    /// What the texts that match begin with, each once.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.globs.prefixes()
    }
}
