//! Values on their way into a line: escaped, limited, and never able to harm the program they come from.

pub(crate) mod fields;
mod fragment;
pub(crate) mod json;
mod limits;
pub(crate) mod shrink;
#[cfg_attr(not(test), expect(dead_code, reason = "used by structured fields"))]
mod structure;
pub(crate) mod text;

pub(crate) use fields::Fields;
pub(crate) use fragment::Fragment;
pub(crate) use limits::Limits;
