#![deny(warnings)]

use tracing_invocation::{ErrorClass, operation};

macro_rules! operations {
    ($($name:ident, $event:literal, $argument:ident, $value:expr, $part:ident, $classify:expr;)*) => {$(
        #[operation($event, fields(value = $value), live($argument), result($part), errors = $classify)]
        fn $name($argument: u32) -> Result<Receipt, u8> {
            Ok(Receipt { id: $argument })
        }
    )*};
}

macro_rules! whole {
    ($vis:vis fn $name:ident($($argument:ident: $type:ty),*) -> $returned:ty $body:block) => {
        #[operation(args($($argument),*), result)]
        $vis fn $name($($argument: $type),*) -> $returned $body
    };
}

struct Receipt {
    id: u32,
}

fn classify(_: &u8) -> ErrorClass {
    ErrorClass::Full
}

operations! {
    charge, "shop.charge", order, 1 + 2, id, classify;
    refund, "shop.refund", order, "x".len(), id, |_| None;
}

whole! {
    pub fn add(left: u32, right: u32) -> u32 { left + right }
}

fn main() {
    let _ = (charge(1), refund(2), add(3, 4));
}
