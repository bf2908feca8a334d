//! `formats`.
