#![deny(warnings)]

use std::fmt::Display;

use tracing_invocation::operation;

#[operation(fields(%left), args(size = right.len()))]
fn longer<'a, 'b, T, const N: usize>(left: &'a T, right: &'b [u8; N]) -> &'a T
where
    T: Display + ?Sized,
    'b: 'a,
{
    let _ = right;
    left
}

#[operation(result)]
async fn joined<'a, I>(words: I) -> String
where
    I: IntoIterator<Item = &'a str>,
{
    words.into_iter().collect()
}

struct Stack<T>(Vec<T>);

impl<T: Clone> Stack<T> {
    #[operation(live(len = self.0.len()))]
    fn push<U: Into<T>>(&mut self, value: U) -> &mut T
    where
        T: Default,
    {
        self.0.push(value.into());
        self.0.clear();
        Box::leak(Box::new(T::default()))
    }
}

fn main() {
    longer("a", &[0; 2]);
    drop(joined(["a"]));
    Stack::<u32>(Vec::new()).push(1_u16);
}
