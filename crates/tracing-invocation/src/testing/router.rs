//! Routes what happens in the process to the captures it belongs to.
//!
//! All captures share one subscriber, so that a span means the same to each of them wherever it is entered: a registry with
//! a [`Router`]. The router decides once, when a span opens, who records it, and keeps that answer beside the span.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Once, PoisonError, Weak};
use std::thread::{self, ThreadId};

use tracing_core::dispatcher::{self, DefaultGuard};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::subscriber::{Interest, NoSubscriber};
use tracing_core::{Dispatch, Event, Level, Metadata, callsite};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

use super::runtime::Runtime;
use crate::layer::InvocationLayer;

/// The subscriber of all captures, and one that does nothing.
///
/// `tracing` asks only the registering thread's subscriber about a new callsite while there is one subscriber in the
/// process, and remembers a "never" of a thread that has none. It asks all of them as soon as there are two: the second
/// one is there for that.
static SUBSCRIBERS: LazyLock<[Dispatch; 2]> = LazyLock::new(|| {
    [Dispatch::new(Registry::default().with(Router)), Dispatch::new(NoSubscriber::new())]
});

/// The captures that are active, in the order in which they were made.
static ACTIVE: Mutex<Vec<Weak<Recorder>>> = Mutex::new(Vec::new());

/// How many recorders there are: active ones, and those with operations that are still open.
static RECORDERS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// What decides on this thread whom an operation belongs to, the innermost last.
    static SCOPES: RefCell<Vec<Scope>> = const { RefCell::new(Vec::new()) };
}

/// Makes the subscriber of the captures the process's global default, unless there is one. Returns `false` if another is.
pub(super) fn install_globally() -> bool {
    static IS_GLOBAL: AtomicBool = AtomicBool::new(false);
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let set = dispatcher::set_global_default(SUBSCRIBERS[0].clone());
        IS_GLOBAL.store(set.is_ok(), Ordering::Relaxed);
    });
    IS_GLOBAL.load(Ordering::Relaxed)
}

/// Records the operations of one capture.
pub(super) struct Recorder {
    layer: InvocationLayer,
    /// Whether it takes everything, whoever else does.
    takes_all: bool,
    /// The thread that made it.
    thread: ThreadId,
    runtimes: Mutex<Vec<Runtime>>,
    missed: Arc<Missed>,
    has_ended: AtomicBool,
}

impl Recorder {
    /// Takes operations from now on.
    pub(super) fn begin(layer: InvocationLayer, missed: Arc<Missed>, takes_all: bool) -> Arc<Self> {
        LazyLock::force(&SUBSCRIBERS);
        // The router is the layer of this subscriber. `on_layer` is for one that is on a registry of its own: it would
        // declare the layer's interest to a registry that takes no sum.
        RECORDERS.fetch_add(1, Ordering::SeqCst);
        let recorder = Arc::new(Self {
            layer,
            takes_all,
            thread: thread::current().id(),
            runtimes: Mutex::default(),
            missed,
            has_ended: AtomicBool::new(false),
        });
        let mut active = ACTIVE.lock().unwrap_or_else(PoisonError::into_inner);
        active.retain(|recorder| recorder.strong_count() > 0);
        active.push(Arc::downgrade(&recorder));
        drop(active);
        // Presents every callsite of the process to the new layer, as a new subscriber's layers have it.
        callsite::rebuild_interest_cache();
        recorder
    }

    /// Takes no new operations from now on; those that began are recorded to their end.
    pub(super) fn end(&self) {
        self.has_ended.store(true, Ordering::SeqCst);
        let mut active = ACTIVE.lock().unwrap_or_else(PoisonError::into_inner);
        active.retain(|recorder| recorder.upgrade().is_some_and(|recorder| recorder.is_active()));
    }

    /// Takes what runs on this runtime as well.
    pub(super) fn follow(&self, runtime: Runtime) {
        let mut runtimes = self.runtimes.lock().unwrap_or_else(PoisonError::into_inner);
        if !runtimes.contains(&runtime) {
            runtimes.push(runtime);
        }
    }

    fn is_active(&self) -> bool {
        !self.has_ended.load(Ordering::SeqCst)
    }

    fn follows(&self, runtime: &Runtime) -> bool {
        self.runtimes.lock().unwrap_or_else(PoisonError::into_inner).contains(runtime)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        RECORDERS.fetch_sub(1, Ordering::SeqCst);
    }
}

fn active() -> Vec<Arc<Recorder>> {
    let active = ACTIVE.lock().unwrap_or_else(PoisonError::into_inner);
    active.iter().filter_map(Weak::upgrade).collect()
}

