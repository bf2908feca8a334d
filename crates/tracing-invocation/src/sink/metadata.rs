//! What a `MakeWriter` is told of a record: its level, so that `with_max_level` and its kin choose by it.

use tracing_core::callsite::{Callsite, Identifier};
use tracing_core::field::FieldSet;
use tracing_core::subscriber::Interest;
use tracing_core::{Kind, Metadata};

use crate::record::Level;

/// The metadata of an event at the level of a record, target `tracing_invocation`.
pub(super) fn of_records_at(level: Level) -> &'static Metadata<'static> {
    match level {
        Level::Trace => &TRACE,
        Level::Debug => &DEBUG,
        Level::Info => &INFO,
        Level::Warn => &WARN,
        Level::Error => &ERROR,
    }
}

struct RecordCallsite;

static CALLSITE: RecordCallsite = RecordCallsite;

impl Callsite for RecordCallsite {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &INFO
    }
}

macro_rules! metadata {
    ($($name:ident)*) => {
        $(static $name: Metadata<'static> = Metadata::new(
            "record",
            "tracing_invocation",
            tracing_core::Level::$name,
            None,
            None,
            None,
            FieldSet::new(&[], Identifier(&CALLSITE)),
            Kind::EVENT,
        );)*
    };
}

metadata! { TRACE DEBUG INFO WARN ERROR }
