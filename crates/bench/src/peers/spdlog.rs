//! `spdlog-rs`: a line at each end, with everything on both.

use std::error::Error;
use std::time::Instant;

use spdlog::formatter::JsonFormatter;
use spdlog::sink::WriteSink;
use spdlog::{Logger, info};

use super::ids;
use crate::memory::Memory;
use crate::order::{Declined, Order};
use crate::variant::Program;

pub(super) fn set_up() -> Result<Program, Box<dyn Error>> {
    let sink = WriteSink::builder().formatter(JsonFormatter::new()).target(Memory).build_arc()?;
    let logger = Logger::builder().sink(sink).build()?;
    Ok(Program::new(move |order| place(&logger, order)))
}

fn place(logger: &Logger, order: Order) -> Result<u64, Declined> {
    let Order { item, region, retry } = order;
    let start = Instant::now();
    let (trace_id, span_id) = ids::random();
    let namespace = module_path!();
    info!(logger: logger, "place", kv: {
        namespace, outcome = "invoke", trace_id:, span_id:, item, region, retry
    });
    let receipt = order.receipt();
    let duration_ns = start.elapsed().as_nanos() as u64;
    info!(logger: logger, "place", kv: {
        namespace, outcome = "success", trace_id:, span_id:, duration_ns, item, region, retry
    });
    Ok(receipt)
}
