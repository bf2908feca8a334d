#![deny(warnings)]

// Whatever the caller calls by these names, the attribute means its own.
#![allow(non_camel_case_types, unused_macros)]

mod tracing {}

mod core {}

mod std {}

struct Option;

struct Some;

struct Clone;

struct Ok;

struct Result;

macro_rules! span {
    () => {};
}

#[tracing_invocation::operation("named", fields(order), live(left = order + 1), levels(success = "info"), result)]
fn charge(order: u32) -> ::std::result::Result<u32, u8> {
    ::std::result::Result::Ok(order)
}

#[tracing_invocation::operation(live(order))]
async fn charge_later(order: u32) -> u32 {
    order
}

fn main() {
    let _ = (Option, Some, Clone, Ok, Result);
    let _ = charge(1);
    drop(charge_later(1));
}
