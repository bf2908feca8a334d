//! Where the records of the load go.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex};

use end_to_end::{Account, Tally};
use tracing_invocation::sink::{self, Callback, JsonLines, Line, Output, Sink};

use super::plan::{Plan, SinkKind};

/// The output that the plan wants, and what the program knows of its sink.
pub(crate) fn output(plan: &Plan) -> (Output, Known) {
    let known = Known { is_held: Arc::new((Mutex::new(plan.is_held), Condvar::new())), kept: None };
    let is_held = Arc::clone(&known.is_held);
    let (output, known) = match &plan.sink {
        SinkKind::Stdout => (held(JsonLines::new(io::stdout), is_held), known),
        SinkKind::Append(path) => {
            let file = File::options().append(true).create(true).open(path).unwrap();
            (held(JsonLines::new(Arc::new(file)), is_held), known)
        }
        SinkKind::File(path) => (held(sink::File::open(path).unwrap(), is_held), known),
        SinkKind::Memory => {
            let memory = Arc::new(Mutex::new(Vec::new()));
            let writer = Arc::clone(&memory);
            let sink = JsonLines::new(move || Memory(Arc::clone(&writer)));
            (held(sink, is_held), Known { kept: Some(Kept::Memory(memory)), ..known })
        }
        SinkKind::Callback => {
            let account = Arc::new(Mutex::new(Account::default()));
            let place = Arc::clone(&account);
            let sink = Callback::new(move |line| {
                place.lock().unwrap().take_line(line.bytes());
                Ok(())
            });
            (held(sink, is_held), Known { kept: Some(Kept::Account(account)), ..known })
        }
    };
    match plan.queue {
        Some(queue) => (output.with_queue(queue), known),
        None => (output, known),
    }
}

fn held(sink: impl Sink + 'static, is_held: Arc<(Mutex<bool>, Condvar)>) -> Output {
    Output::new(Held { sink, is_held })
}

/// What the program knows of its sink.
pub(crate) struct Known {
    is_held: Arc<(Mutex<bool>, Condvar)>,
    kept: Option<Kept>,
}

enum Kept {
    Memory(Arc<Mutex<Vec<u8>>>),
    Account(Arc<Mutex<Account>>),
}

impl Known {
    /// Lets the sink take records, where it was held.
    pub(crate) fn release(&self) {
        *self.is_held.0.lock().unwrap() = false;
        self.is_held.1.notify_all();
    }

    /// What a sink inside this process took.
    pub(crate) fn tally(&self) -> Option<Tally> {
        self.kept.as_ref().map(|kept| match kept {
            Kept::Memory(memory) => {
                let mut account = Account::default();
                account.take(&memory.lock().unwrap());
                account.tally().clone()
            }
            Kept::Account(account) => account.lock().unwrap().tally().clone(),
        })
    }
}

/// A sink that takes nothing for as long as it is held.
struct Held<S> {
    sink: S,
    is_held: Arc<(Mutex<bool>, Condvar)>,
}

impl<S: Sink> Sink for Held<S> {
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let (is_held, released) = &*self.is_held;
        drop(released.wait_while(is_held.lock().unwrap(), |is_held| *is_held).unwrap());
        self.sink.write(line)
    }

    fn name(&self) -> String {
        self.sink.name()
    }

    fn flush(&self) -> io::Result<()> {
        self.sink.flush()
    }
}

struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
