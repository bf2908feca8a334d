//! Runs the live view in a terminal: reads events, updates the board, redraws the screen.

use std::io;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::board::Board;
use super::feed::{Feed, Message};
use super::screen::Screen;
use super::stop::{Continued, Stop};
use super::view::{self, Status};
use super::{POLL, take};

/// How often the screen is redrawn. Only cells that changed are written.
const REDRAW: Duration = Duration::from_millis(250);

/// How often the whole screen is repainted, if the log comes through a pipe: the program that writes it may share the
/// terminal and write over the view.
const REPAINT: Duration = Duration::from_secs(2);

/// Shows the board until the user quits, a signal arrives, or everything is read and `exits_at_end` is set.
pub(super) fn run(
    feed: &mut Feed,
    board: &mut Board,
    stop: &Stop,
    exits_at_end: bool,
    is_shared: bool,
) -> io::Result<()> {
    let mut screen = Screen::open().map_err(|error| {
        io::Error::other(format!(
            "the terminal cannot be used ({error}): use `invocations follow ... | cat` for lines of text"
        ))
    })?;
    send_input(feed.sender());
    let continued = Continued::on_signal()?;
    let mut began = Instant::now();
    let mut drawn: Option<Instant> = None;
    let mut painted = Instant::now();
    loop {
        let input = feed.next(POLL, &mut |event| take(board, event, |_, _| {}));
        let is_resized = input.iter().any(|event| matches!(event, Event::Resize(..)));
        let is_over = exits_at_end && feed.is_at_end();
        if stop.is_requested() || is_over || input.iter().any(is_quit) {
            return Ok(());
        }
        // The shell has used the terminal while this process was stopped, and has reset its mode.
        if continued.take() {
            screen.reclaim()?;
            drawn = None;
        }
        let is_asked = input.iter().any(|event| is_key(event, 'l', KeyModifiers::CONTROL));
        if is_asked || (is_shared && painted.elapsed() >= REPAINT) {
            screen.invalidate()?;
            (drawn, painted) = (None, Instant::now());
        }
        let is_cleared = input.iter().any(|event| is_key(event, 'c', KeyModifiers::NONE));
        if is_cleared {
            *board = Board::new();
            began = Instant::now();
        }
        if is_cleared || is_resized || drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW) {
            if let Err(error) = draw(&mut screen, board, &status(feed, began)) {
                // When the terminal is closed, SIGHUP may arrive a moment after the write error. Wait for it, so that
                // closing the terminal counts as a request to stop and not as an error.
                thread::sleep(POLL);
                return if stop.is_requested() { Ok(()) } else { Err(error) };
            }
            drawn = Some(Instant::now());
        }
    }
}

fn draw(screen: &mut Screen, board: &Board, status: &Status) -> io::Result<()> {
    let size = screen.size()?;
    screen.draw(view::lines(board, status, SystemTime::now(), size))
}

fn status(feed: &Feed, began: Instant) -> Status {
    let troubles = feed.troubles().map(|(name, trouble)| format!("{name} {trouble}")).collect();
    Status { names: feed.names(), is_over: feed.is_over(), since: began.elapsed(), troubles }
}

/// Starts a thread that reads the keyboard, because `event::read` blocks until a key is pressed. The thread is never joined
/// and ends with the process.
fn send_input(to: SyncSender<Message>) {
    thread::spawn(move || {
        while let Ok(event) = event::read() {
            if to.send(Message::Input(event)).is_err() {
                return;
            }
        }
    });
}

fn is_quit(event: &Event) -> bool {
    is_key(event, 'q', KeyModifiers::NONE) || is_key(event, 'c', KeyModifiers::CONTROL)
}

fn is_key(event: &Event, key: char, with: KeyModifiers) -> bool {
    let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = event else {
        return false;
    };
    *code == KeyCode::Char(key) && *modifiers == with
}
