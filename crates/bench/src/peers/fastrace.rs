//! `fastrace`: spans, handed to a thread that reports them once they have ended.

use std::error::Error;
use std::io::Write as _;

use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace::local::LocalSpan;
use fastrace::{Span, prelude::SpanContext, trace};
use serde_json::json;

use crate::memory::Memory;
use crate::order::{Declined, Order};
use crate::variant::{Program, call};

/// A trace for each operation.
pub(super) fn set_up() -> Result<Program, Box<dyn Error>> {
    fastrace::set_reporter(JsonLines::default(), Config::default());
    Ok(Program::new(place).finished_by(fastrace::flush))
}

/// What its documentation recommends for code that runs inside a trace.
pub(super) fn set_up_local() -> Result<Program, Box<dyn Error>> {
    const IN_A_TRACE: u64 = 100;
    fastrace::set_reporter(JsonLines::default(), Config::default());
    let program = Program::repeating(|calls| {
        for begun in (0..calls).step_by(IN_A_TRACE as usize) {
            let root = Span::root("request", SpanContext::random());
            let _current = root.set_local_parent();
            call(IN_A_TRACE.min(calls - begun), place_local);
        }
    });
    Ok(program.finished_by(fastrace::flush))
}

fn properties(order: Order) -> [(&'static str, String); 3] {
    [
        ("item", order.item.to_string()),
        ("region", order.region.to_owned()),
        ("retry", order.retry.to_string()),
    ]
}

fn place(order: Order) -> Result<u64, Declined> {
    let _span = Span::root("place", SpanContext::random()).with_properties(|| properties(order));
    Ok(order.receipt())
}

#[trace(name = "place")]
fn place_local(order: Order) -> Result<u64, Declined> {
    LocalSpan::add_properties(|| properties(order));
    Ok(order.receipt())
}

#[derive(Default)]
struct JsonLines {
    line: Vec<u8>,
}

impl Reporter for JsonLines {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        for span in spans {
            let properties: serde_json::Map<_, _> = span
                .properties
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect();
            let record = json!({
                "trace_id": span.trace_id.to_string(),
                "span_id": span.span_id.to_string(),
                "begin_time_unix_ns": span.begin_time_unix_ns,
                "duration_ns": span.duration_ns,
                "name": span.name,
                "properties": properties,
            });
            self.line.clear();
            let written = serde_json::to_writer(&mut self.line, &record);
            self.line.push(b'\n');
            if let Err(error) =
                written.map_err(Into::into).and_then(|()| Memory.write_all(&self.line))
            {
                eprintln!("fastrace: {error}");
            }
        }
    }
}
