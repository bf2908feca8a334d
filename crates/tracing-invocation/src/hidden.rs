//! Notices a filter on the whole subscriber that hides every span which the directives select.
//!
//! A filter on the registry disables spans before any layer sees them, so a layer gets no callback that it could notice
//! this by. `tracing` itself reports it in two places: the level below which the whole process has nothing enabled
//! (`LevelFilter::current`), and the combined interest in a callsite, which it stores in the callsite. This file has a
//! callsite of its own, a span that is never opened. Whenever `tracing` stores that nobody wants it, the level is looked
//! at, a moment later: the interest is stored before the level, and a program may still be setting its filters up.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use tracing_core::callsite::{self, Callsite};
use tracing_core::subscriber::Interest;
use tracing_core::{Kind, Level, LevelFilter, Metadata, metadata};
use tracing_subscriber::filter::Targets;

use crate::asking::ask;
use crate::convention::delivery;
use crate::settings::InForce;
use crate::sink::report;

/// How long a program may take to set its filters up.
const PATIENCE: Duration = Duration::from_secs(1);

/// The layers that are on a subscriber.
static LAYERS: Mutex<Vec<Weak<Watched>>> = Mutex::new(Vec::new());

/// How many layers are on a subscriber that `tracing` knows.
static REGISTERED: AtomicUsize = AtomicUsize::new(0);

/// A layer that may be hidden from.
pub(crate) struct Watched {
    settings: InForce,
    /// Whether `tracing` knows the subscriber that the layer is on.
    is_registered: AtomicBool,
}

impl Watched {
    pub(crate) fn new(settings: &InForce) -> Arc<Self> {
        Arc::new(Self { settings: settings.clone(), is_registered: AtomicBool::new(false) })
    }

    /// The layer is on a subscriber.
    pub(crate) fn watch(self: &Arc<Self>) {
        static ONCE: Once = Once::new();
        let mut layers = LAYERS.lock().unwrap_or_else(PoisonError::into_inner);
        layers.retain(|layer| layer.strong_count() > 0);
        layers.push(Arc::downgrade(self));
        drop(layers);
        ONCE.call_once(|| callsite::register(&PROBE));
    }

    /// `tracing` asks the subscriber that the layer is on for its level.
    pub(crate) fn registered(&self) {
        if !self.is_registered.swap(true, Ordering::Relaxed) {
            REGISTERED.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The spans that the layer misses, if the process has nothing enabled below `enabled`.
    fn hidden(&self, enabled: LevelFilter) -> Option<LevelFilter> {
        let selected = most_severe(self.settings.load().recorded())?;
        (self.is_registered.load(Ordering::Relaxed) && selected > enabled).then_some(selected)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if *self.is_registered.get_mut() {
            REGISTERED.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The most severe of the levels that directives name: spans of this level are what even the least of them selects.
fn most_severe(recorded: &Targets) -> Option<LevelFilter> {
    let levels = recorded.iter().map(|(_, level)| level).chain(recorded.default_level());
    levels.filter(|level| *level != LevelFilter::OFF).min()
}

/// Reports a layer whose spans are all hidden, once in a process.
pub(crate) fn report_hidden() {
    static ONCE: Once = Once::new();
    let enabled = LevelFilter::current();
    // Nothing at all is enabled where there is no subscriber, or where a program wants silence.
    if enabled == LevelFilter::OFF {
        return;
    }
    let layers = LAYERS.lock().unwrap_or_else(PoisonError::into_inner);
    let live: Vec<_> = layers.iter().filter_map(Weak::upgrade).collect();
    drop(layers);
    if let Some(selected) = live.iter().find_map(|layer| layer.hidden(enabled)) {
        ONCE.call_once(|| {
            report(format_args!(
                "no operation is recorded: the directives select spans of the level {selected}, and a filter on the whole \
                 subscriber disables everything below {enabled}. Give the filter to the layer that it is meant for, as in \
                 `registry().with(tracing_invocation::layer()).with(fmt::layer().with_filter(EnvFilter::from_default_env()))`; \
                 what this layer records is chosen by `with_directives`"
            ));
        });
    }
    // With the last of a layer's settings goes a policy of the program's own.
    ask(|| drop(live));
}

/// A callsite that is never reached.
struct Probe;

static PROBE: Probe = Probe;

static METADATA: Metadata<'static> = metadata! {
    name: "hidden",
    target: delivery::NAMESPACE,
    level: Level::INFO,
    fields: &[],
    callsite: &PROBE,
    kind: Kind::SPAN,
};

impl Callsite for Probe {
    /// `tracing` holds locks meanwhile: this only starts a thread.
    fn set_interest(&self, interest: Interest) {
        static LOOKS: AtomicBool = AtomicBool::new(false);
        let may_be_hidden = interest.is_never() && REGISTERED.load(Ordering::Relaxed) > 0;
        if !may_be_hidden || LOOKS.swap(true, Ordering::Relaxed) {
            return;
        }
        let look = || {
            thread::sleep(PATIENCE);
            LOOKS.store(false, Ordering::Relaxed);
            report_hidden();
        };
        // Where there is no thread, the guard looks at the end.
        let _ = thread::Builder::new().name("log report".to_owned()).spawn(look);
    }

    fn metadata(&self) -> &Metadata<'_> {
        &METADATA
    }
}

/// Whether this is the callsite that is never reached: it stands for those of the program, so every layer wants it.
pub(crate) fn is_probe(metadata: &Metadata<'_>) -> bool {
    metadata.callsite() == METADATA.callsite()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn hidden(directives: &str, enabled: LevelFilter) -> Option<LevelFilter> {
        let settings = Settings::default().with_directives(directives).unwrap();
        let watched = Watched::new(&InForce::new(settings));
        watched.registered();
        watched.hidden(enabled)
    }

    #[test]
    fn spans_of_the_least_directive_are_what_must_be_enabled() {
        assert_eq!(hidden("info", LevelFilter::ERROR), Some(LevelFilter::INFO));
        assert_eq!(hidden("off,shop=info", LevelFilter::WARN), Some(LevelFilter::INFO));
        for (directives, enabled) in [
            ("info", LevelFilter::INFO),
            ("info,shop=debug", LevelFilter::INFO),
            ("warn,shop=debug", LevelFilter::WARN),
            ("off", LevelFilter::ERROR),
        ] {
            assert_eq!(hidden(directives, enabled), None, "{directives} {enabled}");
        }
    }

    #[test]
    fn a_layer_of_which_tracing_does_not_know_misses_nothing() {
        let watched = Watched::new(&InForce::new(Settings::default()));
        assert_eq!(watched.hidden(LevelFilter::ERROR), None);
    }
}
