use tracing_invocation::operation;

#[operation("3d.render")]
fn render() {}

fn main() {}
