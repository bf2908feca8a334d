//! What an error counts as: the classes, and the rules of a layer that give them by type.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::{fmt, io};

use crate::asking::ask;

/// What an error counts as.
///
/// Where nothing classifies an error, it is told in full by the innermost operation that returns it, and by the
/// operations around that one as a failure that points there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// A failure, told in full even where an inner operation has told it.
    Full,
    /// A failure without an `error`, at the level of what is suppressed.
    Suppressed,
    /// No failure at all: the operation succeeded.
    Success,
    /// A cancellation, with this error.
    Cancelled,
}

/// What errors count as, by type, in the order in which a layer was told.
///
/// An error is classified where it is returned, by code that knows nothing of layers. So the rules of all layers
/// are found here, and each layer takes from the answer what is its own. Only operations that fail look here.
pub(crate) struct ErrorRules {
    layer: u64,
}

type Rule = Arc<dyn Fn(&(dyn Error + 'static)) -> Option<ErrorClass> + Send + Sync>;

/// What an error counts as, for those who have a say where the operation itself has none.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    by_layer: Vec<(u64, ErrorClass)>,
    known: Option<ErrorClass>,
}

static RULES: RwLock<Vec<(u64, Rule)>> = RwLock::new(Vec::new());
/// Whether there are any: changed under their lock, and looked at by every error.
static ANY: AtomicBool = AtomicBool::new(false);

impl ErrorRules {
    pub(crate) fn new() -> Self {
        static LAYERS: AtomicU64 = AtomicU64::new(0);
        Self { layer: LAYERS.fetch_add(1, Ordering::Relaxed) }
    }

    /// Adds a rule for errors of type `E`, themselves or as a cause.
    pub(crate) fn add<E: Error + 'static>(
        &self,
        classify: impl Fn(&E) -> ErrorClass + Send + Sync + 'static,
    ) {
        let rule: Rule = Arc::new(move |error| as_type(error).map(&classify));
        let mut rules = RULES.write().unwrap_or_else(PoisonError::into_inner);
        rules.push((self.layer, rule));
        ANY.store(true, Ordering::Release);
    }

    /// What an error counts as for this layer.
    pub(crate) fn class(&self, classes: &Classes) -> Option<ErrorClass> {
        let mine = classes.by_layer.iter().find(|(layer, _)| *layer == self.layer);
        mine.map(|(_, class)| *class).or(classes.known)
    }
}

impl Classes {
    pub(crate) const NONE: Self = Self { by_layer: Vec::new(), known: None };

    /// What an error counts as for each layer that has a say, by the layer's first rule that matches the error or
    /// one of its causes, if it `has_causes`. A rule that panics has no say.
    pub(crate) fn of(error: &(dyn Error + 'static), has_causes: bool) -> Self {
        let known =
            if has_causes || held(error).is_some() { known(error) } else { known_alone(error) };
        if !ANY.load(Ordering::Acquire) {
            return Self { by_layer: Vec::new(), known };
        }
        let rules = RULES.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut by_layer: Vec<(u64, ErrorClass)> = Vec::new();
        for (layer, rule) in rules {
            if by_layer.iter().any(|(decided, _)| *decided == layer) {
                continue;
            }
            let class = ask(|| causes(error).find_map(|error| rule(error)));
            by_layer.extend(class.flatten().map(|class| (layer, class)));
        }
        Self { by_layer, known }
    }
}

/// The error as one of this type: itself, or in a `Box` or an `Arc`, which are errors like it.
fn as_type<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let boxed = || error.downcast_ref::<Box<E>>().map(|boxed| &**boxed);
    let shared = || error.downcast_ref::<Arc<E>>().map(|shared| &**shared);
    error.downcast_ref().or_else(boxed).or_else(shared)
}

/// The error inside of one that holds an error of any type, and passes for it.
fn held<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(shared) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return Some(&**shared);
    }
    if let Some(shared) = error.downcast_ref::<Arc<dyn Error>>() {
        return Some(&**shared);
    }
    error.downcast_ref::<io::Error>()?.get_ref().map(|error| error as _)
}

/// An error, what it holds, and its causes, as many as are looked at: a chain may be endless.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| held(error).or_else(|| error.source())).take(100)
}

/// What an error counts as that is, or was made from, one of a type that everybody meets.
fn known(error: &(dyn Error + 'static)) -> Option<ErrorClass> {
    ask(|| causes(error).find_map(known_alone)).flatten()
}

/// What errors of types that everybody meets count as.
#[cfg(feature = "tokio")]
fn known_alone(error: &(dyn Error + 'static)) -> Option<ErrorClass> {
    let join = as_type::<tokio::task::JoinError>(error);
    // A task that was cancelled, and not one that panicked. `Elapsed` is a failure like any other: who gave up waiting
    // failed, and what was waited for has a record of its own that says `cancelled`.
    join.filter(|join| join.is_cancelled()).map(|_| ErrorClass::Cancelled)
}

#[cfg(not(feature = "tokio"))]
fn known_alone(_: &(dyn Error + 'static)) -> Option<ErrorClass> {
    None
}

impl Drop for ErrorRules {
    fn drop(&mut self) {
        let mut rules = RULES.write().unwrap_or_else(PoisonError::into_inner);
        let (mine, others) =
            std::mem::take(&mut *rules).into_iter().partition(|(layer, _)| *layer == self.layer);
        *rules = others;
        ANY.store(!rules.is_empty(), Ordering::Release);
        drop(rules);
        // What a rule holds may do anything when it is dropped, so not under the lock.
        let mine: Vec<(u64, Rule)> = mine;
        let _ = ask(move || drop(mine));
    }
}

impl fmt::Debug for ErrorRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorRules").field("layer", &self.layer).finish_non_exhaustive()
    }
}
