//! `bad_input`.
