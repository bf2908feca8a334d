use tracing_invocation::operation;

unsafe extern "C" {
    #[operation]
    safe fn charge();
}

fn main() {}
