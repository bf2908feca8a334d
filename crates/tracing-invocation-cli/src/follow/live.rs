//! The view in a terminal.

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

/// How often the screen is drawn anew.
const REDRAW: Duration = Duration::from_millis(250);

/// How often all of it is, where a program whose log comes through a pipe may write to the same terminal.
const REPAINT: Duration = Duration::from_secs(2);

/// Shows the board until somebody says that it is enough.
pub(super) fn run(
    feed: &mut Feed,
    board: &mut Board,
    stop: &Stop,
    exits_at_end: bool,
    is_shared: bool,
) -> io::Result<()> {
    let mut screen = Screen::open().map_err(|error| {
        io::Error::other(format!(
            "the terminal cannot be used ({error}): `invocations follow ... | cat` writes lines instead"
        ))
    })?;
    send_input(feed.sender());
    let continued = Continued::on_signal()?;
    let mut began = Instant::now();
    let mut drawn: Option<Instant> = None;
    let mut painted = Instant::now();
    loop {
        let input = feed.next(POLL, &mut |said| take(board, said, |_, _| {}));
        let is_resized = input.iter().any(|event| matches!(event, Event::Resize(..)));
        let is_over = exits_at_end && feed.is_at_end();
        if stop.is_asked() || is_over || input.iter().any(is_quit) {
            return Ok(());
        }
        if continued.is_news() {
            screen.take_again()?;
            drawn = None;
        }
        let is_asked = input.iter().any(|event| is_key(event, 'l', KeyModifiers::CONTROL));
        if is_asked || (is_shared && painted.elapsed() >= REPAINT) {
            screen.forget()?;
            (drawn, painted) = (None, Instant::now());
        }
        let is_cleared = input.iter().any(|event| is_key(event, 'c', KeyModifiers::NONE));
        if is_cleared {
            *board = Board::new();
            began = Instant::now();
        }
        if is_cleared || is_resized || drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW) {
            if let Err(error) = draw(&mut screen, board, &status(feed, began)) {
                // A terminal that is gone says so by a signal as well, if a moment later.
                thread::sleep(POLL);
                return if stop.is_asked() { Ok(()) } else { Err(error) };
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

/// Reads the keyboard on a thread of its own: reading goes on until a key is pressed, whatever else there is to do.
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
