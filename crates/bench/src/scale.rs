//! Many operations open at once, many deep, and many one after another.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Context, Waker};
use std::time::Instant;

use tracing::instrument;
use tracing_invocation::{layer, operation};
use tracing_subscriber::prelude::*;

use crate::callgrind::Copies;
use crate::figures::grouped;
use crate::library::{self, with};
use crate::memory::Memory;
use crate::order::{Declined, Order};
use crate::variant::{Program, Variant, call};
use crate::{callgrind, child, print};

const OPEN: &str = "1000000";

/// By how much memory may differ after many operations, in bytes: what buffers and tables keep.
const FLAT: i64 = 64 * 1024;

/// One more operation, with others open beside it or around it.
pub(crate) const VARIANTS: [Variant; 12] = [
    Variant::new("open_0", "beside no other", || beside(true, 0)),
    Variant::new("open_1000", "beside 1,000 open ones", || beside(true, 1_000)),
    Variant::new("open_100000", "beside 100,000 open ones", || beside(true, 100_000)),
    Variant::new("bare_open_0", "beside no other", || beside(false, 0)),
    Variant::new("bare_open_1000", "beside 1,000 open ones", || beside(false, 1_000)),
    Variant::new("bare_open_100000", "beside 100,000 open ones", || beside(false, 100_000)),
    Variant::new("deep_1", "1 deep", || inside(true, 1)),
    Variant::new("deep_100", "100 deep", || inside(true, 100)),
    Variant::new("deep_1000", "1,000 deep", || inside(true, 1_000)),
    Variant::new("bare_deep_1", "1 deep", || inside(false, 1)),
    Variant::new("bare_deep_100", "100 deep", || inside(false, 100)),
    Variant::new("bare_deep_1000", "1,000 deep", || inside(false, 1_000)),
];

/// Prints memory and instructions at scale; fails where memory is not flat or an operation was lost.
pub(crate) fn report(operations: u64) -> io::Result<ExitCode> {
    eprintln!("counting instructions");
    let counted = callgrind::instructions(&VARIANTS, Copies::Fastest)?;
    let mut text = String::from(
        "| one more operation | instructions | of which `Registry` | beyond it, x the first |\n|---|---:|---:|---:|\n",
    );
    for (variants, counted) in VARIANTS.chunks(6).zip(counted.chunks(6)) {
        let (recorded, bare) = counted.split_at(3);
        let beyond: Vec<f64> =
            recorded.iter().zip(bare).map(|(all, bare)| *all as f64 - *bare as f64).collect();
        for at in 0..3 {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {:.2} |",
                variants[at].about,
                grouped(recorded[at]),
                grouped(bare[at]),
                beyond[at] / beyond[0],
            );
        }
    }
    print(&text);
    eprintln!("opening {OPEN} operations");
    let (bare, text) = opened_apart("bare")?;
    print(&format!("\n`#[instrument]`, `Registry` alone: {text}"));
    let (recorded, text) = opened_apart("recorded")?;
    print(&format!("\n`#[operation]`, recorded: {text}"));
    print(&format!(
        "\nBeyond `Registry` alone: {} bytes for each that is open.\n",
        recorded - bare
    ));
    eprintln!("recording {} operations", grouped(operations));
    print(&format!("\n{}", child::output_of(&["endure", &operations.to_string()])?));
    Ok(ExitCode::SUCCESS)
}

/// The bytes of each, and what is to be said of it.
fn opened_apart(kind: &str) -> io::Result<(i64, String)> {
    let printed = child::output_of(&["open", kind, OPEN])?;
    printed
        .split_once('\n')
        .and_then(|(bytes, text)| Some((bytes.parse().ok()?, text.to_owned())))
        .ok_or_else(|| io::Error::other(format!("open {kind} printed {printed:?}")))
}

/// `open` others, and one more again and again.
fn beside(is_recorded: bool, open: u64) -> Result<Program, Box<dyn Error>> {
    let place = if is_recorded { library::place } else { library::place_bare };
    let mut others = None;
    let program = Program::repeating(move |calls| {
        others.get_or_insert_with(|| opened(is_recorded, open));
        call(calls, place);
    });
    installed(is_recorded, program)
}

/// One more again and again, inside of `depth` others.
fn inside(is_recorded: bool, depth: u32) -> Result<Program, Box<dyn Error>> {
    let nest = if is_recorded { nest } else { nest_bare };
    let order = Order::nth(0);
    let program = Program::repeating(move |calls| drop(nest(order, depth - 1, calls)));
    installed(is_recorded, program)
}

