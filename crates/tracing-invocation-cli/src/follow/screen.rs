//! The terminal while the view has it, and what it was like before.

use std::io::{self, Stdout, stdout};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anstyle::{AnsiColor, Effects};
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use crate::told::Line;

/// A terminal that only the view writes to. It is as before when this is dropped, or the thread that opened it panics.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    is_open: Arc<AtomicBool>,
    has_color: bool,
}

impl Screen {
    pub(super) fn open() -> io::Result<Self> {
        let is_open = Arc::new(AtomicBool::new(true));
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        enable_raw_mode()?;
        let has_color = anstream::ColorChoice::global() != anstream::ColorChoice::Never;
        let screen = Self { terminal, is_open, has_color };
        screen.restore_on_panic();
        execute!(stdout(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }

    /// How many columns and rows there are.
    pub(super) fn size(&self) -> io::Result<(usize, usize)> {
        let size = self.terminal.size()?;
        Ok((size.width.into(), size.height.into()))
    }

    pub(super) fn draw(&mut self, lines: Vec<Line>) -> io::Result<()> {
        draw(&mut self.terminal, lines, self.has_color)
    }

    /// What is said of a panic is said on the terminal as it was. Other threads cannot restore it: stdout is not theirs.
    fn restore_on_panic(&self) {
        let is_open = Arc::clone(&self.is_open);
        let opened_by = thread::current().id();
        let next = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().id() == opened_by {
                restore(&is_open);
            }
            next(panic);
        }));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore(&self.is_open);
    }
}

/// Undoes what [`Screen::open`] did, once. Where that fails the terminal is gone.
fn restore(is_open: &AtomicBool) {
    if is_open.swap(false, Ordering::Relaxed) {
        let _ = execute!(stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// Draws lines, cut to the width of what they are drawn on.
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
