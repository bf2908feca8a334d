//! Every way to be cancelled, and for contrast the other ways to end.
//!
//! Most operations are `#[operation]`; `cascade_middle`, `completed` and `sync_err` are stock `#[instrument]`, which
//! tells the same. The time is tokio's own and paused, so that a timeout fires as soon as nothing else is left to do.

use std::future::{Future as _, pending, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;
use tokio::{select, try_join};
use tracing::{info_span, instrument};
use tracing_invocation::{FutureExt as _, operation};

const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> io::Result<()> {
    tracing_invocation::init();
    let runtime = paused_runtime()?;

    runtime.block_on(async {
        by_timeout().await;
        by_losing_a_select().await;
        by_abort().await;
        by_dropping_a_join_set().await;
    });
    by_shutdown_of_the_runtime()?;
    runtime.block_on(async {
        by_failure_of_a_sibling().await;
        by_hand();
        along_with_the_outer_operations().await;
        not_cancelled().await;
    });
    Ok(())
}

fn paused_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_time().start_paused(true).build()
}

/// An operation that says when it has begun and never ends by itself.
async fn wait(name: &str, begun: Arc<Notify>) {
    let forever = async {
        begun.notify_one();
        pending().await
    };
    forever.operation(info_span!("wait", invocation.name = name)).await
}

async fn by_timeout() {
    let late = timeout(PATIENCE, wait("timeout", Arc::default())).await;
    assert!(late.is_err());
}

async fn by_losing_a_select() {
    select! {
        biased;
        () = wait("select_loser", Arc::default()) => {}
        () = ready(()) => {}
    }
}

async fn by_abort() {
    let begun = Arc::<Notify>::default();
    let task = tokio::spawn(wait("abort", begun.clone()));
    begun.notified().await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));
}

async fn by_dropping_a_join_set() {
    let begun = Arc::<Notify>::default();
    let mut tasks = JoinSet::new();
    let task = tasks.spawn(wait("join_set_dropped", begun.clone()));
    begun.notified().await;
    drop(tasks);
    // The set only asks for it; the runtime drops the task when its turn comes.
    while !task.is_finished() {
        yield_now().await;
    }
}

fn by_shutdown_of_the_runtime() -> io::Result<()> {
    let begun = Arc::<Notify>::default();
    let runtime = paused_runtime()?;
    runtime.spawn(wait("runtime_shutdown", begun.clone()));
    runtime.block_on(begun.notified());
    drop(runtime);
    Ok(())
}

async fn by_failure_of_a_sibling() {
    let joined = try_join!(
        biased;
        async {
            wait("sibling_failed", Arc::default()).await;
            Ok(())
        },
        async { Err::<(), _>("the other one failed") },
    );
    assert!(joined.is_err());
}

fn by_hand() {
    let mut operation = Box::pin(wait("dropped_by_hand", Arc::default()));
    let polled = operation.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    drop(operation);
}

/// One cancellation, reported in full once: by the innermost operation.
async fn along_with_the_outer_operations() {
    let late = timeout(PATIENCE, cascade_outer("report-7")).await;
    assert!(late.is_err());
}

#[operation(entity_id = report)]
async fn cascade_outer(report: &str) {
    cascade_middle(report).await
}

#[instrument(ret, skip_all, fields(invocation.entity_id = report, invocation.evidence = "ret"))]
async fn cascade_middle(report: &str) {
    cascade_inner(report).await
}

#[operation(entity_id = report)]
async fn cascade_inner(report: &str) {
    pending().await
}

async fn not_cancelled() {
    assert!(completed("report-8").await.is_ok());
    assert!(failed("report-9").await.is_err());
    let task = tokio::spawn(panicked("report-10"));
    assert!(task.await.is_err_and(|error| error.is_panic()));
    assert!(sync_ok("report-11").is_ok());
    assert!(sync_err("report-12").is_err());
}

#[instrument(ret, err, skip_all, fields(invocation.entity_id = report, invocation.evidence = "ret, err"))]
async fn completed(report: &str) -> Result<usize, String> {
    yield_now().await;
    Ok(report.len())
}

#[operation(entity_id = report)]
async fn failed(report: &str) -> Result<usize, String> {
    yield_now().await;
    Err(format!("{report} has no pages"))
}

#[operation(entity_id = report)]
async fn panicked(report: &str) -> Result<usize, String> {
    yield_now().await;
    #[expect(clippy::panic, reason = "this operation is there to panic")]
    {
        panic!("{report} is torn")
    }
}

#[operation(entity_id = report)]
fn sync_ok(report: &str) -> Result<usize, String> {
    Ok(report.len())
}

#[instrument(ret, err, skip_all, fields(invocation.entity_id = report, invocation.evidence = "ret, err"))]
fn sync_err(report: &str) -> Result<usize, String> {
    Err(format!("{report} has no pages"))
}
