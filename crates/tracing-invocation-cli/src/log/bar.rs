//! Shows a progress bar while logs are read.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::{Progress, Source};

/// How long to wait before the bar appears.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the bar is redrawn.
const PERIOD: Duration = Duration::from_millis(100);

/// A progress bar on stderr, which a thread draws until this is dropped.
pub(super) struct Bar {
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    pub(super) fn over(sources: &[Source], progress: Progress) -> Self {
        let bar = hidden(sources.iter().map(Source::size).sum());
        let (over, is_over) = channel();
        let thread = thread::spawn(move || {
            let goes_on = |wait| is_over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
            if !goes_on(PATIENCE) {
                return;
            }
            bar.set_draw_target(ProgressDrawTarget::stderr());
            loop {
                bar.set_position(progress.bytes());
                bar.tick();
                if !goes_on(PERIOD) {
                    break;
                }
            }
            bar.finish_and_clear();
        });
        Self { over: Some(over), thread: Some(thread) }
    }
}

impl Drop for Bar {
    /// Stops the thread and clears the bar, so that the next output takes its place.
    fn drop(&mut self) {
        drop(self.over.take());
        if let Some(thread) = self.thread.take() {
            // If the thread panicked, the panic hook has printed a message already.
            let _ = thread.join();
        }
    }
}

/// Returns a bar for a known number of bytes, or a spinner if the number is unknown.
fn hidden(bytes: Option<u64>) -> ProgressBar {
    let (bar, template) = match bytes {
        Some(bytes) => (
            ProgressBar::new(bytes),
            "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} to go",
        ),
        None => (ProgressBar::no_length(), "{spinner} {bytes}, {bytes_per_sec}"),
    };
    bar.set_draw_target(ProgressDrawTarget::hidden());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