/// Something on a thread that decides whom the operations inside it belong to.
///
/// Weak, for a thread that ends with a scope on it must not be the one that drops a layer.
enum Scope {
    Capture { token: u64, recorder: Weak<Recorder>, defaults: Vec<DefaultGuard> },
    Span { id: u64, recorder: Weak<Recorder> },
}

impl Scope {
    fn recorder(&self) -> Option<Arc<Recorder>> {
        let (Self::Capture { recorder, .. } | Self::Span { recorder, .. }) = self;
        recorder.upgrade().filter(|recorder| recorder.is_active())
    }
}

/// Has this thread's operations belong to a recorder, until [`leave`] is called with the answer.
pub(super) fn enter(recorder: &Arc<Recorder>) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let token = NEXT.fetch_add(1, Ordering::Relaxed);
    remove_ended();
    // Even where it is the global default: the program may have another one for this thread, and `tracing` keeps
    // subscribers from hearing what they do themselves only while there is one for some thread.
    let default = dispatcher::set_default(&SUBSCRIBERS[0]);
    let recorder = Arc::downgrade(recorder);
    let scope = Scope::Capture { token, recorder, defaults: vec![default] };
    let _ = SCOPES.try_with(|scopes| scopes.borrow_mut().push(scope));
    token
}

/// Ends what [`enter`] began. Does nothing on another thread.
pub(super) fn leave(token: u64) {
    let is_it =
        |scope: &Scope| matches!(scope, Scope::Capture { token: other, .. } if *other == token);
    let found = SCOPES.try_with(|scopes| scopes.borrow().iter().rposition(is_it));
    if let Ok(Some(place)) = found {
        remove(place);
    }
    remove_ended();
}

/// Removes captures that were ended on another thread, as far as nothing is inside them.
fn remove_ended() {
    let has_ended =
        |scope: &Scope| matches!(scope, Scope::Capture { .. }) && scope.recorder().is_none();
    loop {
        let last = SCOPES.try_with(|scopes| {
            let scopes = scopes.borrow();
            scopes.last().filter(|scope| has_ended(scope)).map(|_| scopes.len() - 1)
        });
        let Ok(Some(place)) = last else {
            return;
        };
        remove(place);
    }
}

/// Removes a scope. What was this thread's subscriber before comes back once the scopes inside it are gone as well.
fn remove(place: usize) {
    let removed = SCOPES.try_with(|scopes| {
        let mut scopes = scopes.borrow_mut();
        let Scope::Capture { mut defaults, .. } = scopes.remove(place) else {
            return Vec::new();
        };
        let inner = scopes[place..].iter_mut().find_map(|scope| match scope {
            Scope::Capture { defaults, .. } => Some(defaults),
            Scope::Span { .. } => None,
        });
        match inner {
            Some(inner) => {
                defaults.append(inner);
                *inner = defaults;
                Vec::new()
            }
            None => defaults,
        }
    });
    // The last one that was set is the first to be taken back.
    removed.into_iter().flatten().rev().for_each(drop);
}

/// Who records a span: the capture that it belongs to, and those that take everything.
#[derive(Clone)]
struct Owners(Arc<[Arc<Recorder>]>);

impl Owners {
    fn of(attributes: &Attributes<'_>, context: &Context<'_, Registry>) -> Self {
        let active = active();
        let own = attributes
            .parent()
            .and_then(|parent| Self::beside(parent, context)?.own())
            .filter(|own| own.is_active())
            .or_else(of_thread)
            .or_else(|| of_runtime(&active));
        let is_missed = own.is_none();
        let all = active.iter().filter(|recorder| recorder.takes_all).cloned();
        let owners: Arc<[_]> = own.into_iter().chain(all).collect();
        if is_missed && *attributes.metadata().level() <= Level::INFO {
            let name = attributes.metadata().name();
            active
                .iter()
                .filter(|recorder| !recorder.takes_all)
                .for_each(|recorder| recorder.missed.add(name));
        }
        Self(owners)
    }

    /// Those of a span that is open.
    fn beside(id: &Id, context: &Context<'_, Registry>) -> Option<Self> {
        context.span(id)?.extensions().get::<Self>().cloned()
    }

    fn own(&self) -> Option<Arc<Recorder>> {
        self.0.iter().find(|recorder| !recorder.takes_all).cloned()
    }

    fn each(&self, callback: impl Fn(&InvocationLayer)) {
        self.0.iter().for_each(|recorder| callback(&recorder.layer));
    }
}

/// The recorder of the innermost scope on this thread.
fn of_thread() -> Option<Arc<Recorder>> {
    SCOPES.try_with(|scopes| scopes.borrow().iter().rev().find_map(Scope::recorder)).ok().flatten()
}

