//! Everything that is followed, and what the keyboard says, in the order in which it comes.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::Event;

use super::lines::{Lines, Said};
use super::tail::{Origin, Tail};
use crate::input::Source;

/// How many pieces wait, where they come faster than they are read.
const WAITING: usize = 16;
/// The size of a piece.
const PIECE: usize = 1 << 16;

/// What another thread has to say.
pub(super) enum Message {
    /// A stream went on.
    Bytes(usize, Vec<u8>),
    /// A stream is over, and why, where it should not be.
    Over(usize, Option<io::Error>),
    /// Somebody pressed a key, or changed the terminal's size.
    Input(Event),
}

/// The sources that are followed: files by polling, and streams by a thread each.
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
                // A pipe can be opened only when somebody writes to it.
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

    /// Where other threads say what they have to.
    pub(super) fn sender(&self) -> SyncSender<Message> {
        self.sender.clone()
    }

    /// Waits until something comes, at most so long, and hands on what came of lines. Returns what came of keys.
    pub(super) fn next(&mut self, wait: Duration, each: &mut dyn FnMut(Said<'_>)) -> Vec<Event> {
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

    fn poll(&mut self, each: &mut dyn FnMut(Said<'_>)) -> bool {
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

    fn push(&mut self, number: usize, bytes: &[u8], each: &mut dyn FnMut(Said<'_>)) {
        if let How::Stream(lines) = &mut self.sources[number].how {
            lines.push(bytes, each);
        }
    }

    fn end(&mut self, number: usize, error: Option<io::Error>, each: &mut dyn FnMut(Said<'_>)) {
        if let How::Stream(lines) = &mut self.sources[number].how {
            lines.finish(each);
        }
        let trouble = error.map(|error| error.to_string());
        self.sources[number].how = How::Over { trouble };
    }

    /// Whether nothing can come any more.
    pub(super) fn is_over(&self) -> bool {
        self.sources.iter().all(|followed| matches!(followed.how, How::Over { .. }))
    }

    /// Whether all has been read that is there now.
    pub(super) fn is_at_end(&self) -> bool {
        self.sources.iter().all(|followed| match followed.how {
            How::File { is_at_end, .. } => is_at_end,
            How::Stream(_) => false,
            How::Over { .. } => true,
        })
    }

    /// What the sources are called.
    pub(super) fn names(&self) -> Vec<String> {
        self.sources.iter().map(|followed| followed.source.name()).collect()
    }

    /// Which sources are not read, and why.
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

/// Whether a path names what is read once, as it comes.
fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Reads a stream to its end on a thread of its own.
fn read(
    number: usize,
    open: fn(&Path) -> io::Result<Box<dyn Read>>,
    path: &Path,
    sender: &SyncSender<Message>,
) {
    let (path, sender) = (path.to_owned(), sender.clone());
    thread::spawn(move || {
        let read = open(&path).and_then(|mut stream| read_to_end(number, &mut *stream, &sender));
        // Where nobody listens any more, nobody asks why.
        let _ = sender.send(Message::Over(number, read.err()));
    });
}

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
