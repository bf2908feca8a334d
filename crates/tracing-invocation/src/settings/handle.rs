//! Replacing settings while the program runs.

use std::fmt;

use super::{InForce, Settings};

/// Replaces the settings of a layer, from any thread, while it records. Clones speak of the same layer.
///
/// Replacing is atomic: a record is put together wholly under the settings before or wholly under those after, and a call
/// keeps the answer that a policy gave at its beginning. The values of its fields are written when they are read, under
/// the settings of that moment. Recording never waits for it.
///
/// ```
/// use tracing_invocation::{EventMetadata, Verbosity, testing};
/// use tracing_subscriber::prelude::*;
///
/// let log = testing::Log::new();
/// let layer = log.layer();
/// let handle = layer.handle();
/// let subscriber = tracing_subscriber::registry().with(layer);
///
/// let deny = |event: &EventMetadata<'_>| event.event_name != "quiet";
/// handle.update(|settings| settings.with_verbosity(Verbosity::Maximum).with_policy(deny));
/// tracing::subscriber::with_default(subscriber, || tracing::info_span!("quiet").in_scope(|| {}));
/// assert_eq!(log.lines().len(), 0);
/// ```
#[derive(Clone)]
pub struct Handle {
    current: InForce,
}

impl Handle {
    pub(crate) fn new(current: &InForce) -> Self {
        Self { current: current.clone() }
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.current.with(|current| current.settings.clone())
    }

    /// Replaces the settings.
    pub fn replace(&self, settings: Settings) {
        self.current.replace(settings);
    }

    /// Replaces the settings by what `change` makes of them. Where another thread replaces them at the same time,
    /// `change` is called again with theirs: nothing is lost.
    pub fn update(&self, change: impl FnMut(Settings) -> Settings) {
        self.current.update(change);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("settings", &self.settings()).finish()
    }
}
