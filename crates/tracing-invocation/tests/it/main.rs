//! Behaviour through the public API, stated as claims.

mod stock;
mod support;
