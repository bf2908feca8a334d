//! Streams that answer `WouldBlock`, because somebody who shares them set them to `O_NONBLOCK`.

use std::io::{self, LineWriter, PipeReader, PipeWriter, Read as _, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_setfl};
use tracing::info_span;
use tracing_invocation::sink::{JsonLines, OnFailure, Output, Pretty, Queue};
use tracing_invocation::{InvocationLayer, begin, layer};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

use super::tools::{alone, read_line};

/// Operations whose records are more than a pipe holds.
const MANY: usize = 2_000;

/// How long a writer may take nothing before it is given up, as the documentation says.
const DEADLINE: Duration = Duration::from_secs(5);

/// The end of a pipe that does not block, and that says so whenever it would have.
#[derive(Clone)]
struct NonBlocking {
    /// How many bytes it takes at a time.
    at_once: usize,
    pipe: Arc<Mutex<Box<dyn Write + Send>>>,
    blocked: Sender<()>,
}

impl Write for NonBlocking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = &bytes[..bytes.len().min(self.at_once)];
        let answer = self.pipe.lock().unwrap().write(taken);
        if answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            let _ = self.blocked.send(());
        }
        answer
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pipe.lock().unwrap().flush()
    }
}

impl MakeWriter<'_> for NonBlocking {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A pipe, behind a buffer or without; and what is said whenever it would block.
fn pipe<W: Write + Send + 'static>(
    buffered: impl FnOnce(PipeWriter) -> W,
) -> (PipeReader, NonBlocking, Receiver<()>) {
    let (reader, pipe) = io::pipe().unwrap();
    fcntl_setfl(&pipe, OFlags::NONBLOCK).unwrap();
    let (blocked, waiting) = channel();
    (
        reader,
        NonBlocking {
            at_once: usize::MAX,
            pipe: Arc::new(Mutex::new(Box::new(buffered(pipe)))),
            blocked,
        },
        waiting,
    )
}

fn record(layer: InvocationLayer, operations: impl FnOnce()) {
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), operations);
}

fn run(operations: usize) {
    for _ in 0..operations {
        begin(info_span!("run", text = "so long that a pipe does not hold many")).complete();
    }
}

/// Records operations, of which nobody reads a record before the writer was told that it would block.
#[track_caller]
fn read_late(
    (mut reader, writer, waiting): (PipeReader, NonBlocking, Receiver<()>),
    output: Output,
) -> String {
    drop(writer);
    let text = thread::spawn(move || {
        waiting.recv().unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    });
    let layer = layer().with_sink(output);
    let guard = layer.guard();
    let delivery = layer.delivery();
    record(layer, || run(MANY));
    drop(guard);
    let output = &delivery.counters().outputs[0];
    assert_eq!((output.written, output.dropped.total()), (2 * MANY as u64, 0));
    drop(delivery);
    text.join().unwrap()
}

#[track_caller]
fn assert_all(text: &str) {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 2 * MANY);
    lines.into_iter().for_each(|line| drop(read_line(line.as_bytes())));
}

#[test]
fn records_wait_for_a_pipe_that_would_block() {
    let bare = pipe(|pipe| pipe);
    let output = Output::new(JsonLines::new(bare.1.clone()));
    assert_all(&read_late(bare, output));
    let as_stdout_does = pipe(LineWriter::new);
    let output = Output::new(JsonLines::new(as_stdout_does.1.clone()));
    assert_all(&read_late(as_stdout_does, output));
    let queued = pipe(|pipe| pipe);
    let output = Output::new(JsonLines::new(queued.1.clone()));
    assert_all(&read_late(queued, output.with_queue(Queue::new(2 * MANY))));
}

#[test]
fn what_a_person_reads_waits_as_well() {
    let pipe = pipe(|pipe| pipe);
    let output = Output::new(Pretty::new(pipe.1.clone()));
    let text = read_late(pipe, output);
    assert_eq!(text.lines().filter(|line| line.contains("run")).count(), 2 * MANY, "{text}");
}

#[test]
fn a_pipe_that_takes_nothing_is_given_up_once_and_no_line_is_torn() {
    let (mut reader, writer, _waiting) = pipe(|pipe| pipe);
    // A pipe takes all of a short line or nothing.
    let writer = NonBlocking { at_once: 100, ..writer };
    let output = Output::new(JsonLines::new(writer)).on_failure(OnFailure::ignore());
    let layer = layer().with_sink(output);
    let delivery = layer.delivery();
    let mut text = String::new();
    record(layer, || {
        let began = Instant::now();
        run(MANY);
        let took = began.elapsed();
        assert!(took >= DEADLINE && took < 2 * DEADLINE, "{took:?}");
        assert!(delivery.flush(Duration::ZERO).is_err());

        let mut held = vec![0; 1 << 15];
        let mut read = |reader: &mut PipeReader| {
            let taken = reader.read(&mut held).unwrap();
            text.push_str(str::from_utf8(&held[..taken]).unwrap());
        };
        read(&mut reader);
        read(&mut reader);
        run(1);
        delivery.flush(Duration::ZERO).unwrap();
    });
    let output = delivery.counters().outputs.remove(0);
    assert!(output.dropped.write_failed > 0);
    drop(delivery);
    reader.read_to_string(&mut text).unwrap();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    assert_eq!(lines.len() as u64, output.written + output.loss_records);
    assert_eq!(read_line(lines[lines.len() - 3].as_bytes()).event_name, "delivery");
    lines.into_iter().for_each(|line| drop(read_line(line.as_bytes())));
}

#[test]
fn stdout_that_does_not_block_gets_every_record() {
    let output = alone(|| {
        fcntl_setfl(rustix::stdio::stdout(), OFlags::NONBLOCK).unwrap();
        let layer = layer().with_sink(JsonLines::new(io::stdout));
        let guard = layer.guard();
        record(layer, || run(5 * MANY));
        drop(guard);
        // What the test says at its end must arrive as well.
        fcntl_setfl(rustix::stdio::stdout(), OFlags::empty()).unwrap();
    });
    if let Some(output) = output {
        let lines = output.stdout.split_inclusive(|byte| *byte == b'\n');
        let records = lines.filter(|line| line.starts_with(b"{")).map(read_line);
        assert_eq!(records.count(), 10 * MANY);
    }
}
