//! What becomes of records when something goes wrong. docs/RELIABILITY.md says what these tests show.

#![expect(clippy::print_stdout, reason = "what was measured is for who looks at it")]

mod ends;
mod forks;
mod killed;
mod page;
mod pipes;
mod shared;
mod stalls;
mod volume;

use std::fs;
use std::io::{PipeReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use end_to_end::Account;
use serde_json::Value;
use tempfile::TempDir;

/// Long enough for anything that happens at all.
const LONG: Duration = Duration::from_secs(120);

/// A run of the program `load`, and a folder for what it leaves.
struct Load {
    command: Command,
    folder: TempDir,
}

impl Load {
    /// A run with these arguments, separated by spaces. `FOLDER` stands for the run's own folder.
    fn new(args: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_load"));
        command.args(args.replace("FOLDER", path).split_whitespace());
        command.arg(format!("report={path}/report"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { command, folder }
    }

    /// Its stdout goes there.
    fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// Its stderr goes into a file of its own.
    fn stderr_kept(mut self) -> Self {
        let file = fs::File::create(self.path("stderr")).unwrap();
        self.command.stderr(file);
        self
    }

    fn start(mut self) -> Running {
        // With the command go the write ends of pipes that it holds.
        Running { child: Owned(self.command.spawn().unwrap()), folder: self.folder }
    }

    /// Runs it to its end, which is a good one.
    fn finish(self) -> Ended {
        let ended = self.start().wait();
        assert!(ended.status.success(), "{}\n{}", ended.status, ended.stderr());
        ended
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A run that goes on.
struct Running {
    child: Owned,
    folder: TempDir,
}

/// A process that does not outlive its test.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // One that has ended is not there to be killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Whether the run has left the report of this kind.
    fn has_report(&self, kind: &str) -> bool {
        self.folder.path().join(format!("report.{kind}")).exists()
    }

    /// Waits for the report of this kind.
    #[track_caller]
    fn report(&mut self, kind: &str) -> Value {
        until(|| self.has_report(kind) || self.child.0.try_wait().unwrap().is_some());
        read_report(&self.folder, kind)
    }

    fn wait(mut self) -> Ended {
        let mut status = None;
        until(|| {
            status = self.child.0.try_wait().unwrap();
            status.is_some()
        });
        Ended { status: status.unwrap(), folder: self.folder }
    }
}

/// A run that has ended.
struct Ended {
    status: ExitStatus,
    folder: TempDir,
}

impl Ended {
    #[track_caller]
    fn report(&self, kind: &str) -> Value {
        read_report(&self.folder, kind)
    }

    /// The counters of its only output.
    #[track_caller]
    fn counters(&self) -> Counted {
        Counted::of(&self.report("account")["counters"])
    }

    fn stderr(&self) -> String {
        fs::read_to_string(self.path("stderr")).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The counters of a load with one output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counted {
    recorded: u64,
    written: u64,
    dropped: u64,
    queued: u64,
    loss_records: u64,
}

impl Counted {
    fn of(counters: &Value) -> Self {
        let output = &counters["outputs"][0];
        let dropped = output["dropped"].as_object().unwrap();
        Self {
            recorded: counters["recorded"].as_u64().unwrap(),
            written: output["written"].as_u64().unwrap(),
            dropped: dropped.values().map(|count| count.as_u64().unwrap()).sum(),
            queued: output["queued"].as_u64().unwrap(),
            loss_records: output["loss_records"].as_u64().unwrap(),
        }
    }
}

#[track_caller]
fn read_report(folder: &TempDir, kind: &str) -> Value {
    let text = fs::read(folder.path().join(format!("report.{kind}")));
    let text = text.unwrap_or_else(|error| panic!("no report of {kind}: {error}"));
    serde_json::from_slice(&text).unwrap()
}

/// Waits until it is so, for another process: no longer than [`LONG`].
#[track_caller]
fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < LONG, "still waiting");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Reads a pipe to its end, and keeps account of it.
fn read_all(mut pipe: PipeReader) -> Account {
    let mut account = Account::default();
    let mut bytes = vec![0; 1 << 20];
    let mut filled = 0;
    loop {
        let read = pipe.read(&mut bytes[filled..]).unwrap();
        filled += read;
        let is_over = read == 0;
        let whole = match bytes[..filled].iter().rposition(|byte| *byte == b'\n') {
            Some(end) if !is_over => end + 1,
            _ if is_over => filled,
            _ => 0,
        };
        account.take(&bytes[..whole]);
        bytes.copy_within(whole..filled, 0);
        filled -= whole;
        if is_over {
            return account;
        }
    }
}

/// What is in a file.
fn account_of(path: &Path) -> Account {
    let mut account = Account::default();
    account.take(&fs::read(path).unwrap());
    account
}
