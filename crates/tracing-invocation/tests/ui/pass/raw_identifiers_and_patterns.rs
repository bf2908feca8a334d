#![deny(warnings)]

use tracing_invocation::operation;

struct Point {
    r#type: u32,
    y: u32,
}

#[operation(fields(r#type), args(sum = x + z, point_type = y.r#type))]
fn r#match(r#type: u32, (x, [_, z]): (u32, [u32; 2]), y @ Point { .. }: Point) -> u32 {
    r#type + x + z + y.y
}

#[operation(args(y, a, first), result(r#type, y))]
async fn destructured(Point { y, r#type: a }: Point, &[first, ..]: &[u32; 3], _: u32) -> Point {
    Point { r#type: a + first, y }
}

#[operation(live(total))]
fn mutated(mut total: u32) -> u32 {
    total += 1;
    total
}

#[operation(args(span, value, output, error))]
fn named_as_the_macro_might(span: u32, value: u32, output: u32, error: u32) -> u32 {
    span + value + output + error
}

fn main() {
    r#match(1, (2, [3, 4]), Point { r#type: 5, y: 6 });
    drop(destructured(Point { r#type: 1, y: 2 }, &[1, 2, 3], 4));
    mutated(1);
    named_as_the_macro_might(1, 2, 3, 4);
}
