use tracing_invocation::operation;

#[operation]
async fn charge() -> Result<u32, String> {
    Ok("one")
}

fn main() {}
