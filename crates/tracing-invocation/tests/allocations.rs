//! What it costs to be an operation while nothing is recorded. A program of its own, as its allocator counts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use futures_core::Stream;
use tracing::info_span;
use tracing_invocation::testing::capture;
use tracing_invocation::{FutureExt as _, StreamExt as _, operation};
use tracing_subscriber::registry;

/// Polls before anything is counted: what is set up once is set up then.
const WARM_UP: usize = 3;

/// Never ready.
async fn wait() {
    poll_fn(|_| Poll::Pending).await
}

#[operation(fields(id), args(id), result)]
async fn run(id: u32) -> Result<u32, String> {
    wait().await;
    Ok(id)
}

#[operation(live(id))]
async fn run_live(id: u32) -> Result<u32, String> {
    wait().await;
    Ok(id)
}

#[track_caller]
fn assert_pending_polls_allocate_nothing<F: Future>(begin: impl FnOnce() -> F) {
    let log = capture();
    let mut future = pin!(begin());
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..WARM_UP {
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
    for _ in 0..3 {
        let counted = measure(|| assert!(future.as_mut().poll(&mut context).is_pending()));
        assert_eq!(counted.count_total, 0);
    }
    assert!(!log.open().is_empty());
}

#[test]
fn a_pending_poll_allocates_nothing() {
    assert_pending_polls_allocate_nothing(|| wait().operation(info_span!("run")));
    assert_pending_polls_allocate_nothing(|| run(1));
    assert_pending_polls_allocate_nothing(|| run_live(1));
    assert_pending_polls_allocate_nothing(|| run(1).operation(info_span!("outer")));
}

#[test]
fn an_item_of_a_stream_allocates_nothing() {
    struct Numbers;
    impl Stream for Numbers {
        type Item = u32;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
            Poll::Ready(Some(1))
        }
    }
    let log = capture();
    let mut stream = pin!(Numbers.operation_stream(info_span!("numbers")));
    let mut context = Context::from_waker(Waker::noop());
    let mut next = || assert_eq!(stream.as_mut().poll_next(&mut context), Poll::Ready(Some(1)));
    (0..WARM_UP).for_each(|_| next());
    assert_eq!(measure(next).count_total, 0);
    assert_eq!(log.open().len(), 1);
}

#[test]
fn what_nobody_listens_to_allocates_nothing() {
    let begin = || {
        let mut future = pin!(run(1));
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
    };
    begin();
    assert_eq!(measure(begin).count_total, 0);
}

/// Runs `program` with records that go nowhere.
fn with_records_written<T>(program: impl FnOnce() -> T) -> T {
    let layer = tracing_invocation::layer().with_writer(std::io::sink);
    let subscriber = tracing_subscriber::layer::SubscriberExt::with(registry(), layer);
    tracing::subscriber::with_default(subscriber, program)
}

#[test]
fn an_operation_that_is_recorded_allocates_nothing_once_it_has_run_before() {
    #[operation(fields(id))]
    fn look(id: u32) -> Result<u32, String> {
        Ok(id)
    }
    with_records_written(|| {
        // Each part of the table grows on its own.
        (0..1_000).for_each(|id| drop(black_box(look(id))));
        let counted = measure(|| drop(black_box(look(1))));
        assert_eq!(counted.count_total, 0);
    });
}

#[test]
fn what_many_open_operations_took_is_given_back() {
    let burst = || {
        let spans: Vec<_> = (0..100_000).map(|id| info_span!("open", id)).collect();
        spans.iter().for_each(|span| span.in_scope(|| {}));
    };
    let kept = |counted: allocation_counter::AllocationInfo| counted.bytes_current / 100_000;
    let alone = tracing::subscriber::with_default(registry(), || kept(measure(burst)));
    let recorded = with_records_written(|| kept(measure(burst)));
    assert!(
        recorded - alone < 20,
        "{recorded} bytes kept of each, {alone} of them by the registry"
    );
}

/// What it takes to drop so many operations, each inside the one before.
fn bytes_to_drop(depth: usize) -> u64 {
    // The drop of one stands on the stack inside the drop of the other.
    const STACK: usize = 256 << 20;
    let dropped = move || {
        with_records_written(|| {
            let mut nested: Pin<Box<dyn Future<Output = ()>>> = Box::pin(wait());
            for _ in 0..depth {
                nested = Box::pin(nested.operation(info_span!("level")));
            }
            let mut context = Context::from_waker(Waker::noop());
            assert!(nested.as_mut().poll(&mut context).is_pending());
            measure(|| drop(nested)).bytes_total
        })
    };
    std::thread::Builder::new().stack_size(STACK).spawn(dropped).unwrap().join().unwrap()
}

#[test]
fn dropping_nested_operations_takes_memory_in_proportion_to_their_depth() {
    let [some, more] = [500, 2_000].map(bytes_to_drop);
    assert!(more < 6 * some, "{some} bytes for 500, {more} for 2,000");
}

#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(black_box(Box::new(1)))).count_total, 1);
}
