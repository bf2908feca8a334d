//! `slog`: a logger with what both lines say, and a line at each end.

use std::error::Error;
use std::io::BufWriter;
use std::sync::Mutex;
use std::time::Instant;

use slog::{Drain as _, Logger, Record, Serializer, Value, o};

use super::ids::{self, SpanId, TraceId};
use crate::memory::Memory;
use crate::order::{Declined, Order};
use crate::variant::Program;

pub(super) fn set_up() -> Result<Program, Box<dyn Error>> {
    // It writes token by token; the buffer makes one write of each line.
    let json = slog_json::Json::new(BufWriter::new(Memory)).add_default_keys().set_flush(true);
    let root = Logger::root(Mutex::new(json.build()).fuse(), o!("namespace" => module_path!()));
    Ok(Program::new(move |order| place(&root, order)))
}

fn place(root: &Logger, order: Order) -> Result<u64, Declined> {
    let start = Instant::now();
    let (trace_id, span_id) = ids::random();
    let log = root.new(o!(
        "trace_id" => trace_id,
        "span_id" => span_id,
        "item" => order.item,
        "region" => order.region,
        "retry" => order.retry,
    ));
    slog::info!(log, "place"; "outcome" => "invoke");
    let receipt = order.receipt();
    let duration = start.elapsed().as_nanos() as u64;
    slog::info!(log, "place"; "outcome" => "success", "duration_ns" => duration);
    Ok(receipt)
}

impl Value for TraceId {
    fn serialize(
        &self,
        _: &Record<'_>,
        key: slog::Key,
        serializer: &mut dyn Serializer,
    ) -> slog::Result {
        serializer.emit_arguments(key, &format_args!("{self}"))
    }
}

impl Value for SpanId {
    fn serialize(
        &self,
        _: &Record<'_>,
        key: slog::Key,
        serializer: &mut dyn Serializer,
    ) -> slog::Result {
        serializer.emit_arguments(key, &format_args!("{self}"))
    }
}
