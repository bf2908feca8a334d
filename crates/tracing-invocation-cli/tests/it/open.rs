//! `open`.
