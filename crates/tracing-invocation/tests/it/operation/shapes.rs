//! `#[operation]` on every shape of function.

use std::fmt;
use std::pin::Pin;

use tokio::task::yield_now;
use tracing_invocation::operation;

use super::Opaque;
use crate::support::{capture, story};

/// An error of which nothing is known but its type.
struct Silent;

type Answer<T> = std::result::Result<T, Silent>;

#[operation]
fn sync_plain() -> Opaque {
    Opaque
}

#[operation]
async fn async_plain(opaque: Opaque) -> Opaque {
    yield_now().await;
    opaque
}

#[operation]
fn aliased(fail: bool) -> Answer<Opaque> {
    if fail {
        return Err(Silent);
    }
    Ok(Opaque)
}

#[operation]
async fn question_mark(text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    let number: u32 = text.parse()?;
    Ok(number)
}

#[operation]
fn generic<T, const N: usize>(value: &T, more: impl Fn() -> T) -> [T; N]
where
    T: Default + Copy,
{
    let _ = more();
    [*value; N]
}

#[operation]
fn returns_impl<'a>(text: &'a str) -> impl Iterator<Item = char> + 'a {
    text.chars()
}

#[operation]
fn returns_result_of_impl(fail: bool) -> Result<impl fmt::Display, String> {
    if fail { Err("no".to_owned()) } else { Ok(7) }
}

#[operation]
fn returns_future(end: Result<u8, String>) -> impl Future<Output = Result<u8, String>> {
    let end = end;
    async move {
        yield_now().await;
        end
    }
}

#[operation]
fn returns_boxed<'a>(
    text: &'a str,
) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'a>> {
    Box::pin(async move { text.parse::<u32>().map_err(|error| error.to_string()) })
}

pub(super) struct Connection {
    id: u32,
    pub(super) state: &'static str,
    items: Vec<u8>,
}

impl Connection {
    #[operation("connection.open", live(state = self.state), entity_id = self.id)]
    pub(super) async fn open(&mut self, fail: bool) -> Result<(), String> {
        self.state = "opening";
        yield_now().await;
        if fail {
            return Err("refused".into());
        }
        self.state = "opened";
        Ok(())
    }

    #[operation]
    fn first(&mut self) -> Option<&mut u8> {
        self.items.first_mut()
    }

    #[operation]
    fn first_or_fail(&mut self) -> Result<&mut u8, String> {
        self.items.first_mut().ok_or_else(|| "empty".to_owned())
    }

    #[operation]
    fn into_items(self) -> Vec<u8> {
        self.items
    }

    #[operation]
    fn boxed(self: Box<Self>) -> u32 {
        self.id
    }

    #[operation]
    async fn by_arc(self: std::sync::Arc<Self>) -> u32 {
        yield_now().await;
        self.id
    }
}

trait Store {
    async fn load(&self, key: &str) -> Result<String, String>;

    #[operation]
    fn provided(&self) -> u8 {
        3
    }
}

impl Store for Connection {
    #[operation("store.load", fields(key))]
    async fn load(&self, key: &str) -> Result<String, String> {
        yield_now().await;
        if key.is_empty() { Err("no key".into()) } else { Ok(key.to_owned()) }
    }
}

pub(super) fn connection() -> Connection {
    Connection { id: 42, state: "closed", items: vec![1] }
}

#[tokio::test]
async fn the_outcome_is_exact_for_every_shape_of_function() {
    let log = capture();
    let _ = sync_plain();
    let _ = async_plain(Opaque).await;
    let _ = aliased(false);
    let _ = aliased(true);
    assert_eq!(question_mark("7").await.unwrap(), 7);
    question_mark("x").await.unwrap_err();
    assert_eq!(generic::<u8, 2>(&1, || 2), [1, 1]);
    assert_eq!(returns_impl("ab").count(), 2);
    assert_eq!(returns_result_of_impl(false).unwrap().to_string(), "7");
    assert!(returns_result_of_impl(true).is_err());
    assert_eq!(returns_future(Ok(1)).await, Ok(1));
    returns_future(Err("late".into())).await.unwrap_err();
    assert_eq!(returns_boxed("12").await, Ok(12));
    let mut connection = connection();
    assert_eq!(connection.first(), Some(&mut 1));
    *connection.first_or_fail().unwrap() = 9;
    assert_eq!(connection.provided(), 3);
    connection.load("").await.unwrap_err();
    assert_eq!(Box::new(self::connection()).boxed(), 42);
    assert_eq!(std::sync::Arc::new(self::connection()).by_arc().await, 42);
    assert_eq!(connection.into_items(), [9]);

    log.assert_every_invoke_ended_once();
    let ends: Vec<_> = story(&log).into_iter().filter(|line| !line.ends_with("invoke")).collect();
    assert_eq!(
        ends,
        [
            "sync_plain success",
            "async_plain success",
            "aliased success",
            "aliased failed",
            "question_mark success",
            "question_mark failed",
            "generic success",
            "returns_impl success",
            "returns_result_of_impl success",
            "returns_result_of_impl failed",
            "returns_future success",
            "returns_future failed",
            "returns_boxed success",
            "first success",
            "first_or_fail success",
            "provided success",
            "store.load failed",
            "boxed success",
            "by_arc success",
            "into_items success",
        ]
    );
}
