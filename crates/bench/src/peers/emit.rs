//! `emit`: a span, which is an event when it ends, and an event when it begins. Its JSON is that of `emit_file`, which
//! writes to files only.

use std::cell::RefCell;
use std::error::Error;
use std::io::Write as _;
use std::ops::ControlFlow;

use emit::Props as _;
use emit::event::ToEvent as _;

use crate::memory::Memory;
use crate::order::{Declined, Order};
use crate::variant::Program;

pub(super) fn set_up() -> Result<Program, Box<dyn Error>> {
    let _ = emit::setup().emit_to(emit::emitter::from_fn(|event| write(&event))).init();
    Ok(Program::new(|order| place(order.item, order.region, order.retry)))
}

#[emit::info_span("place", item, region, retry)]
fn place(item: u64, region: &'static str, retry: bool) -> Result<u64, Declined> {
    emit::info!("invoke");
    Ok(Order { item, region, retry }.receipt())
}

fn write(event: &emit::Event<&dyn emit::props::ErasedProps>) {
    thread_local! {
        static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    LINE.with_borrow_mut(|line| {
        line.clear();
        let written = sval_json::stream_to_io_write(&mut *line, Json(&event.to_event()));
        line.push(b'\n');
        if written.is_err() || Memory.write_all(line).is_err() {
            eprintln!("emit: not written");
        }
    });
}

struct Json<'a, P>(&'a emit::Event<'a, P>);

impl<P: emit::Props> sval::Value for Json<'_, P> {
    fn stream<'s, S: sval::Stream<'s> + ?Sized>(&'s self, stream: &mut S) -> sval::Result {
        stream.record_begin(None, None, None, None)?;
        if let Some(extent) = self.0.extent() {
            if let Some(range) = extent.as_range() {
                member(stream, "ts_start", |stream| sval::stream_display(stream, range.start))?;
            }
            member(stream, "ts", |stream| sval::stream_display(stream, extent.as_point()))?;
        }
        member(stream, "mdl", |stream| sval::stream_display(stream, self.0.mdl()))?;
        member(stream, "msg", |stream| sval::stream_display(stream, self.0.msg()))?;
        let mut streamed = Ok(());
        let _ = self.0.props().dedup().for_each(|key, value| {
            let label = sval::Label::new_computed(key.get());
            streamed = (|| {
                stream.record_value_begin(None, &label)?;
                stream.value_computed(&value)?;
                stream.record_value_end(None, &label)
            })();
            match streamed {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        streamed?;
        stream.record_end(None, None, None)
    }
}

fn member<'s, S: sval::Stream<'s> + ?Sized>(
    stream: &mut S,
    name: &'static str,
    value: impl FnOnce(&mut S) -> sval::Result,
) -> sval::Result {
    let label = sval::Label::new(name);
    stream.record_value_begin(None, &label)?;
    value(stream)?;
    stream.record_value_end(None, &label)
}
