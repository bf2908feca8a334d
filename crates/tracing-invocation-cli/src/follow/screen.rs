//! Takes over the terminal for the view, and restores it afterwards.

use std::io::{self, BufWriter};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Effects};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, CrosstermBackend};
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use crate::render::Line;

/// A duplicate of stdout.
///
/// If the terminal is closed, a failed write must not leave bytes in the buffer of `io::stdout()`, because flushing them at
/// exit would fail again.
#[cfg(unix)]
type Output = std::fs::File;
#[cfg(not(unix))]
type Output = io::Stdout;

/// The terminal in raw mode, on the alternate screen. Restored when this is dropped, and when any thread panics.
pub(super) struct Screen {
    /// Never dropped: `Terminal::drop` shows the cursor and reports a failure on stderr, which panics if both the terminal
    /// and stderr are closed.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Output>>>>,
    /// Shared with the panic hook. `restore` swaps it to `false`, so that the terminal is restored exactly once.
    is_open: Arc<AtomicBool>,
    has_color: bool,
}

impl Screen {
    pub(super) fn open() -> io::Result<Self> {
        let backend = CrosstermBackend::new(BufWriter::new(output()?));
        let terminal = ManuallyDrop::new(Terminal::new(backend)?);
        enable_raw_mode()?;
        let is_open = Arc::new(AtomicBool::new(true));
        let has_color = anstream::ColorChoice::global() != anstream::ColorChoice::Never;
        let screen = Self { terminal, is_open, has_color };
        screen.restore_on_panic();
        execute!(output()?, EnterAlternateScreen, Hide)?;
        Ok(screen)
    }

    /// Returns the number of columns and rows.
    pub(super) fn size(&self) -> io::Result<(usize, usize)> {
        let size = self.terminal.size()?;
        Ok((size.width.into(), size.height.into()))
    }

    /// Takes over the terminal again after a shell has used it.
    pub(super) fn reclaim(&mut self) -> io::Result<()> {
        disable_raw_mode()?;
        enable_raw_mode()?;
        execute!(output()?, EnterAlternateScreen, Hide)?;
        self.invalidate()
    }

    /// Clears the screen, so that the next [`draw`](Self::draw) repaints all of it: another program wrote to the terminal.
    pub(super) fn invalidate(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().clear_region(ClearType::All)?;
        // Swapping discards the last frame, so that the next one is compared with an empty screen. `Terminal::clear` would
        // query the position of the cursor, and its reply arrives on the keyboard, which another thread reads.
        self.terminal.swap_buffers();
        Ok(())
    }

    pub(super) fn draw(&mut self, lines: Vec<Line>) -> io::Result<()> {
        if !self.is_open.load(Ordering::Relaxed) {
            return Err(io::Error::other("a thread panicked"));
        }
        draw(&mut self.terminal, lines, self.has_color)
    }

    /// Installs a panic hook that restores the terminal before the previous hook prints the panic message: on the alternate
    /// screen, the message would disappear.
    fn restore_on_panic(&self) {
        let is_open = Arc::clone(&self.is_open);
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            restore(&is_open);
            next(panic);
        }));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore(&self.is_open);
    }
}

/// Undoes [`Screen::open`], once. Ignores errors, which mean that the terminal is closed.
fn restore(is_open: &AtomicBool) {
    if is_open.swap(false, Ordering::Relaxed) {
        let _ = output().and_then(|mut output| execute!(output, LeaveAlternateScreen, Show));
        let _ = disable_raw_mode();
    }
}

#[cfg(unix)]
fn output() -> io::Result<Output> {
    use std::os::fd::AsFd as _;

    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn output() -> io::Result<Output> {
    Ok(io::stdout())
}

/// Draws lines, truncated to the width of the terminal.
pub(super) fn draw<B: Backend>(
    terminal: &mut Terminal<B>,
    lines: Vec<Line>,
    has_color: bool,
) -> Result<(), B::Error> {
    let drawn = terminal.draw(|frame| {
        let area = frame.area();
        for (row, mut line) in area.rows().zip(lines) {
            line.cut(area.width.into());
            let span = |(style, text)| Span::styled(text, shown(style, has_color));
            let line: ratatui::text::Line<'_> = line.into_parts().into_iter().map(span).collect();
            frame.render_widget(line, row);
        }
    });
    drawn.map(drop)
}

fn shown(style: anstyle::Style, has_color: bool) -> Style {
    let mut shown = Style::new();
    for (effect, modifier) in [(Effects::BOLD, Modifier::BOLD), (Effects::DIMMED, Modifier::DIM)] {
        if style.get_effects().contains(effect) {
            shown = shown.add_modifier(modifier);
        }
    }
    let color = match style.get_fg_color() {
        Some(anstyle::Color::Ansi(AnsiColor::Red)) => Some(Color::Red),
        Some(anstyle::Color::Ansi(AnsiColor::Green)) => Some(Color::Green),
        Some(anstyle::Color::Ansi(AnsiColor::Magenta)) => Some(Color::Magenta),
        _ => None,
    };
    match color.filter(|_| has_color) {
        Some(color) => shown.fg(color),
        None => shown,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};

    use super::*;

    /// The test that the child process of the test below runs.
    const PANICS: &str = "follow::screen::tests::panics_while_the_screen_is_open";

    #[test]
    #[ignore = "the test below runs it in a terminal of its own"]
    fn panics_while_the_screen_is_open() {
        let _screen = Screen::open().unwrap();
        panic!("at the disco");
    }

    #[test]
    fn a_panic_restores_the_terminal_before_it_is_printed() {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "--nocapture", PANICS]);
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut seen = Vec::new();
        // Reading a terminal that no process has open any more ends with an error.
        let _ = pair.master.try_clone_reader().unwrap().read_to_end(&mut seen);
        assert!(!child.wait().unwrap().success());
        let seen = String::from_utf8_lossy(&seen);
        let place = |text: &str| seen.find(text).unwrap_or_else(|| panic!("no {text:?}: {seen}"));
        let (entered, left) = (place("\u{1b}[?1049h"), place("\u{1b}[?1049l"));
        assert!(entered < left && left < place("at the disco"), "{seen}");
        assert!(place("\u{1b}[?25l") < place("\u{1b}[?25h"));
        assert_eq!(seen.matches("\u{1b}[?1049l").count(), 1);
        // In raw mode, a newline would not return to the beginning of the line.
        assert!(seen[left..].contains("\r\n"), "{seen:?}");
    }
}