/// The recorder that follows the runtime of this thread: the latest of one thread, none of two threads.
fn of_runtime(active: &[Arc<Recorder>]) -> Option<Arc<Recorder>> {
    let runtime = Runtime::current()?;
    let mut following = active.iter().filter(|recorder| recorder.follows(&runtime)).rev();
    let latest = following.next()?;
    following.all(|other| other.thread == latest.thread).then(|| Arc::clone(latest))
}

/// Calls the layers that record a span, and nobody else.
struct Router;

impl Layer<Registry> for Router {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        for recorder in active() {
            let _ = Layer::<Registry>::register_callsite(&recorder.layer, metadata);
        }
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>, _: Context<'_, Registry>) -> bool {
        // Whose it is, its parent may decide, which is not known yet.
        RECORDERS.load(Ordering::SeqCst) > 0
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, Registry>) {
        let owners = Owners::of(attributes, &context);
        if owners.0.is_empty() {
            return;
        }
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(owners.clone());
        }
        owners.each(|layer| layer.on_new_span(attributes, id, context.clone()));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, Registry>) {
        if let Some(owners) = Owners::beside(id, &context) {
            owners.each(|layer| layer.on_record(id, values, context.clone()));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, Registry>) {
        let span = context.event_span(event).map(|span| span.id());
        if let Some(owners) = span.and_then(|id| Owners::beside(&id, &context)) {
            owners.each(|layer| layer.on_event(event, context.clone()));
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, Registry>) {
        let Some(owners) = Owners::beside(id, &context) else {
            return;
        };
        if let Some(own) = owners.own() {
            let scope = Scope::Span { id: id.into_u64(), recorder: Arc::downgrade(&own) };
            let _ = SCOPES.try_with(|scopes| scopes.borrow_mut().push(scope));
        }
        owners.each(|layer| layer.on_enter(id, context.clone()));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, Registry>) {
        let Some(owners) = Owners::beside(id, &context) else {
            return;
        };
        owners.each(|layer| layer.on_exit(id, context.clone()));
        let is_it = |scope: &Scope| matches!(scope, Scope::Span { id: other, .. } if *other == id.into_u64());
        let _ = SCOPES.try_with(|scopes| {
            let mut scopes = scopes.borrow_mut();
            if let Some(place) = scopes.iter().rposition(is_it) {
                scopes.remove(place);
            }
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, Registry>) {
        if let Some(owners) = Owners::beside(&id, &context) {
            owners.each(|layer| layer.on_close(id.clone(), context.clone()));
        }
    }
}

/// Counts the operations that belonged to no capture while one was active.
#[derive(Debug, Default)]
pub(super) struct Missed(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    operations: usize,
    /// The name of the first, and its thread.
    first: Option<(String, String)>,
    /// Whether other threads belong to another subscriber, so that nothing of them is counted.
    only_this_thread: bool,
    was_shown: bool,
}

impl Missed {
    pub(super) fn hears_only_this_thread(&self) {
        self.counted(|counted| counted.only_this_thread = true);
    }

    pub(super) fn is_none(&self) -> bool {
        self.counted(|counted| counted.operations == 0)
    }

    /// Returns what is left to say on stderr at the end of the capture.
    pub(super) fn unshown(&self) -> Option<String> {
        let is_needed = self.counted(|counted| counted.operations > 0 && !counted.was_shown);
        is_needed.then(|| self.to_string())
    }

    fn add(&self, name: &str) {
        let thread = thread::current();
        let first = || (name.to_owned(), thread.name().unwrap_or("without a name").to_owned());
        self.counted(|counted| {
            counted.operations += 1;
            counted.first.get_or_insert_with(first);
        });
    }

    fn counted<T>(&self, ask: impl FnOnce(&mut Counted) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The notes at the end of a failed assertion; empty where there is nothing to say.
impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (note, only_this_thread) = self.counted(|counted| {
            counted.was_shown = true;
            let note = counted.first.as_ref().map(|(name, thread)| {
                let (number, began) = match counted.operations {
                    1 => ("1 operation", "It was"),
                    _ => (&*format!("{} operations", counted.operations), "The first was"),
                };
                format!(
                    "note: {number} began on threads that belong to no capture. {began} `{name}` on the thread `{thread}`. If \
                     this test started it, use `Capture::follow`, `follow_thread` or `follow_runtime`.\n"
                )
            });
            (note, counted.only_this_thread)
        });
        f.write_str(&note.unwrap_or_default())?;
        if only_this_thread {
            f.write_str(
                "note: the program has set a global subscriber, which hears the other threads instead of this capture. Use \
                 `Capture::follow` or `follow_thread` there, or compose `Log::layer()` into that subscriber.\n",
            )?;
        }
        Ok(())
    }
}
