//! What a program may do to the layer, by accident or on purpose. In every case the program goes on as if the
//! layer were not there, each line is whole and valid, and every other record is there.

mod formatting;
mod lives;
mod nonblocking;
mod sizes;
mod threads;
pub(crate) mod tools;
mod values;
mod writers;
