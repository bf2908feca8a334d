//! Running the body of an operation.

use std::borrow::Borrow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::Span;

use crate::operation::Ending;
use crate::panic_note::Caught;
use crate::payload::text::quietly;
use crate::record::OwnLevels;
use crate::settle::{
    OperationFuture, OperationGuard, Verdict,
    handover::{self, in_span},
};

/// The value of a synchronous body, run inside its span, if there is one, and judged at its end.
#[inline]
pub fn run<T>(
    span: Option<impl Borrow<Span>>,
    levels: Option<&'static OwnLevels>,
    body: impl FnOnce() -> T,
    judge: impl FnOnce(&T) -> Verdict,
) -> T {
    let Some(span) = &span else {
        return body();
    };
    let span = span.borrow();
    if span.is_disabled() {
        // Nobody listens. It may still be entered for whoever reads spans through the `log` crate.
        let _inside = span.enter();
        return body();
    }
    run_inside(span, levels, body, judge)
}

/// Apart from [`run`], so that a call that nobody listens to keeps its registers.
#[inline(never)]
fn run_inside<T>(
    span: &Span,
    levels: Option<&'static OwnLevels>,
    body: impl FnOnce() -> T,
    judge: impl FnOnce(&T) -> Verdict,
) -> T {
    let value = in_span(span, levels, || match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => {
            let ending =
                quietly(|| judge(&value)).map_or(Some(Ending::SUCCESS), Verdict::into_ending);
            (Ok(value), ending)
        }
        Err(payload) => {
            let caught = Caught::new(payload);
            let ending = Ending::panicked(caught.words(), &handover::rules());
            (Err(caught), Some(ending))
        }
    });
    value.unwrap_or_else(|caught| caught.resume())
}

/// A future that is judged when it completes.
#[inline]
pub fn watch<F, J>(
    span: Option<Span>,
    levels: Option<&'static OwnLevels>,
    future: F,
    judge: J,
) -> OperationFuture<F, J>
where
    F: Future,
    J: FnOnce(&F::Output) -> Verdict,
{
    OperationFuture::new(future, span.unwrap_or_else(Span::none), levels, judge)
}

/// The answer of a closure that is called once, and known to be.
#[inline]
pub fn call<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// The future, whose output is of a type that is known.
#[inline]
pub fn resolves_to<T, F: Future<Output = T>>(future: F) -> F {
    future
}

/// What a judge says of a value; one that panics has no say.
pub fn call_judge<T>(value: &T, judge: impl FnOnce(&T) -> Verdict) -> Verdict {
    quietly(|| judge(value)).unwrap_or_else(Verdict::success)
}

/// The judge of an operation whose end waits for values that are read anew.
pub fn later<T>(_: &T) -> Verdict {
    Verdict::later()
}

/// What settles an operation whose end waited.
pub fn settle_later(span: &Option<Span>) -> OperationGuard {
    OperationGuard::resumed(span.clone().unwrap_or_else(Span::none))
}

/// The verdict on an operation that succeeded, with its result as JSON.
pub fn success(result: Option<Vec<u8>>) -> Verdict {
    Verdict::from_ending(Ending::returned(result, handover::epoch()))
}
