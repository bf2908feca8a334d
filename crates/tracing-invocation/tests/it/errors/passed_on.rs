//! An error that is passed on, in whatever holds it, is one error.

use std::error::Error;
use std::sync::Arc;
use std::{fmt, io};

use proptest::prelude::*;
use tracing::instrument;
use tracing_invocation::testing::Log;
use tracing_invocation::{FutureExt as _, Outcome, Record, Verdict, operation};

use crate::support::{capture, poll_once};

/// An error that is passed on, and can be held by anything.
type Any = Arc<dyn Error + Send + Sync>;

#[derive(Debug)]
struct Leaf {
    text: &'static str,
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl Error for Leaf {}

/// What `#[error(transparent)]` makes of an error.
#[derive(Debug)]
struct Transparent(Any);

impl fmt::Display for Transparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Transparent {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// An error with a text and a source of its own.
#[derive(Debug)]
struct WithContext {
    text: String,
    source: Any,
}

impl fmt::Display for WithContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for WithContext {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// An operation that fails with what `$error` makes, told as an attribute says.
macro_rules! level {
    ($name:ident, $attribute:meta, $holder:ty) => {
        #[$attribute]
        fn $name(error: impl FnOnce() -> $holder) -> Result<(), $holder> {
            Err(error())
        }
    };
}

level!(op_plain, operation("level"), Any);
level!(op_boxed, operation("level"), Box<dyn Error>);
level!(op_sent, operation("level"), Box<dyn Error + Send + Sync>);
level!(op_anyhow, operation("level"), anyhow::Error);
level!(op_eyre, operation("level"), eyre::Report);
level!(op_shared_anyhow, operation("level"), Arc<anyhow::Error>);
level!(op_boxed_anyhow, operation("level"), Box<anyhow::Error>);
level!(op_io, operation("level"), io::Error);
level!(op_transparent, operation("level"), Transparent);
// Each at a line of its own: the events of spans at one place are nobody's.
level!(err_plain, instrument(name = "level", skip_all, err), Any);
level!(err_boxed, instrument(name = "level", skip_all, err), Box<dyn Error>);
level!(err_anyhow, instrument(name = "level", skip_all, err), anyhow::Error);
level!(err_transparent, instrument(name = "level", skip_all, err), Transparent);
level!(debug_plain, instrument(name = "level", skip_all, err(Debug)), Any);
level!(debug_boxed, instrument(name = "level", skip_all, err(Debug)), Box<dyn Error>);
level!(debug_io, instrument(name = "level", skip_all, err(Debug)), io::Error);
level!(debug_transparent, instrument(name = "level", skip_all, err(Debug)), Transparent);

/// An operation: what it adds to the error from inside, what holds the error, and how it is told of.
#[derive(Clone, Copy, Debug)]
struct Level {
    adds_context: bool,
    holder: Holder,
}

macro_rules! holders {
    ($($holder:ident => $level:ident: $hold:expr,)*) => {
        /// What holds an error that an operation of this kind returns.
        #[derive(Clone, Copy, Debug)]
        enum Holder { $($holder),* }

        impl Holder {
            const ALL: &[Self] = &[$(Self::$holder),*];

            fn run(self, error: impl FnOnce() -> Any) {
                match self {
                    $(Self::$holder => {
                        let hold = $hold;
                        drop($level(|| hold(error())));
                    })*
                }
            }
        }
    };
}

holders! {
    OpPlain => op_plain: |error: Any| error,
    OpBoxed => op_boxed: |error: Any| -> Box<dyn Error> { Box::new(error) },
    OpSent => op_sent: |error: Any| -> Box<dyn Error + Send + Sync> { Box::new(error) },
    OpAnyhow => op_anyhow: |error: Any| anyhow::Error::new(error),
    OpEyre => op_eyre: |error: Any| eyre::Report::new(error),
    OpSharedAnyhow => op_shared_anyhow: |error: Any| Arc::new(anyhow::Error::new(error)),
    OpBoxedAnyhow => op_boxed_anyhow: |error: Any| Box::new(anyhow::Error::new(error)),
    OpIo => op_io: |error: Any| io::Error::other(error),
    OpTransparent => op_transparent: Transparent,
    ErrPlain => err_plain: |error: Any| error,
    ErrBoxed => err_boxed: |error: Any| -> Box<dyn Error> { Box::new(error) },
    ErrAnyhow => err_anyhow: |error: Any| anyhow::Error::new(error),
    ErrTransparent => err_transparent: Transparent,
    DebugPlain => debug_plain: |error: Any| error,
    DebugBoxed => debug_boxed: |error: Any| -> Box<dyn Error> { Box::new(error) },
    DebugIo => debug_io: |error: Any| io::Error::other(error),
    DebugTransparent => debug_transparent: Transparent,
}

impl Holder {
    /// Returns what an operation outside gets. The `Debug` text of what an error is inside of shows that it is.
    fn pass_on(self, error: Any) -> Any {
        match self {
            Self::OpIo | Self::DebugIo => Arc::new(io::Error::other(error)),
            Self::OpTransparent | Self::ErrTransparent | Self::DebugTransparent => {
                Arc::new(Transparent(error))
            }
            _ => error,
        }
    }

