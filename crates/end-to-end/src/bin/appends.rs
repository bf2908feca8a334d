//! Records operations into a file, one after the other in each of two threads, until its input ends; then it says what
//! became of them.
//!
//! `appends PATH [check=MILLISECONDS] [signal=NUMBER] [max=BYTES] [gzip] [told]`
//!
//! The operations of a thread are numbered. With `told` there is one thread, which says each number when its operation
//! has ended.

use std::env;
use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing_invocation::sink::{File, Rotation};
use tracing_subscriber::prelude::*;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut args = env::args().skip(1);
    let mut file = File::open(args.next().ok_or("which file?")?)?;
    let mut rotation = Rotation::new();
    let mut is_told = false;
    for arg in args {
        match arg.split_once('=').unwrap_or((&arg, "")) {
            ("check", millis) => {
                file = file.with_check_interval(Duration::from_millis(millis.parse()?));
            }
            ("signal", number) => file = file.reopen_on_signal(number.parse()?)?,
            ("max", bytes) => rotation = rotation.with_max_bytes(bytes.parse()?),
            ("gzip", "") => rotation = rotation.with_gzip(),
            ("told", "") => is_told = true,
            _ => return Err(format!("what is {arg}?").into()),
        }
    }
    let file = file.with_rotation(rotation);
    let handle = file.handle();
    let layer = tracing_invocation::layer().with_sink(file);
    let delivery = layer.delivery();
    tracing_subscriber::registry().with(layer).init();

    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..if is_told { 1 } else { 2 } {
            let is_over = &is_over;
            scope.spawn(move || work(thread, is_told, is_over));
        }
        let ended = io::stdin().read_to_end(&mut Vec::new());
        is_over.store(true, Ordering::Relaxed);
        ended
    })?;
    delivery.flush(Duration::from_secs(5))?;
    // Before the end of the log, which gives up what is still being compressed.
    if !handle.wait_until_tidy(Duration::from_secs(30)) {
        return Err("files are still being compressed".into());
    }
    delivery.finish(Duration::from_secs(5))?;
    writeln!(io::stdout(), "{}", serde_json::to_string(&delivery.counters())?)?;
    Ok(())
}

fn work(thread: u32, is_told: bool, is_over: &AtomicBool) {
    for number in 0.. {
        tracing::info_span!("work", invocation.name = "work", thread, number).in_scope(|| {});
        if is_told && writeln!(io::stdout(), "{number}").is_err() || is_over.load(Ordering::Relaxed)
        {
            return;
        }
        if number % 20 == 0 && !is_told {
            // Some tens of thousands of records in a second are load enough.
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
