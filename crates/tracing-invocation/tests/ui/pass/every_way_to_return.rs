#![deny(warnings)]

use std::error::Error;

use tracing_invocation::operation;

macro_rules! ensure {
    ($condition:expr, $message:literal) => {
        if !$condition {
            return Err($message.into());
        }
    };
}

#[operation(result)]
async fn sum(words: &[&str]) -> Result<u32, Box<dyn Error + Send + Sync>> {
    ensure!(!words.is_empty(), "there are no words");
    let mut sum = 0;
    for word in words {
        if *word == "-" {
            continue;
        }
        let number: u32 = word.parse()?;
        std::future::ready(()).await;
        sum += number;
        if sum > 100 {
            return Ok(100);
        }
    }
    Ok(sum)
}

#[operation]
fn first(words: &[&str]) -> Option<u32> {
    ensure_some(words)?.parse().ok()
}

#[operation]
fn ensure_some<'a>(words: &[&'a str]) -> Option<&'a str> {
    let [first, ..] = words else {
        return None;
    };
    Some(first)
}

#[operation]
fn nothing() {
    if std::env::args().count() > 1 {
        return;
    }
    println!();
}

#[operation]
fn unfinished() -> u32 {
    panic!("not called")
}

#[operation]
async fn forever() {
    loop {
        std::future::pending::<()>().await;
    }
}

#[operation]
fn labelled() -> u32 {
    'found: loop {
        loop {
            break 'found 1;
        }
    }
}

#[operation]
fn boxed_error(text: &str) -> Result<(), Box<dyn Error>> {
    if text.is_empty() {
        Err("empty")?;
    }
    Ok(())
}

fn main() {
    drop(sum(&[]));
    first(&["1"]);
    nothing();
    labelled();
    let _ = boxed_error("");
    let _ = (unfinished as fn() -> u32, forever());
}
