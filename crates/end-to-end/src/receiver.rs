//! The far end of a shipper.

use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver as Channel, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::net::{self, AddressFamily, SocketFlags, SocketType};

/// Takes lines over TCP at a port of its own on 127.0.0.1, from one connection after the other, until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    lines: Channel<String>,
    connection: Arc<Mutex<Connection>>,
    thread: Option<JoinHandle<()>>,
}

/// A receiver that is not there yet: its port is taken, and whoever connects to it is refused.
#[derive(Debug)]
pub struct Away(OwnedFd);

impl Away {
    /// Takes a port.
    ///
    /// # Panics
    ///
    /// Where none can be had.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a port is no default")]
    pub fn new() -> Self {
        // Not for the processes that other tests start: they would hold on to the port.
        let flags = SocketFlags::CLOEXEC;
        let socket =
            net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
        net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self(socket)
    }

    /// The port at which it will listen.
    ///
    /// # Panics
    ///
    /// Never: it has one.
    #[must_use]
    pub fn port(&self) -> u16 {
        SocketAddr::try_from(net::getsockname(&self.0).unwrap()).unwrap().port()
    }

    /// Listens from now on.
    ///
    /// # Panics
    ///
    /// Where the port cannot be listened at.
    #[must_use]
    pub fn come(self) -> Receiver {
        net::listen(&self.0, 128).unwrap();
        Receiver::new(TcpListener::from(self.0))
    }
}

#[derive(Debug, Default)]
struct Connection {
    open: Option<TcpStream>,
    is_over: bool,
}

impl Receiver {
    /// Listens.
    ///
    /// # Panics
    ///
    /// Where no port can be had.
    #[must_use]
    pub fn listen() -> Self {
        Away::new().come()
    }

    fn new(listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let connection = Arc::new(Mutex::new(Connection::default()));
        let (send, lines) = channel();
        let shared = Arc::clone(&connection);
        let thread = thread::spawn(move || accept(&listener, &send, &shared));
        Self { address, lines, connection, thread: Some(thread) }
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next `count` lines, without their ends.
    ///
    /// # Panics
    ///
    /// Where they have not come by `deadline`.
    #[track_caller]
    pub fn lines(&self, count: usize, deadline: Duration) -> Vec<String> {
        let end = Instant::now() + deadline;
        let mut lines = Vec::with_capacity(count);
        while lines.len() < count {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => lines.push(line),
                Err(error) => panic!("{} of {count} lines came: {error}", lines.len()),
            }
        }
        lines
    }

    /// What comes until the other side has hung up and nothing is left of it, without the ends of lines.
    ///
    /// # Panics
    ///
    /// Where the other side is still there at `deadline`.
    #[track_caller]
    pub fn rest(&self, deadline: Duration) -> Vec<String> {
        let end = Instant::now() + deadline;
        let mut lines = Vec::new();
        loop {
            // Asked before the lines are: whoever hung up has sent what it had to send.
            let is_idle = self.lock().open.is_none();
            match self.lines.recv_timeout(Duration::from_millis(5)) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Timeout) if !is_idle => {
                    assert!(Instant::now() < end, "still connected after {deadline:?}");
                }
                Err(_) => return lines,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, send: &Sender<String>, shared: &Mutex<Connection>) {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    while let Ok((stream, _)) = listener.accept() {
        {
            let mut connection = lock();
            if connection.is_over {
                return;
            }
            connection.open = stream.try_clone().ok();
        }
        // A connection that breaks off is the shipper's affair: what counts is what came.
        let _ = read(stream, send);
        lock().open = None;
    }
}

fn read(stream: TcpStream, send: &Sender<String>) -> io::Result<()> {
    for line in BufReader::new(stream).lines() {
        let _ = send.send(line?);
    }
    Ok(())
}

impl Drop for Receiver {
    fn drop(&mut self) {
        {
            let mut connection = self.lock();
            connection.is_over = true;
            if let Some(open) = connection.open.take() {
                let _ = open.shutdown(Shutdown::Both);
            }
        }
        // Wakes the thread where it waits for the next connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
