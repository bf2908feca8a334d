#![deny(warnings)]

use tracing_invocation::operation;

/// The first of them.
///
/// # Safety
///
/// `at` points to a value.
#[operation]
unsafe fn read(at: *const u32) -> u32 {
    unsafe { *at }
}

/// # Safety
///
/// `at` points to a value.
#[operation]
pub async unsafe fn read_later(at: *const u32) -> u32 {
    unsafe { *at }
}

#[operation(result)]
extern "C" fn doubled(value: u32) -> u32 {
    value * 2
}

fn main() {
    let value = 1;
    unsafe {
        read(&value);
        drop(read_later(&value));
    }
    doubled(value);
}
