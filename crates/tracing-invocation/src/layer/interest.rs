//! Declares which callsites the layer needs: spans that the settings record, and events that may be evidence.
//!
//! A layer that answers `never` in `Layer::register_callsite` disables the callsite for every layer. Only
//! tracing-subscriber's per-layer filters can say "not for me": the registry adds up what they answer, and disables a
//! callsite if nobody wants it. So this file keeps a [`Filtered`] that wraps no layer and only declares. It is never asked
//! in `enabled`, so it sets no bit in the thread's filter state: if a callsite is enabled for another layer, this one still
//! sees its spans and events, in a context without a filter, and ignores what it does not record.

use std::any::TypeId;

use tracing_core::subscriber::Interest;
use tracing_core::{Metadata, Subscriber};
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context, Filter, Layer};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::callsite::Callsite;
use crate::evidence::Evidence;
use crate::hidden::is_probe;
use crate::payload::text::quietly;
use crate::settings::InForce;

/// The interest of one layer.
pub(super) struct Declared {
    filtered: Filtered<NoLayer, Wanted, Registry>,
    place: Place,
}

/// Where the layer is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// No subscriber called `on_layer`: the layer is not composed yet, or `reload` brought it.
    Unknown,
    /// On a [`Registry`], which adds up the interest of filters.
    OnRegistry,
    /// On a subscriber that supports no filters.
    Elsewhere,
}

/// Stands where a [`Filtered`] has the layer that it filters.
struct NoLayer;

impl Layer<Registry> for NoLayer {}

/// The callsites that a layer with these settings needs.
struct Wanted(InForce);

impl Declared {
    pub(super) fn new(settings: &InForce) -> Self {
        let filtered = Filtered::new(NoLayer, Wanted(settings.clone()));
        Self { filtered, place: Place::Unknown }
    }

    /// Registers one more filter with the registry that the layer is put on: without any, a registry does not add up
    /// interest.
    ///
    /// `register_filter` panics in subscribers that support no filters, and in a registry that already has 64 of them.
    /// The layer then declares nothing, and every callsite stays enabled for it.
    pub(super) fn on_layer<S>(&mut self, subscriber: &mut S)
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let is_on_registry = (subscriber as &dyn Subscriber).is::<Registry>()
            && quietly(|| subscriber.register_filter()).is_some();
        self.place = if is_on_registry { Place::OnRegistry } else { Place::Elsewhere };
        if is_on_registry {
            self.filtered.filter().0.declare();
        }
    }

    /// Whether no subscriber called `on_layer`.
    #[inline]
    pub(super) fn is_unplaced(&self) -> bool {
        self.place == Place::Unknown
    }

    /// Declares whether the layer needs this callsite. The answer is `always`, as that of every per-layer filter is: the
    /// interest itself is added to the sum that the registry takes.
    pub(super) fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Callsites that nobody enables count, too: their events may appear inside spans of the same place.
        if metadata.is_span() || Evidence::of(metadata).is_some() {
            Callsite::of(metadata);
        }
        match self.place {
            Place::OnRegistry => self.filtered.register_callsite(metadata),
            // Nobody would take the sum, and this thread would add it to that of the next callsite.
            Place::Unknown | Place::Elsewhere => Interest::always(),
        }
    }

    /// Answers `Layer::downcast_raw` for the marker by which tracing-subscriber recognises per-layer filters. Two layers
    /// that are combined by `and_then` are asked for it before they are put on a subscriber, so the answer is "yes" until
    /// it is known to be "no".
    #[expect(
        unsafe_code,
        reason = "`Layer::downcast_raw` is an unsafe function; the proof is below"
    )]
    pub(super) fn pointer_to(&self, id: TypeId) -> Option<*const ()> {
        if self.place == Place::Elsewhere {
            return None;
        }
        // SAFETY: `downcast_raw` reads nothing but `self`, and asks its callers for one thing: that they use the pointer
        // only as one to the type with this id, and no longer than `self` lives. This function dereferences nothing; it
        // hands the pointer to the caller of our own `downcast_raw`, who has made the same promise about the
        // `InvocationLayer`. `Filtered` answers with a pointer to itself or to one of its fields, which are of the type
        // that was asked for. `self.filtered` is a field of `Declared`, stored in `InvocationLayer` by value, so it lives
        // and stays where it is for as long as the layer that the caller borrows.
        unsafe { self.filtered.downcast_raw(id) }
    }
}

impl<S> Filter<S> for Wanted {
    /// Never asked: see the top of this file.
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        // `tracing` holds locks meanwhile, so nothing of the program may run here. `load` shares the settings;
        // `with` could be the one who drops earlier ones, and with them a policy of the program's own.
        let is_wanted = if is_probe(metadata) {
            true
        } else if metadata.is_span() {
            self.0.load().records(metadata)
        } else {
            Evidence::of(metadata).is_some()
        };
        if is_wanted { Interest::always() } else { Interest::never() }
    }

    // No `max_level_hint`: evidence may be of any level.
}

#[cfg(test)]
mod tests {
    use tracing_core::Dispatch;
    use tracing_subscriber::layer::{Layer, SubscriberExt as _};
    use tracing_subscriber::registry;

    use super::{NoLayer, Wanted};
    use crate::layer::InvocationLayer;
    use crate::testing::Log;

    #[test]
    fn a_layer_is_found_where_it_was_put() {
        let log = Log::new();
        let both = log.layer().and_then(Some(log.layer()));
        let boxed: Box<dyn Layer<_> + Send + Sync> = Box::new(log.layer());
        for dispatch in [
            Dispatch::new(registry().with(log.layer())),
            Dispatch::new(registry().with(both)),
            Dispatch::new(registry().with(boxed)),
        ] {
            let layer = dispatch.downcast_ref::<InvocationLayer>().unwrap();
            assert!(!layer.declared.is_unplaced());
            let wanted = dispatch.downcast_ref::<Wanted>().unwrap();
            assert!(std::ptr::eq(wanted, layer.declared.filtered.filter()));
            assert!(dispatch.is::<NoLayer>() && !dispatch.is::<Log>());
        }
    }
}
