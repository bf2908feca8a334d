//! Records on their whole way, through real processes and programs of other makers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod collector;
mod disk;
mod faults;
mod gigabyte;
mod readers;
mod report;
mod rotation;
mod shells;
mod shippers;
