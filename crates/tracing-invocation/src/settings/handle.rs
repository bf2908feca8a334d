//! Replacing settings while the program runs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

use super::Settings;

/// The settings that are in force, and a number that no others ever have.
pub(crate) struct Current {
    pub(crate) settings: Settings,
    /// What was worked out under these settings is known by it.
    pub(crate) epoch: u64,
}

impl Current {
    pub(crate) fn new(settings: Settings) -> Self {
        static EPOCHS: AtomicU64 = AtomicU64::new(1);
        Self { settings, epoch: EPOCHS.fetch_add(1, Ordering::Relaxed) }
    }
}

impl std::ops::Deref for Current {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

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
    current: Arc<ArcSwap<Current>>,
}

impl Handle {
    pub(crate) fn new(current: &Arc<ArcSwap<Current>>) -> Self {
        Self { current: Arc::clone(current) }
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.current.load().settings.clone()
    }

    /// Replaces the settings.
    pub fn replace(&self, settings: Settings) {
        self.current.store(Arc::new(Current::new(settings)));
    }

    /// Replaces the settings by what `change` makes of them. Where another thread replaces them at the same time,
    /// `change` is called again with theirs: nothing is lost.
    pub fn update(&self, mut change: impl FnMut(Settings) -> Settings) {
        self.current.rcu(|current| Arc::new(Current::new(change(current.settings.clone()))));
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("settings", &self.current.load().settings).finish()
    }
}
