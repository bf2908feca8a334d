//! Processes that end with the test that started them.

use std::io::{self, Read};
use std::process::{Child as Process, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::within;

/// A process that is killed when this is dropped, however the test ends.
#[derive(Debug)]
pub struct Child {
    process: Process,
    name: String,
}

impl Child {
    /// Starts `command`.
    ///
    /// # Panics
    ///
    /// Where it cannot be started.
    #[must_use]
    #[track_caller]
    pub fn spawn(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        match command.spawn() {
            Ok(process) => Self { process, name },
            Err(error) => panic!("{name} does not start: {error}"),
        }
    }

    /// Runs `command` to its end, without stdin, and answers with what it wrote.
    ///
    /// # Panics
    ///
    /// Where it cannot be started, or does not end by `deadline`.
    #[track_caller]
    pub fn output(command: &mut Command, deadline: Duration) -> Output {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Self::spawn(command);
        let stdout = read(child.process.stdout.take());
        let stderr = read(child.process.stderr.take());
        let status = child.wait(deadline);
        let [stdout, stderr] = [stdout, stderr].map(|thread| thread.join().unwrap().unwrap());
        Output { status, stdout, stderr }
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// Where it does not end by `deadline`.
    #[track_caller]
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let process = &mut self.process;
        within(deadline, &format!("the end of {}", self.name), || process.try_wait().unwrap())
    }

    /// Asks it to end (SIGTERM), and waits until it did.
    ///
    /// # Panics
    ///
    /// Where it does not end by `deadline`.
    #[track_caller]
    pub fn terminate(&mut self, deadline: Duration) -> ExitStatus {
        // A process that ended by itself is waited for all the same: until then its id is nobody else's.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        self.wait(deadline)
    }
}

/// Reads a pipe to its end, on a thread of its own, so that a process never waits for a reader of the other one.
fn read(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    })
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
