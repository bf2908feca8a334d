//! The tree of a log.

use std::time::Duration;

use tracing::info_span;
use tracing_invocation::testing::{Log, capture_thread};
use tracing_invocation::{FutureExt as _, begin, operation, timeout, with_cancel_reason};

use super::{message_of, reserve};
use crate::support::poll_once;

#[operation(entity_id = order)]
async fn checkout(order: &str, number: u32) -> Result<u32, String> {
    info_span!("look").in_scope(|| {});
    reserve(number)
}

#[tokio::test(start_paused = true)]
async fn says_of_each_operation_where_it_was_and_how_it_ended() {
    let log = capture_thread();
    checkout("a", 1).await.unwrap();
    checkout("b\nc", 101).await.unwrap_err();
    checkout("a", 1).await.unwrap();
    let waits = || std::future::pending::<()>().operation(info_span!("waits"));
    let second = Duration::from_secs(1);
    timeout(second, async { waits().await }.operation(info_span!("outer"))).await.unwrap_err();
    let mut left = Box::pin(waits());
    assert!(poll_once(left.as_mut()).is_pending());
    with_cancel_reason("hung up", || drop(left));
    message_of(|| info_span!("breaks").in_scope(|| panic!("line\nbreak")));
    let open = begin(info_span!("open"));
    insta::assert_snapshot!(log.tree(), @r"
    breaks failed panic: line\nbreak
    checkout [a] success ×2
      look unknown
      reserve [1] success
    checkout [b\nc] failed, caused by reserve
      look unknown
      reserve [101] failed String: 101 is too many
    open open
    outer cancelled along with waits
      waits cancelled (parent: timeout)
    waits cancelled (dropped: hung up)
    ");
    drop(open);
}

#[test]
fn equal_operations_are_written_once_wherever_they_are() {
    #[operation]
    fn around(times: u32) {
        (0..times).for_each(|_| drop(reserve(1)));
    }
    let log = capture_thread();
    [2, 1, 2, 2].into_iter().for_each(around);
    insta::assert_snapshot!(log.tree(), @r"
    around success
      reserve [1] success
    around success ×3
      reserve [1] success ×2
    ");
}

#[test]
fn is_empty_of_an_empty_log_and_the_same_of_a_capture_and_its_log() {
    assert_eq!(Log::new().tree().to_string(), "");
    let log = capture_thread();
    reserve(1).unwrap();
    assert_eq!(log.tree(), Log::clone(&log).tree());
    assert_eq!(format!("{:?}", log.tree()), log.tree().to_string());
}

#[test]
fn deep_nesting_needs_no_deep_stack() {
    let log = capture_thread();
    let entered: Vec<_> = (0..3_000).map(|_| info_span!("deep").entered()).collect();
    entered.into_iter().rev().for_each(drop);
    let tree = log.tree().to_string();
    assert_eq!(tree.lines().count(), 3_000);
    assert!(tree.ends_with(&format!("\n{:1$}deep unknown\n", "", 2 * 2_999)));
}

#[test]
fn an_operation_that_names_one_inside_it_as_its_caller_is_not_left_out() {
    let log = capture_thread();
    // Ids count from one: the outer operation is 1, and says that 2 called it.
    let caller = format!("00-{:032x}-{:016x}-01", 1, 2);
    let outer = info_span!("outer", invocation.traceparent = caller);
    outer.in_scope(|| info_span!("inner").in_scope(|| {}));
    drop(outer);
    insta::assert_snapshot!(log.tree(), @r"
    outer unknown
      inner unknown
    ");
}