    /// Returns `true` if only the `Display` text of the error is told, without its causes.
    fn tells_text_alone(self) -> bool {
        matches!(self, Self::ErrPlain | Self::ErrBoxed | Self::ErrAnyhow | Self::ErrTransparent)
    }
}

/// Runs levels one inside the other, the first one outermost, and returns the error of the first.
fn run(levels: &[Level]) -> Any {
    let Some((level, inner)) = levels.split_first() else {
        return Arc::new(Leaf { text: "the \"thick\" cable is torn" });
    };
    let mut passed_on = None;
    level.holder.run(|| {
        let error = run(inner);
        let text = format!("context {}", levels.len());
        let error =
            if level.adds_context { Arc::new(WithContext { text, source: error }) } else { error };
        passed_on = Some(level.holder.pass_on(Any::clone(&error)));
        error
    });
    passed_on.unwrap()
}

/// The records of failures that are told in full, in the order in which they came.
fn told_in_full(log: &Log) -> Vec<Record> {
    let mut records = log.records();
    records.retain(|record| {
        record.event_outcome == Outcome::Failed && record.payload.contains_key("error")
    });
    records
}

fn any_level() -> impl Strategy<Value = Level> {
    (any::<bool>(), prop::sample::select(Holder::ALL))
        .prop_map(|(adds_context, holder)| Level { adds_context, holder })
}

proptest! {
    /// It is told again only where all that is seen of it is another text.
    #[test]
    fn an_error_is_told_once_whatever_holds_it(levels in prop::collection::vec(any_level(), 1..8)) {
        let log = capture();
        run(&levels);
        let (innermost, outer) = levels.split_last().unwrap();
        let again = outer.iter().filter(|level| level.adds_context && level.holder.tells_text_alone());
        let told = told_in_full(&log);
        prop_assert_eq!(told.len(), 1 + again.count(), "{:?}\n{}", levels, &*log);
        let first = &told[0].payload["error"]["message"];
        if innermost.holder.tells_text_alone() && !innermost.adds_context {
            prop_assert_eq!(first, "the \"thick\" cable is torn");
        }
        log.assert_every_invoke_ended_once();
    }
}

#[test]
fn an_error_passed_on_by_a_question_mark_is_told_once() {
    #[operation]
    fn inner() -> io::Result<()> {
        Err(io::Error::other("torn"))
    }
    #[operation]
    fn middle() -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(inner()?)
    }
    #[operation]
    fn outer() -> anyhow::Result<()> {
        middle().map_err(anyhow::Error::from_boxed)?;
        Ok(())
    }
    let log = capture();
    outer().unwrap_err();
    let [told] = <[Record; 1]>::try_from(told_in_full(&log)).unwrap();
    assert_eq!(told.event_name, "inner");
    for name in ["middle", "outer"] {
        log.assert_last(name).with_payload("/caused_by", told.span_id.to_string());
    }
}

#[test]
fn an_error_with_causes_that_the_inner_one_lacks_is_another_one() {
    #[operation]
    fn inner() -> Result<(), Leaf> {
        Err(Leaf { text: "torn" })
    }
    #[operation]
    fn outer() -> Result<(), WithContext> {
        drop(inner());
        let source = Arc::new(Leaf { text: "a saw" });
        Err(WithContext { text: "torn".to_owned(), source })
    }
    let log = capture();
    outer().unwrap_err();
    log.assert_last("outer").with_payload("/error/sources/0", "a saw");
}

#[test]
fn errors_without_a_text_are_told_apart_by_their_type() {
    struct One;
    struct Other;
    #[operation]
    fn inner() -> Result<(), One> {
        Err(One)
    }
    #[operation]
    fn same() -> Result<(), One> {
        inner()
    }
    #[operation]
    fn other() -> Result<(), Other> {
        inner().map_err(|_| Other)
    }
    let log = capture();
    assert!(same().is_err());
    assert!(other().is_err());
    let told: Vec<_> = told_in_full(&log).into_iter().map(|record| record.event_name).collect();
    assert_eq!(told, ["inner", "inner", "other"]);
}

#[test]
fn kinds_in_words_of_the_program_are_compared() {
    fn fail(outer: &'static str, inner: &'static str) -> usize {
        let log = capture();
        let span = |name| tracing::info_span!("level", invocation.name = name);
        let judge = |kind| move |_: &()| Verdict::failed_as(kind, "no answer");
        let nested = async { async {}.operation_judged(span("inner"), judge(inner)).await };
        let nested = nested.operation_judged(span("outer"), judge(outer));
        assert!(poll_once(std::pin::pin!(nested)).is_ready());
        told_in_full(&log).len()
    }
    assert_eq!(fail("timeout", "timeout"), 1);
    assert_eq!(fail("unavailable", "timeout"), 2);
}

#[test]
fn of_several_with_the_same_error_the_latest_is_named() {
    #[operation]
    fn attempt() -> io::Result<()> {
        Err(io::Error::other("refused"))
    }
    #[operation]
    fn retried() -> io::Result<()> {
        attempt().or_else(|_| attempt())
    }
    let log = capture();
    retried().unwrap_err();
    let told = told_in_full(&log);
    assert_eq!(told.len(), 2);
    log.assert_last("retried").with_payload("/caused_by", told[1].span_id.to_string());
}

#[test]
fn a_debug_text_that_shows_nothing_of_the_display_text_is_another_error() {
    #[derive(Debug)]
    struct SoldOut;
    impl fmt::Display for SoldOut {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("pears are sold out")
        }
    }
    #[instrument(err(Debug))]
    fn inner() -> Result<(), SoldOut> {
        Err(SoldOut)
    }
    #[instrument(err)]
    fn outer() -> Result<(), SoldOut> {
        inner()
    }
    let log = capture();
    outer().unwrap_err();
    assert_eq!(told_in_full(&log).len(), 2);
}
