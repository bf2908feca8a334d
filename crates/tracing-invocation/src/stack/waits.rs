//! What an operation waits for, read off the stack on which it registered to be woken.

use std::time::Instant;

use super::frames::{Frame, Whose};
use super::{Stack, symbols};

/// What an operation waits for, and the way there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Awaiting {
    /// What wakes it, where that is known: `tokio::sync::Mutex::lock`.
    pub on: Option<String>,
    /// The program's own functions on the way there, the outermost first: `shop::run (shop/src/main.rs:29)`, as much of it
    /// as is known.
    pub chain: Vec<String>,
}

/// Frames and waits that are told, at most.
const CHAIN: usize = 32;
const WAITS: usize = 8;

/// What the stacks on which an operation registered say, where their names are found by `until`.
pub(crate) fn waits(stacks: &[Stack], until: Instant) -> Vec<Awaiting> {
    let stacks: Vec<_> = stacks.iter().filter_map(|stack| symbols::frames(stack, until)).collect();
    read(stacks.iter().map(|frames| &**frames))
}

fn read<'a>(stacks: impl Iterator<Item = &'a [Frame]>) -> Vec<Awaiting> {
    let mut waits: Vec<Awaiting> = Vec::new();
    for wait in stacks.filter_map(wait) {
        if !waits.contains(&wait) && waits.len() < WAITS {
            waits.push(wait);
        }
    }
    waits
}

fn wait(frames: &[Frame]) -> Option<Awaiting> {
    let leaf = frames.iter().position(Frame::is_users).unwrap_or(frames.len());
    let on = resource(&frames[..leaf]);
    let mut chain: Vec<_> =
        frames[leaf..].iter().filter(|frame| frame.is_users()).filter_map(Frame::place).collect();
    chain.dedup();
    chain.truncate(CHAIN);
    chain.reverse();
    (on.is_some() || !chain.is_empty()).then_some(Awaiting { on, chain })
}

/// What the frames between the leaf and the user's code wait for: the outermost that is a resource.
fn resource(inside: &[Frame]) -> Option<String> {
    let known = inside.iter().rev().find_map(|frame| {
        RESOURCES.iter().find(|(module, _)| frame.is_in(module)).map(|(module, resource)| {
            match *module {
                "tokio::sync::mpsc" => channel(inside).to_owned(),
                "tokio::sync::rwlock" => lock(inside),
                _ => (*resource).to_owned(),
            }
        })
    });
    known.or_else(|| {
        let library = |frame: &&Frame| frame.whose == Whose::Library && !is_combinator(frame);
        let outermost = inside.iter().rev().find(library)?;
        let end = outermost.module.split("::{").next().unwrap_or_default();
        Some(end.to_owned())
    })
}

/// Whether a frame only passes on what is inside, so that it is not what is waited for.
fn is_combinator(frame: &Frame) -> bool {
    const MODULES: [&str; 12] = [
        "tokio::macros",
        "tokio::time::timeout",
        "tokio::future",
        "tokio::task::coop",
        "tokio::runtime",
        "futures_util::future",
        "futures_util::async_await",
        "futures_util::stream::stream",
        "futures_util::stream::try_stream",
        "futures_util::abortable",
        "futures_core",
        "tower",
    ];
    MODULES.iter().any(|module| frame.is_in(module))
}

