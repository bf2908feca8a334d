//! Running the body of an operation.

use tracing::Span;

use crate::operation::Ending;
use crate::payload::text::quietly;
use crate::record::OwnLevels;
use crate::settle::{
    OperationFuture, OperationGuard, Verdict,
    handover::{self, Number, in_span},
};

/// The value of a synchronous body, run inside its span, if there is one, and judged at its end.
#[inline]
pub fn run<T>(
    span: Option<Span>,
    levels: Option<&'static OwnLevels>,
    body: impl FnOnce() -> T,
    judge: impl FnOnce(&T) -> Verdict,
) -> T {
    let Some(span) = &span else {
        return body();
    };
    if span.is_disabled() {
        // Nobody listens. It may still be entered for whoever reads spans through the `log` crate.
        let _inside = span.enter();
        return body();
    }
    run_inside(span, Number::of(span), levels, body, judge)
}

/// As [`run`], and leaves the end of the operation to [`settle_later`] with the same number.
#[inline]
pub fn run_open<T>(
    span: Option<&Span>,
    number: Number,
    levels: Option<&'static OwnLevels>,
    body: impl FnOnce() -> T,
) -> T {
    match span.filter(|span| !span.is_disabled()) {
        Some(span) => run_inside(span, number, levels, body, |_| Verdict::later()),
        None => {
            let _inside = span.map(Span::enter);
            body()
        }
    }
}

/// A number for the wrappers of one operation.
#[inline]
#[must_use]
pub fn number(span: &Option<Span>) -> Number {
    span.as_ref().map_or(Number::NONE, Number::of)
}

/// Apart from [`run`], so that a call that nobody listens to keeps its registers.
#[inline(never)]
fn run_inside<T>(
    span: &Span,
    number: Number,
    levels: Option<&'static OwnLevels>,
    body: impl FnOnce() -> T,
    judge: impl FnOnce(&T) -> Verdict,
) -> T {
    let value = in_span(span, number, levels, || {
        let value = body();
        let ending = quietly(|| judge(&value)).map_or(Some(Ending::SUCCESS), Verdict::into_ending);
        (value, ending)
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

/// As [`watch`], and leaves the end of the operation to [`settle_later`] with the same number, if the future completes.
#[inline]
pub fn watch_open<F: Future>(
    span: Option<Span>,
    number: Number,
    levels: Option<&'static OwnLevels>,
    future: F,
) -> OperationFuture<F, fn(&F::Output) -> Verdict> {
    let span = span.unwrap_or_else(Span::none);
    OperationFuture::numbered(future, span, number, levels, |_| Verdict::later())
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

/// Settles an operation whose end waited, and whose wrapper had this number.
pub fn settle_later(span: &Option<Span>, number: Number) -> OperationGuard {
    OperationGuard::resumed(span.clone().unwrap_or_else(Span::none), number)
}

/// The verdict on an operation that succeeded, with its result as JSON.
pub fn success(result: Option<Vec<u8>>) -> Verdict {
    Verdict::from_ending(Ending::returned(result, handover::epoch()))
}
