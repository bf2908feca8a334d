//! What the errors of a program say in a record, and what they count as.

mod classes;
mod passed_on;

use std::error::Error;
use std::{fmt, io};

use serde_json::{Value, json};
use tracing::info_span;
use tracing_invocation::{FutureExt as _, Outcome, begin, operation};

use crate::support::{capture, only};

/// An error as `thiserror` would write it, with a cause in one of its variants.
#[derive(Debug)]
enum Shop {
    Io(io::Error),
    SoldOut { item: &'static str },
}

impl fmt::Display for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(_) => f.write_str("the till is stuck"),
            Self::SoldOut { item } => write!(f, "{item} are sold out"),
        }
    }
}

impl Error for Shop {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(cause) => Some(cause),
            Self::SoldOut { .. } => None,
        }
    }
}

/// An error whose chain of causes goes on as `below` says.
#[derive(Debug)]
struct Link {
    number: u8,
    below: fn() -> Option<&'static (dyn Error + 'static)>,
}

static ONE: Link = Link { number: 1, below: || Some(&TWO) };
static TWO: Link = Link { number: 2, below: || Some(&ONE) };

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {}", self.number)
    }
}

impl Error for Link {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        (self.below)()
    }
}

/// What a type that is called `T` says of itself, where it is less than an error.
macro_rules! display {
    ($type:ty, $text:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($text)
            }
        }
    };
}

/// The error in the record of an operation that returns this one.
macro_rules! told {
    ($type:ty, $error:expr) => {{
        #[operation]
        fn run(error: $type) -> Result<(), $type> {
            Err(error)
        }
        let log = capture();
        assert!(run($error).is_err());
        only(&log, "run", Outcome::Failed).payload["error"].clone()
    }};
}

fn not_found() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such till")
}

fn error(kind: &str, message: &str) -> Value {
    json!({"type": kind, "message": message})
}

#[test]
fn errors_of_the_standard_library() {
    assert_eq!(told!(io::Error, not_found()), error("io::Error", "no such till"));
    let kind = io::ErrorKind::NotFound;
    assert_eq!(told!(io::Error, kind.into()), error("io::Error", "entity not found"));
    assert_eq!(
        told!(std::num::ParseIntError, "x".parse::<u8>().unwrap_err()),
        error("ParseIntError", "invalid digit found in string")
    );
    assert_eq!(told!(fmt::Error, fmt::Error), error("fmt::Error", &fmt::Error.to_string()));
}

#[test]
fn an_enum_with_and_without_a_cause() {
    assert_eq!(told!(Shop, Shop::SoldOut { item: "pears" }), error("Shop", "pears are sold out"));
    let caused = json!({
        "type": "Shop",
        "message": "the till is stuck",
        "sources": ["no such till"],
    });
    assert_eq!(told!(Shop, Shop::Io(not_found())), caused);
}

#[test]
fn boxed_errors_of_every_kind() {
    assert_eq!(told!(Box<dyn Error>, "just a text".into()), error("Box<dyn Error>", "just a text"));
    let caused = |kind: &str| json!({"type": kind, "message": "the till is stuck", "sources": ["no such till"]});
    assert_eq!(told!(Box<dyn Error>, Shop::Io(not_found()).into()), caused("Box<dyn Error>"));
    assert_eq!(
        told!(Box<dyn Error + Send + Sync>, Shop::Io(not_found()).into()),
        caused("Box<dyn Error + Send + Sync>")
    );
    assert_eq!(told!(Box<Shop>, Box::new(Shop::Io(not_found()))), caused("Box<Shop>"));
    let arc = std::sync::Arc::new(Shop::Io(not_found()));
    assert_eq!(told!(std::sync::Arc<Shop>, arc), caused("Arc<Shop>"));
}

#[test]
fn anyhow_with_its_contexts() {
    assert_eq!(told!(anyhow::Error, anyhow::anyhow!("torn")), error("anyhow::Error", "torn"));
    let wrapped = anyhow::Error::new(Shop::Io(not_found())).context("reading").context("opening");
    let caused = json!({
        "type": "anyhow::Error",
        "message": "opening",
        "sources": ["reading", "the till is stuck", "no such till"],
    });
    assert_eq!(told!(anyhow::Error, wrapped), caused);
}