fn installed(is_recorded: bool, program: Program) -> Result<Program, Box<dyn Error>> {
    if is_recorded {
        with(tracing_subscriber::registry().with(layer().with_writer(|| Memory)), program)
    } else {
        with(tracing_subscriber::registry(), program)
    }
}

#[operation(fields(order.item, order.region, order.retry))]
fn nest(order: Order, further: u32, calls: u64) -> Result<u64, Declined> {
    match further {
        0 => call(calls, library::place),
        _ => drop(nest(order, further - 1, calls)),
    }
    Ok(order.receipt())
}

#[instrument(skip_all, fields(item = order.item, region = order.region, retry = order.retry))]
fn nest_bare(order: Order, further: u32, calls: u64) -> Result<u64, Declined> {
    match further {
        0 => call(calls, library::place_bare),
        _ => drop(nest_bare(order, further - 1, calls)),
    }
    Ok(order.receipt())
}

type Open = Vec<Pin<Box<dyn Future<Output = Result<u64, Declined>>>>>;

/// This many operations, each polled once.
fn opened(is_recorded: bool, operations: u64) -> Open {
    let mut context = Context::from_waker(Waker::noop());
    let mut open = Open::with_capacity(usize::try_from(operations).unwrap_or_default());
    for n in 0..operations {
        let order = Order::nth(n);
        open.push(if is_recorded {
            Box::pin(library::waits(order, 1))
        } else {
            Box::pin(library::waits_bare(order, 1))
        });
        if let Some(last) = open.last_mut() {
            black_box(last.as_mut().poll(&mut context).is_pending());
        }
    }
    open
}

/// Opens `operations` at once and ends them, and says what memory that took: first the bytes of each, on a line alone.
pub(crate) fn open(kind: &str, operations: u64) -> Result<String, Box<dyn Error>> {
    installed(kind == "recorded", Program::repeating(|_| ()))?;
    let start = Instant::now();
    let mut open = Vec::new();
    let opening = allocation_counter::measure(|| open = opened(kind == "recorded", operations));
    let opened_in = start.elapsed();
    let ending = allocation_counter::measure(|| drop(open));
    let dropped_in = start.elapsed() - opened_in;
    let each = |bytes: i64| bytes / i64::try_from(operations).unwrap_or(i64::MAX);
    let bytes = each(opening.bytes_current);
    Ok(format!(
        "{bytes}\n{} open at once, {bytes} bytes each with their futures, {} bytes each kept for others; opened in {} ms, \
         dropped in {} ms\n",
        grouped(operations),
        each(opening.bytes_current + ending.bytes_current),
        opened_in.as_millis(),
        dropped_in.as_millis(),
    ))
}

/// Records `operations` one after another, ended in every way, and says what became of memory.
pub(crate) fn endure(operations: u64) -> Result<String, Box<dyn Error>> {
    let layer = layer().with_writer(|| Memory);
    let delivery = layer.delivery();
    with(tracing_subscriber::registry().with(layer), Program::repeating(|_| ()))?;

    let ways = library::ENDINGS.len() as u64;
    let warm_up = operations.div_ceil(100 * ways);
    let rest = (operations / ways).saturating_sub(warm_up);
    let start = Instant::now();
    let first = allocation_counter::measure(|| each_ending(warm_up));
    let resident = resident_kib()?;
    let others = allocation_counter::measure(|| each_ending(rest));
    let made = (warm_up + rest) * ways;
    let text = format!(
        "{} operations one after another, ended by a value, an `Err` and a drop, in {} ms: {} bytes held after the first \
         hundredth, {:+} at the end; {resident} KiB resident, then {}\n",
        grouped(made),
        start.elapsed().as_millis(),
        first.bytes_current,
        others.bytes_current,
        resident_kib()?,
    );
    let recorded = delivery.counters().recorded;
    if recorded != 2 * made {
        return Err(format!("{recorded} records of {made} operations: {text}").into());
    }
    if others.bytes_current > FLAT {
        return Err(format!("memory is not flat: {text}").into());
    }
    Ok(text)
}

fn each_ending(times: u64) {
    for n in 0..times {
        for operation in library::ENDINGS {
            operation(Order::nth(n));
        }
    }
}

/// What the process has in memory, as Linux says it.
fn resident_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(number.ok_or("/proc/self/status does not say VmRSS")?.trim().parse()?)
}
