//! Finding the names of functions, on a thread of its own.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Stack;
use super::frames::Frame;
use crate::payload::text::quietly;

/// The frames of a stack with their names, the innermost first: functions that were inlined have a frame, too.
pub(crate) type Frames = Arc<[Frame]>;

/// Stacks and addresses that are remembered, and stacks that may wait.
const STACKS: usize = 1_024;
const ADDRESSES: usize = 16_384;
const WAITING: usize = 256;

struct Reader {
    questions: SyncSender<Question>,
    known: Arc<Mutex<HashMap<Stack, Frames>>>,
}

struct Question {
    stack: Stack,
    answer: SyncSender<Frames>,
}

static READER: OnceLock<Option<Reader>> = OnceLock::new();

/// Has names looked up from now on: starts the thread, which finds its first name at once, as that takes longest.
pub(crate) fn start() {
    let _ = reader();
}

fn reader() -> Option<&'static Reader> {
    let start = || {
        let (questions, asked) = mpsc::sync_channel(WAITING);
        let known = Arc::<Mutex<HashMap<_, _>>>::default();
        let answers = Arc::clone(&known);
        let thread = thread::Builder::new().name("invocation-names".to_owned());
        // Without a thread nothing is known.
        thread.spawn(move || answer(&asked, &answers)).ok()?;
        Some(Reader { questions, known })
    };
    READER.get_or_init(start).as_ref()
}

/// The frames of `stack`, if their names are found by `until`. Never looks them up on the calling thread.
pub(crate) fn frames(stack: &Stack, until: Instant) -> Option<Frames> {
    let reader = reader()?;
    let known = reader.known.lock().unwrap_or_else(PoisonError::into_inner).get(stack).cloned();
    if known.is_some() {
        return known;
    }
    let (answer, found) = mpsc::sync_channel(1);
    reader.questions.try_send(Question { stack: stack.clone(), answer }).ok()?;
    found.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
}

/// Until when names may be waited for.
pub(crate) fn deadline(patience: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(patience).unwrap_or(now)
}

fn answer(asked: &Receiver<Question>, answers: &Mutex<HashMap<Stack, Frames>>) {
    let mut names = HashMap::new();
    look_up_all(&Stack::here(), &mut names);
    for Question { stack, answer } in asked {
        let known = answers.lock().unwrap_or_else(PoisonError::into_inner).get(&stack).cloned();
        let frames = known.unwrap_or_else(|| {
            let frames = look_up_all(&stack, &mut names);
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.len() >= STACKS {
                answers.clear();
            }
            answers.insert(stack, Arc::clone(&frames));
            frames
        });
        // Whoever asked may have lost patience.
        let _ = answer.try_send(frames);
    }
}

fn look_up_all(stack: &Stack, names: &mut HashMap<usize, Vec<Frame>>) -> Frames {
    if names.len() >= ADDRESSES {
        names.clear();
    }
    let addresses = stack.addresses().iter();
    let frames = addresses
        .flat_map(|&address| names.entry(address).or_insert_with(|| look_up(address)).clone());
    frames.collect()
}

/// The frames at an address. One whose name is not known is among them, too, without a name.
fn look_up(address: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    let resolved = quietly(|| {
        backtrace::resolve(std::ptr::without_provenance_mut(address), |symbol| {
            frames.push(Frame::new(
                symbol.name().map(|name| format!("{name:#}")).unwrap_or_default(),
                symbol
                    .filename()
                    .map(|file| file.to_string_lossy().replace('\\', "/"))
                    .unwrap_or_default(),
                symbol.lineno().unwrap_or_default(),
                symbol.colno().unwrap_or_default(),
            ));
        });
    });
    if resolved.is_none() || frames.is_empty() {
        frames = vec![Frame::default()];
    }
    frames
}
