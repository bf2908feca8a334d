//! What is told of cancellations, held to tables and to models.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod model;
mod programs;
mod table;
