#![deny(warnings)]

use std::fmt::Display;

use tracing_invocation::operation;

#[operation(fields(%who))]
fn greet(who: impl Display + Clone) -> impl Iterator<Item = char> {
    who.to_string().chars().collect::<Vec<_>>().into_iter()
}

#[operation]
async fn greet_later(who: impl Display) -> impl Display {
    who.to_string()
}

#[operation]
fn tried(who: &str) -> Result<impl Display + use<'_>, impl std::error::Error> {
    who.parse::<u32>()
}

#[operation]
fn closure(by: u32) -> impl Fn(u32) -> u32 {
    move |n| n + by
}

#[operation]
fn boxed(by: u32) -> Box<dyn Fn(u32) -> u32> {
    Box::new(move |n| n + by)
}

fn main() {
    greet("ann").next();
    drop(greet_later(1));
    let _ = tried("1");
    closure(1)(boxed(2)(3));
}
