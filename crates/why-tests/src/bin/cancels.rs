//! Cancels operations in every way there is, on the runtime that it is told to, and prints what is recorded of them.
//!
//! Each way is done twice: with a stock `#[instrument(ret)]` and with `#[operation]`. The entity of an operation says in
//! which way it is cancelled. Comments mark the lines that records speak of.

use std::future::{Future, pending};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, abortable, select, select_all, try_join_all};
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::instrument;
use tracing_invocation::{Capture, operation, with_cancel_reason};
use tracing_subscriber::prelude::*;

const SOON: Duration = Duration::from_millis(5);

fn main() -> io::Result<()> {
    let patience = Duration::from_secs(30);
    let capture = Capture::none().with_cause().with_awaiting().with_patience(patience);
    let layer = tracing_invocation::layer().with_capture(capture);
    tracing_subscriber::registry().with(layer).init();
    let is_multi_thread = std::env::args().nth(1).as_deref() == Some("multi-thread");
    cancel_all(is_multi_thread, stock)?;
    cancel_all(is_multi_thread, operated)
}

/// The time that operations wait for.
static HELD: Mutex<()> = Mutex::const_new(());

#[instrument(ret, skip_all, fields(invocation.entity_id = way, invocation.evidence = "ret"))]
async fn stock(way: &'static str) {
    drop(HELD.lock().await); // waits
}

#[operation(entity_id = way)]
async fn operated(way: &'static str) {
    drop(HELD.lock().await); // waits
}

#[instrument(ret, skip_all, fields(invocation.entity_id = "outer", invocation.evidence = "ret"))]
async fn stock_outer<F: Future<Output = ()>>(inside: F) {
    inside.await;
}

#[operation(entity_id = "outer")]
async fn operated_outer<F: Future<Output = ()>>(inside: F) {
    inside.await;
}

fn runtime(is_multi_thread: bool) -> io::Result<Runtime> {
    match is_multi_thread {
        true => Builder::new_multi_thread().worker_threads(2).enable_time().build(),
        false => Builder::new_current_thread().enable_time().build(),
    }
}

fn cancel_all<F>(is_multi_thread: bool, op: fn(&'static str) -> F) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let held = HELD.try_lock();
    let inside = runtime(is_multi_thread)?;
    let all = async move {
        by_timeouts(op).await;
        by_selects(op).await;
        by_siblings(op).await;
        by_aborts(op).await;
        by_sets(op).await;
        by_hand(op).await;
        with_reasons(op).await;
        with_parents(op).await;
    };
    // On a worker of the runtime, where programs are.
    let ended = inside.block_on(inside.spawn(all));
    assert!(ended.is_ok());
    inside.block_on(local(op));
    inside.spawn(op("runtime_shutdown"));
    inside.block_on(async { sleep(SOON).await });
    drop(inside); // drops runtime_shutdown
    elsewhere(op);
    drop(held);
    Ok(())
}

async fn by_timeouts<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    let _ = timeout(SOON, op("timeout")).await; // drops timeout
    let _ = timeout(SOON, async {
        op("timeout_around").await;
    })
    .await; // drops timeout_around
    let _ = timeout_at(Instant::now() + SOON, Box::pin(op("timeout_boxed"))).await; // drops timeout_boxed
    let _ = tokio::spawn(timeout(SOON, op("timeout_spawned"))).await;
    let mut late = Box::pin(timeout(SOON, op("timeout_kept")));
    let _ = late.as_mut().await;
    drop(late); // drops timeout_kept
    let mut never = Box::pin(timeout(Duration::from_secs(60), op("timeout_not_due")));
    let _ = futures::poll!(never.as_mut());
    drop(never); // drops timeout_not_due
    let _ = tracing_invocation::timeout(SOON, op("timeout_of_ours")).await; // drops timeout_of_ours
}

async fn by_selects<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    // drops select
    tokio::select! {
        () = op("select") => {}
        () = sleep(SOON) => {}
    }
    {
        let mut pinned = pin!(op("select_pinned"));
        tokio::select! {
            () = &mut pinned => {}
            () = sleep(SOON) => {}
        }
    } // drops select_pinned
    // drops select_timeout
    tokio::select! {
        _ = timeout(Duration::from_secs(60), op("select_timeout")) => {}
        () = sleep(SOON) => {}
    }
    let _ = select(Box::pin(op("select_function")), Box::pin(sleep(SOON))).await; // drops select_function
    {
        let (one, other) = (op("select_of_futures").fuse(), sleep(SOON).fuse());
        let (mut one, mut other) = (Box::pin(one), Box::pin(other));
        futures::select! { () = one => {}, () = other => {} }
    } // drops select_of_futures
    let both: [BoxFuture<'_, ()>; 2] = [Box::pin(op("select_all")), Box::pin(sleep(SOON))];
    let _ = select_all(both).await; // drops select_all
}

