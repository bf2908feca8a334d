//! Records on their whole way, through real processes and programs of other makers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[test]
fn jq_reads_with_the_tool() {
    let jq = end_to_end::tool("jq").arg("--version").output().unwrap();
    assert!(jq.status.success());
}
