//! `follow`.