#[test]
fn eyre_with_its_contexts() {
    assert_eq!(told!(eyre::Report, eyre::eyre!("torn")), error("Report", "torn"));
    let wrapped = eyre::Report::new(Shop::Io(not_found())).wrap_err("opening");
    let caused = json!({
        "type": "Report",
        "message": "opening",
        "sources": ["the till is stuck", "no such till"],
    });
    assert_eq!(told!(eyre::Report, wrapped), caused);
}

#[test]
fn types_that_are_no_errors() {
    struct Shown;
    display!(Shown, "shown");
    #[derive(Debug)]
    struct Debugged {
        #[expect(dead_code, reason = "it is there for its `Debug` text")]
        code: u8,
    }
    #[derive(Debug)]
    struct Both;
    display!(Both, "for people");
    struct Neither;

    assert_eq!(told!(&'static str, "a text"), error("&str", "a text"));
    assert_eq!(told!(String, "a text".to_owned()), error("String", "a text"));
    assert_eq!(told!(u16, 503), error("u16", "503"));
    assert_eq!(told!((), ()), error("()", "()"));
    assert_eq!(told!(Option<u8>, Some(1)), error("Option<u8>", "Some(1)"));
    assert_eq!(told!(Shown, Shown), error("Shown", "shown"));
    assert_eq!(told!(Debugged, Debugged { code: 4 }), error("Debugged", "Debugged { code: 4 }"));
    assert_eq!(told!(Both, Both), error("Both", "for people"));
    assert_eq!(told!(Neither, Neither), error("Neither", "<unprintable>"));
    assert_eq!(told!(Vec<Neither>, Vec::new()), error("Vec<Neither>", "<unprintable>"));
}

#[test]
fn a_chain_of_causes_without_an_end_is_cut() {
    let link = |below| Link { number: 0, below };
    let cycle = ["link 1", "link 2"].into_iter().cycle().take(10).chain(["..."]);
    let told_cycle = told!(Link, link(|| Some(&ONE)));
    assert_eq!(told_cycle["sources"], json!(cycle.collect::<Vec<_>>()));
    assert_eq!(told_cycle["message"], "link 0");

    static ITSELF: Link = Link { number: 3, below: || Some(&ITSELF) };
    let itself = ["link 3"; 10].into_iter().chain(["..."]);
    assert_eq!(told!(Link, link(|| Some(&ITSELF)))["sources"], json!(itself.collect::<Vec<_>>()));
}

#[test]
fn ten_causes_are_told_and_more_are_a_mark() {
    fn chain(causes: u32) -> anyhow::Error {
        let innermost = anyhow::anyhow!("cause {causes}");
        let outward =
            (1..causes).rev().fold(innermost, |error, n| error.context(format!("cause {n}")));
        outward.context("top")
    }
    let ten: Vec<_> = (1..=10).map(|n| format!("cause {n}")).collect();
    assert_eq!(told!(anyhow::Error, chain(10))["sources"], json!(ten));
    let cut: Vec<_> = ten.into_iter().chain(["...".to_owned()]).collect();
    assert_eq!(told!(anyhow::Error, chain(11))["sources"], json!(cut));
}

#[test]
fn an_error_that_panics_is_told_as_far_as_it_can_be() {
    fn broken() -> Option<&'static (dyn Error + 'static)> {
        panic!("the source is broken")
    }
    assert_eq!(told!(Link, Link { number: 4, below: broken }), error("Link", "link 4"));

    #[derive(Debug)]
    struct Mute;
    impl fmt::Display for Mute {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("no words")
        }
    }
    impl Error for Mute {}
    assert_eq!(told!(Mute, Mute), error("Mute", "<unprintable>"));
}

#[tokio::test]
async fn wrappers_tell_an_error_as_the_attribute_does() {
    let log = capture();
    let failing = async { Err::<(), _>(Shop::Io(not_found())) };
    failing.try_operation(info_span!("tried")).await.unwrap_err();
    begin(info_span!("guarded")).fail(&Shop::Io(not_found()));
    let expected = told!(Shop, Shop::Io(not_found()));
    for name in ["tried", "guarded"] {
        assert_eq!(only(&log, name, Outcome::Failed).payload["error"], expected);
    }
}

#[test]
fn the_debug_text_where_it_was_asked_for() {
    #[operation(error(?))]
    fn run() -> Result<(), Shop> {
        Err(Shop::SoldOut { item: "pears" })
    }
    let log = capture();
    run().unwrap_err();
    let told = only(&log, "run", Outcome::Failed);
    assert_eq!(told.payload["error"], error("Shop", r#"SoldOut { item: "pears" }"#));
}
