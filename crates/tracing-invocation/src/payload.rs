//! Values on their way into a line: escaped, limited, and never able to harm the program they come from.

mod err_text;
pub(crate) mod fields;
mod fragment;
pub(crate) mod json;
mod limits;
mod redact;
mod rules;
pub(crate) mod shrink;
pub(crate) mod structure;
mod structured;
pub(crate) mod text;
mod words;

pub(crate) use err_text::inside_err;
pub(crate) use fields::Fields;
pub(crate) use fragment::Fragment;
pub use limits::Limits;
pub use redact::{InvalidRedaction, Redaction};
pub(crate) use rules::Rules;
pub(crate) use structured::{Extent, push_debug};
pub use structured::{Json, Whole};
