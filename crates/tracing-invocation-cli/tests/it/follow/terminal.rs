//! The view, in a terminal of its own.
#![cfg(unix)]

use std::io::{Read as _, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::{Logs, wait_until};
use crate::support::{call, lines};

/// A shell in a terminal, which runs the program and says afterwards what is left of the terminal.
struct Terminal {
    screen: Arc<Mutex<vt100::Parser>>,
    pty: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    shell: Box<dyn Child + Send + Sync>,
}

const SIZE: PtySize = PtySize { rows: 24, cols: 100, pixel_width: 0, pixel_height: 0 };

impl Terminal {
    fn start(logs: &Logs, line: &str) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = CommandBuilder::new("sh");
        let program = env!("CARGO_BIN_EXE_invocations");
        let line = line.replace("invocations", &format!("'{program}'"));
        command.args(["-c", &format!("{line}; echo \"code=$?\"; stty -a | tr ' ;' '\\n\\n' | grep -x -e '-\\?icanon' -e '-\\?echo' -e '-\\?isig'; echo over; read wait")]);
        command.cwd(logs.0.path());
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        let shell = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let screen = Arc::new(Mutex::new(emulator(SIZE.rows, SIZE.cols)));
        let shown = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                shown.lock().unwrap().process(&piece[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { screen, pty: pair.master, keys, shell }
    }

    fn shown(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        let began = std::time::Instant::now();
        while !self.shown().contains(text) {
            assert!(began.elapsed() < super::PATIENCE, "no {text:?} in\n{}", self.shown());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn resize(&self, columns: u16, rows: u16) {
        *self.screen.lock().unwrap() = emulator(rows, columns);
        self.pty.resize(PtySize { rows, cols: columns, ..SIZE }).unwrap();
    }

    /// Waits for the end of the program, and says what is then on the terminal, which has to be as it was.
    #[track_caller]
    fn left(mut self) -> String {
        self.wait_for("over");
        let screen = self.screen.lock().unwrap();
        assert!(!screen.screen().alternate_screen(), "the alternate screen is left");
        assert!(!screen.screen().hide_cursor(), "the cursor is back");
        let left = screen.screen().contents();
        drop(screen);
        self.press("\n");
        wait_until("the shell ends", || self.shell.try_wait().unwrap().is_some());
        for mode in ["\nicanon", "\necho", "\nisig"] {
            assert!(left.contains(mode), "{mode:?} is back: {left}");
        }
        left
    }
}

fn emulator(rows: u16, columns: u16) -> vt100::Parser {
    let size = |cells| NonZero::new(cells).unwrap();
    vt100::Parser::new(size(rows), size(columns), 0)
}

fn declined() -> String {
    lines(&[call("charge", 2).on("order-7").failed(9, "Declined", "no funds")])
}

#[test]
fn a_failure_is_seen_and_ctrl_c_leaves_the_terminal_as_it_was() {
    let logs = Logs::new();
    logs.append(&[call("place", 1).invoke()]);
    let mut terminal = Terminal::start(&logs, "invocations follow app.jsonl");
    terminal.wait_for("0 records");
    assert!(terminal.screen.lock().unwrap().screen().alternate_screen());
    super::append(&logs.path("app.jsonl"), &declined());
    terminal.wait_for("✗ failed    shop charge order-7  9.00 ms  Declined: no funds");
    terminal.press("\u{3}");
    let left = terminal.left();
    assert!(left.contains("code=0"), "{left}");
    assert!(left.contains("invocations: 1 record in"), "{left}");
    assert!(!left.contains("In flight"), "{left}");
}

#[test]
fn q_and_signals_leave_the_terminal_as_it_was() {
    for how in ["q", "INT", "TERM", "HUP"] {
        let logs = Logs::new();
        logs.append(&[]);
        let line = "invocations follow --from-start app.jsonl & echo $! >id; wait $!";
        let line = if how == "q" { "invocations follow --from-start app.jsonl" } else { line };
        // A shell without job control gives what runs in the background no keyboard.
        let line = line.replace("app.jsonl &", "app.jsonl </dev/tty &");
        let mut terminal = Terminal::start(&logs, &line);
        terminal.wait_for("0 records");
        if how == "q" {
            terminal.press("q");
        } else {
            let id = std::fs::read_to_string(logs.path("id")).unwrap();
            let kill =
                std::process::Command::new("kill").arg(format!("-{how}")).arg(id.trim()).status();
            assert!(kill.unwrap().success());
        }
        let left = terminal.left();
        assert!(left.contains("code=0"), "{how}: {left}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_was_stopped_and_goes_on_has_the_terminal_again() {
    let logs = Logs::new();
    logs.append(&[]);
    let line = "invocations follow --from-start app.jsonl </dev/tty & echo $! >id; wait $!";
    let mut terminal = Terminal::start(&logs, line);
    terminal.wait_for("0 records");
    let id = std::fs::read_to_string(logs.path("id")).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let status = std::process::Command::new(program).args(arguments).status();
        assert!(status.unwrap().success(), "{program} {arguments:?}");
    };
    run("kill", &["-STOP", id.trim()]);
    // As a shell has it.
    let tty = terminal.pty.tty_name().unwrap();
    run("stty", &["-F", tty.to_str().unwrap(), "sane"]);
    terminal.screen.lock().unwrap().process(b"\x1b[?1049l\x1b[2J\x1b[?25h$ ");
    run("kill", &["-CONT", id.trim()]);
    terminal.wait_for("0 records");
    // Without a newline.
    terminal.press("q");
    assert!(terminal.left().contains("code=0"));
}

#[test]
fn keys_are_read_where_stdin_is_the_log() {
    let logs = Logs::new();
    super::append(&logs.path("app.jsonl"), &declined());
    let mut terminal = Terminal::start(&logs, "cat app.jsonl | invocations follow");
    terminal.wait_for("stdin (ended)");
    terminal.wait_for("Declined: no funds");
    terminal.press("q");
    assert!(terminal.left().contains("code=0"));
}

#[test]
fn the_view_ends_with_the_log_where_that_is_asked_for() {
    let logs = Logs::new();
    super::append(&logs.path("app.jsonl"), &declined());
    let terminal = Terminal::start(&logs, "cat app.jsonl | invocations follow --exit-at-end");
    let left = terminal.left();
    assert!(left.contains("1 record in") && left.contains("1 failed"), "{left}");
}

#[test]
fn the_view_follows_the_size_of_the_terminal() {
    let logs = Logs::new();
    super::append(&logs.path("app.jsonl"), &declined());
    let mut terminal = Terminal::start(&logs, "invocations follow --from-start app.jsonl");
    terminal.wait_for("Operations");
    terminal.resize(10, 3);
    terminal.wait_for("✗ 1 ⊘ 0");
    terminal.resize(1, 1);
    terminal.resize(120, 30);
    terminal.wait_for("? unknown");
    terminal.press("q");
    assert!(terminal.left().contains("code=0"));
}

#[test]
fn a_terminal_without_a_screen_has_lines() {
    let logs = Logs::new();
    super::append(&logs.path("app.jsonl"), &declined());
    let line = "TERM=dumb invocations follow --from-start --exit-at-end app.jsonl";
    let left = Terminal::start(&logs, line).left();
    assert!(
        left.contains("✗ failed    shop charge order-7  9.00 ms  Declined: no funds"),
        "{left}"
    );
}

#[test]
fn what_others_write_to_the_terminal_is_drawn_over() {
    let logs = Logs::new();
    super::append(&logs.path("app.jsonl"), &declined());
    let scribbled = "\u{1b}[20;10Hscribbled";
    let scribble = |terminal: &Terminal| {
        terminal.screen.lock().unwrap().process(scribbled.as_bytes());
        assert!(terminal.shown().contains("scribbled"));
    };
    let wiped = |terminal: &Terminal| !terminal.shown().contains("scribbled");

    let mut terminal = Terminal::start(&logs, "invocations follow app.jsonl");
    terminal.wait_for("0 records");
    scribble(&terminal);
    terminal.press("\u{c}");
    wait_until("it is drawn anew", || wiped(&terminal));
    terminal.press("q");
    terminal.left();

    // A program whose log comes through a pipe may write there at any time.
    let mut terminal = Terminal::start(&logs, "cat app.jsonl | invocations follow");
    terminal.wait_for("Declined: no funds");
    scribble(&terminal);
    wait_until("it is drawn anew", || wiped(&terminal));
    terminal.press("q");
    terminal.left();
}

#[test]
fn what_was_counted_can_be_cleared() {
    let logs = Logs::new();
    super::append(&logs.path("app.jsonl"), &(lines(&[call("place", 1).invoke()]) + &declined()));
    let mut terminal = Terminal::start(&logs, "invocations follow --from-start app.jsonl");
    terminal.wait_for("2 records");
    terminal.press("c");
    terminal.wait_for("In flight  0");
    terminal.wait_for("0 records");
    terminal.press("q");
    terminal.left();
}

#[test]
fn a_terminal_is_no_log() {
    let terminal = Terminal::start(&Logs::new(), "invocations follow");
    let left = terminal.left();
    assert!(left.contains("stdin is a terminal, not a log: name the files to follow"), "{left}");
    assert!(left.contains("code=2"), "{left}");
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let logs = Logs::new();
    super::append(&logs.path("app.jsonl"), &declined());
    let pair = native_pty_system().openpty(SIZE).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_invocations"));
    command.args(["follow", "--from-start", "app.jsonl"]);
    command.cwd(logs.0.path());
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut piece = [0; 64];
    pair.master.try_clone_reader().unwrap().read_exact(&mut piece).unwrap();
    drop(pair.master);
    let mut code = None;
    wait_until("it ends", || {
        code = child.try_wait().unwrap().map(|status| status.exit_code());
        code.is_some()
    });
    assert_eq!(code, Some(0));
}
