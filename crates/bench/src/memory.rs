//! The sink that everybody writes to.

use std::cell::RefCell;
use std::hint::black_box;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

const CAPACITY: usize = 64 * 1024;

static ECHOES: AtomicBool = AtomicBool::new(false);

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Memory of each thread that is written over again and again: a sink that costs next to nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory;

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| {
            if lines.len() + bytes.len() > CAPACITY {
                lines.clear();
            }
            lines.extend_from_slice(bytes);
            black_box(&*lines);
        });
        if ECHOES.load(Ordering::Relaxed) {
            io::stdout().write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on, whatever is written is printed too.
pub(crate) fn echo() {
    ECHOES.store(true, Ordering::Relaxed);
}

/// What this thread wrote since it was last asked.
#[cfg(test)]
pub(crate) fn take() -> String {
    String::from_utf8(LINES.take()).expect("lines are text")
}
