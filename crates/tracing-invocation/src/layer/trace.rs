//! Asking others where an operation stands in their trace.

use std::sync::OnceLock;

use tracing_core::Dispatch;
use tracing_core::dispatcher::{self, WeakDispatch};
use tracing_core::span::Id;

use crate::asking::ask;
use crate::record::TraceContext;

/// A function that knows the trace of a span of this subscriber.
type Function = dyn Fn(&Id, &Dispatch) -> Option<TraceContext> + Send + Sync;

/// Whoever knows the traces of spans beside this layer.
pub(super) struct Tracer {
    function: Box<Function>,
    /// The subscriber that the layer is a part of.
    subscriber: OnceLock<WeakDispatch>,
}

impl Tracer {
    pub(super) fn new(
        function: impl Fn(&Id, &Dispatch) -> Option<TraceContext> + Send + Sync + 'static,
    ) -> Self {
        Self { function: Box::new(function), subscriber: OnceLock::new() }
    }

    pub(super) fn is_part_of(&self, subscriber: &Dispatch) {
        self.subscriber.get_or_init(|| subscriber.downgrade());
    }

    /// Where the operation of this span stands, as far as is known. Calls code of the program.
    pub(super) fn context_of(&self, span: &Id) -> Option<TraceContext> {
        let registered = self.subscriber.get().and_then(WeakDispatch::upgrade);
        // A layer inside an `Option` or a `Vec` is not told which subscriber it is a part of.
        let subscriber = registered.unwrap_or_else(|| dispatcher::get_default(Dispatch::clone));
        ask(|| (self.function)(span, &subscriber)).flatten()
    }
}
