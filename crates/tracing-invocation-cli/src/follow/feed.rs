//! Merges all sources and the keyboard into one sequence of events.
//!
//! Files are polled on the main thread, because no portable call waits for a file to grow. Streams and the keyboard block
//! while they are read, so each has a thread, which sends to one bounded channel. The main thread waits on that channel
//! between polls: a key or a piece of a stream wakes it at once.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::Event;

use super::lines::{LineEvent, Lines};
use super::tail::{Origin, Tail};
use crate::input::Source;

/// The capacity of the channel. A thread that reads faster than the board counts blocks when it is full, and so applies
/// backpressure to the program behind the pipe.
const WAITING: usize = 16;
/// How many bytes a stream's thread reads at a time.
const PIECE: usize = 1 << 16;

/// A message from a reader thread.
pub(super) enum Message {
    /// Bytes from the stream with this number.
    Bytes(usize, Vec<u8>),
    /// The stream with this number ended, because of an error if there is one.
    Over(usize, Option<io::Error>),
    /// A key was pressed, or the terminal was resized.
    Input(Event),
}

/// The sources that are followed. Files are polled, and each stream has a thread.
pub(super) struct Feed {
    sources: Vec<Followed>,
    sender: SyncSender<Message>,
    messages: Receiver<Message>,
}

struct Followed {
    source: Source,
    how: How,
}

enum How {
    File { tail: Tail, is_at_end: bool },
    Stream(Lines),
    Over { trouble: Option<String> },
}

impl Feed {
    pub(super) fn of(sources: Vec<Source>, from: Origin) -> Self {
        let (sender, messages) = sync_channel(WAITING);
        let follow = |(number, source): (usize, Source)| {
            let stream = |open: fn(&Path) -> io::Result<Box<dyn Read>>, path: &Path| {
                read(number, open, path, &sender);
                How::Stream(Lines::default())
            };
            let how = match &source {
                Source::Stdin => stream(|_| Ok(Box::new(io::stdin())), Path::new("")),
                // Opening a named pipe blocks until a writer opens it, so the thread does that, too.
                Source::File(path) if is_stream(path) => {
                    stream(|path| Ok(Box::new(File::open(path)?)), path)
                }
                Source::File(path) => How::File { tail: Tail::new(path, from), is_at_end: false },
            };
            Followed { source, how }
        };
        let sources = sources.into_iter().enumerate().map(follow).collect();
        Self { sources, sender, messages }
    }

    /// Returns a sender for the thread that reads the keyboard.
    pub(super) fn sender(&self) -> SyncSender<Message> {
        self.sender.clone()
    }

    /// Polls the files, then waits up to `wait` for messages. Passes lines to `each`, and returns terminal events.
    ///
    /// Does not wait if a file has more to read. Takes a bounded number of messages, so that a fast stream cannot keep the
    /// caller from redrawing the screen.
    pub(super) fn next(
        &mut self,
        wait: Duration,
        each: &mut dyn FnMut(LineEvent<'_>),
    ) -> Vec<Event> {
        let is_behind = self.poll(each);
        let wait = if is_behind { Duration::ZERO } else { wait };
        let mut input = Vec::new();
        let first = self.messages.recv_timeout(wait).ok();
        let waiting = self.messages.try_iter().take(WAITING);
        let messages: Vec<_> = first.into_iter().chain(waiting).collect();
        for message in messages {
            match message {
                Message::Input(event) => input.push(event),
                Message::Bytes(number, bytes) => self.push(number, &bytes, each),
                Message::Over(number, error) => self.end(number, error, each),
            }
        }
        input
    }

    /// Reads new lines of all files. Returns `true` if at least one of them has more to read.
    fn poll(&mut self, each: &mut dyn FnMut(LineEvent<'_>)) -> bool {
        let mut is_behind = false;
        for followed in &mut self.sources {
            if let How::File { tail, is_at_end } = &mut followed.how {
                let is_more = tail.poll(Instant::now(), each);
                *is_at_end = !is_more;
                is_behind |= is_more;
            }
        }
        is_behind
    }

    fn push(&mut self, number: usize, bytes: &[u8], each: &mut dyn FnMut(LineEvent<'_>)) {
        if let How::Stream(lines) = &mut self.sources[number].how {
            lines.push(bytes, each);
        }
    }

    fn end(
        &mut self,
        number: usize,
        error: Option<io::Error>,
        each: &mut dyn FnMut(LineEvent<'_>),
    ) {
        if let How::Stream(lines) = &mut self.sources[number].how {
            lines.finish(each);
        }
        let trouble = error.map(|error| error.to_string());
        self.sources[number].how = How::Over { trouble };
    }

    /// Returns `true` if no source can produce anything more. A file always can.
    pub(super) fn is_over(&self) -> bool {
        self.sources.iter().all(|followed| matches!(followed.how, How::Over { .. }))
    }

    /// Returns `true` if everything that is available now has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.sources.iter().all(|followed| match followed.how {
            How::File { is_at_end, .. } => is_at_end,
            How::Stream(_) => false,
            How::Over { .. } => true,
        })
    }

    /// Returns the names of the sources.
    pub(super) fn names(&self) -> Vec<String> {
        self.sources.iter().map(|followed| followed.source.name()).collect()
    }

    /// Returns the names of the sources that cannot be read, and the errors.
    pub(super) fn troubles(&self) -> impl Iterator<Item = (String, &str)> {
        self.sources.iter().filter_map(|followed| {
            let trouble = match &followed.how {
                How::File { tail, .. } => tail.trouble(),
                How::Stream(_) => None,
                How::Over { trouble } => trouble.as_deref(),
            };
            Some((followed.source.name(), trouble?))
        })
    }
}

/// Returns `true` if a path names a pipe or a device, which can be read only once and cannot be polled.
fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Starts a thread that reads a stream to its end.
fn read(
    number: usize,
    open: fn(&Path) -> io::Result<Box<dyn Read>>,
    path: &Path,
    sender: &SyncSender<Message>,
) {
    let (path, sender) = (path.to_owned(), sender.clone());
    thread::spawn(move || {
        let read = open(&path).and_then(|mut stream| read_to_end(number, &mut *stream, &sender));
        // Sending fails only when the feed is gone, because the program is exiting.
        let _ = sender.send(Message::Over(number, read.err()));
    });
}

/// Sends everything from a stream. Returns early if the receiver is gone.
fn read_to_end(
    number: usize,
    stream: &mut dyn Read,
    sender: &SyncSender<Message>,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                if sender.send(Message::Bytes(number, piece[..count].to_vec())).is_err() {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
