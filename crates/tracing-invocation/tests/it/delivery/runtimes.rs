//! The end of a log whose guard is dropped inside a tokio runtime, before that cancels its tasks.

use std::future::pending;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tracing::info_span;
use tracing::instrument::WithSubscriber as _;
use tracing_invocation::sink::{Output, Queue};
use tracing_invocation::{FutureExt as _, layer, operation};
use tracing_subscriber::prelude::*;

use super::super::hostile::tools::{alone, stderr_of};
use super::{Kept, succeed};
use crate::support::poll_once;

/// Says that it runs, and goes on for ever.
#[operation]
async fn serve(begun: Arc<Notify>) {
    begun.notify_one();
    pending().await
}

/// Begins a task that goes on for ever, and waits until it runs.
async fn begin_serving() {
    let begun = Arc::new(Notify::new());
    tokio::spawn(serve(Arc::clone(&begun)).with_current_subscriber());
    begun.notified().await;
}

fn runtimes() -> [Runtime; 2] {
    let (mut current, mut multi) = (Builder::new_current_thread(), Builder::new_multi_thread());
    [current.build().unwrap(), multi.worker_threads(2).build().unwrap()]
}

/// Runs `body` as the program of a thread of its own, which drops the runtime behind it, as `#[tokio::main]` does.
fn as_main(runtime: Runtime, body: impl Future<Output = ()> + Send + 'static) {
    thread::spawn(move || {
        runtime.block_on(body);
        drop(runtime);
    })
    .join()
    .unwrap();
}

#[test]
fn what_a_runtime_cancels_after_the_guard_is_cancelled_and_what_is_open_then_is_unknown() {
    for runtime in runtimes() {
        let kept = Kept::new();
        let layer = layer().with_sink(Output::new(kept.clone()).with_queue(Queue::new(100)));
        let written = kept.clone();
        as_main(runtime, async move {
            let guard = layer.guard();
            let subscriber = tracing_subscriber::registry().with(layer);
            let program = async move {
                begin_serving().await;
                let mut leaked = Box::pin(pending::<()>().operation(info_span!("leaked")));
                assert!(poll_once(leaked.as_mut()).is_pending());
                std::mem::forget(leaked);
                drop(guard);
                assert_eq!(written.told(), ["serve invoke", "leaked invoke"], "flushed at once");
                succeed();
            };
            program.with_subscriber(subscriber).await;
        });
        let begun = ["serve invoke", "leaked invoke", "end invoke", "end success"];
        assert_eq!(kept.told(), [&begun[..], &["serve cancelled", "leaked unknown"]].concat());
        let unknown = kept.records().pop().unwrap();
        assert_eq!(unknown.payload["unknown_reason"], "process exit");
    }
}

#[test]
fn a_guard_that_is_dropped_in_a_panic_inside_a_runtime_ends_the_log_as_well() {
    for runtime in runtimes() {
        let kept = Kept::new();
        let layer = layer().with_sink(kept.clone());
        let main = thread::spawn(move || {
            runtime.block_on(async move {
                let _guard = layer.guard();
                let subscriber = tracing_subscriber::registry().with(layer);
                begin_serving().with_subscriber(subscriber).await;
                std::panic::resume_unwind(Box::new("the program failed"));
            });
        });
        assert!(main.join().is_err());
        assert_eq!(kept.told(), ["serve invoke", "serve cancelled"]);
    }
}

#[test]
fn a_guard_that_is_dropped_in_a_task_ends_the_log_at_once_and_says_what_to_write() {
    let output = alone(|| {
        let kept = Kept::new();
        let layer = layer().with_sink(kept.clone());
        let guard = layer.guard();
        let quiet = layer.guard();
        tracing_subscriber::registry().with(layer).init();
        let [_, runtime] = runtimes();
        runtime.block_on(async {
            tokio::spawn(async move { drop(quiet) }).await.unwrap();
            begin_serving().await;
            tokio::spawn(async move { drop(guard) }).await.unwrap();
        });
        drop(runtime);
        assert_eq!(kept.told(), ["serve invoke", "serve unknown"]);
    });
    if let Some(output) = output {
        let [said] = &stderr_of(output)[..] else { panic!("said once") };
        assert!(said.contains("the guard was dropped inside a tokio runtime"), "{said}");
        assert!(said.contains("`let _guard = layer.guard();` in `fn main()`"), "{said}");
    }
}
