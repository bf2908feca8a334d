//! Running a program: each call is a real instrumented function.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use tracing::Instrument as _;
use tracing::instrument;
use tracing_invocation::operation;

use super::model::{Cause, Ledger, Style, Watched};
use super::{End, Place, Program, Step, Then};

type Call = Pin<Box<dyn Future<Output = Result<u8, u8>> + Send>>;

/// What all operations of a program share.
#[derive(Clone, Default)]
pub(crate) struct World {
    ledger: Arc<Mutex<Ledger>>,
}

#[instrument(ret, err, skip_all, fields(invocation.evidence = "ret, err", number = number))]
async fn marked(number: u64, body: impl Future<Output = Result<u8, u8>>) -> Result<u8, Code> {
    body.await.map_err(Code)
}

#[instrument(ret, err, skip_all, fields(number = number))]
async fn returning(number: u64, body: impl Future<Output = Result<u8, u8>>) -> Result<u8, Code> {
    body.await.map_err(Code)
}

#[instrument(skip_all, fields(number = number))]
async fn bare(number: u64, body: impl Future<Output = Result<u8, u8>>) -> Result<u8, Code> {
    body.await.map_err(Code)
}

#[operation(fields(number))]
async fn exact(number: u64, body: impl Future<Output = Result<u8, u8>>) -> Result<u8, Code> {
    body.await.map_err(Code)
}

#[operation(fields(number))]
fn sync_exact(number: u64, end: End) -> Result<u8, Code> {
    finish(end).map_err(Code)
}

#[instrument(ret, err, skip_all, fields(invocation.evidence = "ret, err", number = number))]
fn sync_marked(number: u64, end: End) -> Result<u8, Code> {
    finish(end).map_err(Code)
}

#[instrument(ret, err, skip_all, fields(number = number))]
fn sync_returning(number: u64, end: End) -> Result<u8, Code> {
    finish(end).map_err(Code)
}

#[instrument(skip_all, fields(number = number))]
fn sync_bare(number: u64, end: End) -> Result<u8, Code> {
    finish(end).map_err(Code)
}

/// An error whose text is its code.
#[derive(Debug)]
struct Code(u8);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "code {}", self.0)
    }
}

/// Ends without waiting. Unwinds without the panic hook, which would print thousands of messages.
fn finish(end: End) -> Result<u8, u8> {
    match end {
        End::Ok | End::Never => Ok(0),
        End::Err(code) => Err(code),
        End::Panic => resume_unwind(Box::new("panicked on purpose")),
    }
}

impl World {
    pub(crate) fn into_ledger(self) -> Ledger {
        std::mem::take(&mut self.ledger.lock().unwrap())
    }

    /// A watched call of an instrumented function that runs `program`.
    pub(crate) fn call(&self, program: Program, parent: Option<u64>) -> Call {
        let style = program.style;
        let number = self.ledger.lock().unwrap().begin(style, parent);
        let body = self.clone().body(program, number);
        let call = async move {
            let result = match style {
                Style::Marked => marked(number, body).await,
                Style::Returning => returning(number, body).await,
                Style::Bare => bare(number, body).await,
                Style::Exact => exact(number, body).await,
            };
            result.map_err(|Code(code)| code)
        };
        Box::pin(Watched::new(call, number, style, Arc::clone(&self.ledger)))
    }

    async fn body(self, program: Program, number: u64) -> Result<u8, u8> {
        let me = Some(number);
        for step in program.steps {
            match step {
                Step::Yield => yield_now().await,
                Step::Sleep(millis) => sleep(Duration::from_millis(millis.into())).await,
                Step::Call(inner) => drop(self.call(inner, me).await),
                Step::Try(inner) => drop(self.call(inner, me).await?),
                Step::Catch(inner) => drop(catch(self.call(inner, me)).await),
                Step::Sync(style, end) => self.call_sync(style, end, me),
                Step::Timeout(millis, inner) => {
                    let limit = Duration::from_millis(millis.into());
                    drop(timeout(limit, self.call(inner, me)).await);
                }
                Step::Select(a, b) => tokio::select! {
                    _ = self.call(a, me) => {}
                    _ = self.call(b, me) => {}
                },
                Step::TryJoin(a, b) => {
                    tokio::try_join!(self.call(a, me), self.call(b, me))?;
                }
                Step::Spawn { child, place, then } => self.spawn(child, place, then, number).await,
            }
        }
        match program.end {
            End::Never => std::future::pending().await,
            end => finish(end),
        }
    }

    fn call_sync(&self, style: Style, end: End, parent: Option<u64>) {
        let number = self.ledger.lock().unwrap().begin(style, parent);
        let result = catch_unwind(|| match style {
            Style::Marked => sync_marked(number, end),
            Style::Returning => sync_returning(number, end),
            Style::Bare => sync_bare(number, end),
            Style::Exact => sync_exact(number, end),
        });
        let mut ledger = self.ledger.lock().unwrap();
        match result {
            Ok(result) => ledger.returned(number, style, result.map_err(|Code(code)| code)),
            Err(_) => ledger.failed(number, Cause::Panic),
        }
    }

    async fn spawn(&self, child: Program, place: Place, then: Then, number: u64) {
        let call = self.call(child, (place != Place::Apart).then_some(number));
        let span = match place {
            Place::Apart => tracing::Span::none(),
            Place::Below => {
                self.ledger.lock().unwrap().task_below();
                // A span that no layer wants does not exist, and what is inside is linked to nothing.
                tracing::info_span!("task", invocation.record = false)
            }
            Place::Inside => tracing::Span::current(),
        };
        let mut call: Call = Box::pin(call.instrument(span));
        if place == Place::Inside {
            let ledger = Arc::clone(&self.ledger);
            ledger.lock().unwrap().task_inside(number);
            call = Box::pin(on_panic(call, move || ledger.lock().unwrap().panicked_inside(number)));
        }
        let task = tokio::spawn(call);
        match then {
            Then::Await => drop(task.await),
            Then::Abort => task.abort(),
            Then::AbortAfterOnePoll => {
                yield_now().await;
                task.abort();
                drop(task.await);
            }
            Then::Detach => {}
        }
    }
}

/// The answer of a call, or `None` when it panicked.
async fn catch(mut call: Call) -> Option<Result<u8, u8>> {
    poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// The answer of a call; tells `noted` when it panicked.
async fn on_panic(call: Call, noted: impl FnOnce()) -> Result<u8, u8> {
    catch(call).await.unwrap_or_else(|| {
        noted();
        resume_unwind(Box::new("panicked on purpose"))
    })
}