async fn fails() -> Result<(), ()> {
    sleep(SOON).await;
    Err(())
}

async fn by_siblings<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    // drops try_join
    let _ = tokio::try_join!(op("try_join").map(Ok), fails());
    // drops try_join_of_futures
    let _ = futures::try_join!(op("try_join_of_futures").map(Ok::<(), ()>), fails());
    let both: [BoxFuture<'_, Result<(), ()>>; 2] =
        [Box::pin(op("try_join_all").map(Ok)), Box::pin(fails())];
    let _ = try_join_all(both).await; // drops try_join_all
    let panics = async {
        sleep(SOON).await;
        resume_unwind(Box::new(()))
    };
    let panicked = async { tokio::join!(op("unwinding"), panics) }; // drops unwinding
    let _ = AssertUnwindSafe(panicked).catch_unwind().await;
}

async fn by_aborts<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    let task = tokio::spawn(op("abort"));
    sleep(SOON).await;
    task.abort();
    let _ = task.await;
    let mut tasks = JoinSet::new();
    tasks.spawn(op("join_set_abort_all"));
    sleep(SOON).await;
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
    tasks.spawn(op("join_set_dropped"));
    sleep(SOON).await;
    drop(tasks);
    sleep(SOON).await;
    let (future, handle) = abortable(op("abortable"));
    let task = tokio::spawn(future);
    sleep(SOON).await;
    handle.abort();
    let _ = task.await;
}

async fn by_sets<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    let mut set = FuturesUnordered::new();
    set.push(op("set_dropped"));
    let _ = timeout(SOON, set.next()).await;
    drop(set); // drops set_dropped
    let mut set = FuturesUnordered::new();
    set.push(op("set_timeout"));
    let _ = timeout(SOON, async move { set.next().await }).await; // drops set_timeout
}

async fn local<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    let set = LocalSet::new();
    set.spawn_local(op("local_set_dropped"));
    let _ = timeout(SOON, set.run_until(pending::<()>())).await;
    drop(set); // drops local_set_dropped
}

async fn by_hand<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    let mut future = Box::pin(op("by_hand"));
    let _ = futures::poll!(future.as_mut());
    drop(future); // drops by_hand
}

async fn with_reasons<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    let mut future = Box::pin(op("reason"));
    let _ = futures::poll!(future.as_mut());
    with_cancel_reason("the disk is full", || drop(future)); // drops reason
    let token = CancellationToken::new();
    let cancel = async {
        sleep(SOON).await;
        token.cancel();
    };
    tokio::join!(token.run_until_cancelled(op("token")), cancel); // drops token
    let token = CancellationToken::new();
    let cancel = async {
        sleep(SOON).await;
        token.cancel();
    };
    // drops token_of_ours
    tokio::join!(tracing_invocation::until_cancelled(&token, op("token_of_ours")), cancel);
    tracing_invocation::until_shutdown(Box::pin(sleep(SOON)), op("shutdown")).await; // drops shutdown
}

async fn with_parents<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    let _ = timeout(SOON, operated_outer(op("inside_operation"))).await; // drops inside_operation
    let _ = timeout(SOON, stock_outer(op("inside_stock"))).await; // drops inside_stock
    // What times out inside an operation that goes on was not cancelled by it.
    operated_outer(async {
        let _ = timeout(SOON, op("timeout_inside")).await; // drops timeout_inside
    })
    .await;
}

/// On other executors.
fn elsewhere<F: Future<Output = ()> + Send + 'static>(op: fn(&'static str) -> F) {
    let task = smol::spawn(op("smol_cancelled"));
    std::thread::sleep(SOON * 4);
    smol::block_on(task.cancel());
    let task = smol::spawn(op("smol_dropped"));
    std::thread::sleep(SOON * 4);
    drop(task);
    std::thread::sleep(SOON * 4);
    // drops smol_or
    smol::block_on(smol::future::or(op("smol_or"), async {
        smol::Timer::after(SOON).await;
    }));
    futures::executor::block_on(async {
        let mut ready = Box::pin(
            async {
                let _ = smol::Timer::after(SOON).await;
            }
            .fuse(),
        );
        let mut one = Box::pin(op("executor_select").fuse());
        futures::select! { () = one => {}, () = ready => {} }
    }); // drops executor_select
    let mut pool = futures::executor::LocalPool::new();
    let spawned = futures::task::LocalSpawnExt::spawn_local(&pool.spawner(), op("pool_dropped"));
    assert!(spawned.is_ok());
    pool.run_until_stalled();
    drop(pool); // drops pool_dropped
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let mut future = Box::pin(op("unwinding_elsewhere"));
        let _ = future.as_mut().now_or_never();
        resume_unwind(Box::new(()))
    })); // drops unwinding_elsewhere
    assert!(caught.is_err());
}