/// What is waited for in a module, or below it. The sockets are in front of what reads and writes anything.
const RESOURCES: [(&str, &str); 42] = [
    ("tokio::time::interval", "tokio::time::Interval"),
    ("tokio::time::sleep", "tokio::time::Sleep"),
    ("tokio::sync::mutex", "tokio::sync::Mutex::lock"),
    ("tokio::sync::rwlock", "tokio::sync::RwLock"),
    ("tokio::sync::semaphore", "tokio::sync::Semaphore::acquire"),
    ("tokio::sync::mpsc", "tokio::sync::mpsc"),
    ("tokio::sync::oneshot", "tokio::sync::oneshot::Receiver"),
    ("tokio::sync::broadcast", "tokio::sync::broadcast::Receiver::recv"),
    ("tokio::sync::barrier", "tokio::sync::Barrier::wait"),
    ("tokio::sync::once_cell", "tokio::sync::OnceCell"),
    ("tokio::sync::watch", "tokio::sync::watch"),
    ("tokio::sync::notify", "tokio::sync::Notify::notified"),
    ("tokio::task::join_set", "tokio::task::JoinSet::join_next"),
    ("tokio::runtime::task::join", "tokio::task::JoinHandle"),
    ("tokio::runtime::task::join::JoinHandle", "tokio::task::JoinHandle"),
    ("tokio::task::yield_now", "tokio::task::yield_now"),
    ("tokio::net::tcp::listener", "tokio::net::TcpListener::accept"),
    ("tokio::net::tcp::stream", "tokio::net::TcpStream"),
    ("tokio::net::tcp::split", "tokio::net::TcpStream"),
    ("tokio::net::tcp::split_owned", "tokio::net::TcpStream"),
    ("tokio::net::udp", "tokio::net::UdpSocket"),
    ("tokio::net::unix::listener", "tokio::net::UnixListener::accept"),
    ("tokio::net::unix::stream", "tokio::net::UnixStream"),
    ("tokio::net::unix::datagram", "tokio::net::UnixDatagram"),
    ("tokio::net::unix::pipe", "tokio::net::unix::pipe"),
    ("tokio::io::util::mem", "tokio::io::DuplexStream"),
    ("tokio::process", "tokio::process::Child"),
    ("tokio::signal", "tokio::signal"),
    ("tokio::fs", "tokio::fs"),
    ("tokio_util::sync::cancellation_token", "tokio_util::sync::CancellationToken::cancelled"),
    ("tokio_util::sync::poll_semaphore", "tokio_util::sync::PollSemaphore"),
    ("futures_util::stream::futures_unordered", "futures_util::stream::FuturesUnordered"),
    ("futures_channel::mpsc", "futures_channel::mpsc"),
    ("futures_channel::oneshot", "futures_channel::oneshot::Receiver"),
    ("futures_util::lock::mutex", "futures_util::lock::Mutex::lock"),
    ("async_io", "async_io"),
    ("async_channel", "async_channel"),
    ("async_lock::mutex", "async_lock::Mutex::lock"),
    ("async_lock::semaphore", "async_lock::Semaphore::acquire"),
    ("async_task", "async_task::Task"),
    ("flume", "flume"),
    ("event_listener", "event_listener::EventListener"),
];

/// Which end of a channel waits: a sender waits for room, by a semaphore.
fn channel(inside: &[Frame]) -> &'static str {
    if inside.iter().any(|frame| frame.is_in("tokio::sync::batch_semaphore")) {
        return "tokio::sync::mpsc::Sender";
    }
    let has = |module: &str| inside.iter().any(|frame| frame.is_in(module));
    match (has("tokio::sync::mpsc::bounded"), has("tokio::sync::mpsc::unbounded")) {
        (true, false) => "tokio::sync::mpsc::Receiver::recv",
        (false, true) => "tokio::sync::mpsc::UnboundedReceiver::recv",
        _ => "tokio::sync::mpsc",
    }
}

/// Which way a lock is to be held, where a name says so.
fn lock(inside: &[Frame]) -> String {
    let names = inside.iter().filter(|frame| frame.is_in("tokio::sync::rwlock"));
    let has = |way: &str| {
        names
            .clone()
            .any(|frame| frame.function.contains(&format!("::{way}::")) || frame.base() == way)
    };
    match (has("read"), has("write")) {
        (true, false) => "tokio::sync::RwLock::read".to_owned(),
        (false, true) => "tokio::sync::RwLock::write".to_owned(),
        _ => "tokio::sync::RwLock".to_owned(),
    }
}
