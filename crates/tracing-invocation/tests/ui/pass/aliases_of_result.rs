#![deny(warnings)]

use tracing_invocation::operation;

type Answer<T, E = std::num::ParseIntError> = Result<T, E>;

type Void = Result<(), std::fmt::Error>;

mod parts {
    pub type Result<T> = std::result::Result<T, u8>;
}

#[operation(result)]
fn answer(text: &str) -> Answer<u32> {
    text.parse()
}

#[operation(result(0), errors = |_| tracing_invocation::ErrorClass::Full)]
async fn part() -> parts::Result<(u32, u32)> {
    Ok((1, 2))
}

#[operation]
fn void() -> Void {
    Ok(())
}

#[operation]
fn io() -> std::io::Result<()> {
    Ok(())
}

#[operation]
fn display(text: &str, f: &mut impl std::fmt::Write) -> std::fmt::Result {
    f.write_str(text)
}

#[operation]
fn nested() -> Result<Result<u32, String>, String> {
    Ok(Err(String::new()))
}

#[operation]
fn any() -> anyhow::Result<()> {
    anyhow::bail!("no")
}

fn main() {
    let _ = (answer("1"), void(), io(), display("", &mut String::new()), nested(), any());
    drop(part());
}
