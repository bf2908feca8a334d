//! Random calls among functions of one place in the source, some of them hidden: what the log says of a call is true, or
//! `unknown`.

use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use tracing::{Dispatch, dispatcher, instrument};
use tracing_invocation::testing::Log;
use tracing_invocation::{Outcome, operation};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use super::hides_debug_spans;

/// A call: of which function, what it calls, whether it logs an error that it handled, and whether it fails.
#[derive(Clone, Debug)]
struct Call {
    function: usize,
    handles: bool,
    inside: Vec<Call>,
    fails: bool,
}

/// What really happened, by the number of the call.
type Truth = Arc<Mutex<Vec<Outcome>>>;

macro_rules! functions {
    ($number:ident: $($(#[$attribute:meta])* $name:ident $handles:tt;)*) => {
        $(
            $(#[$attribute])*
            fn $name(call: Call, truth: Truth, $number: usize) -> Result<usize, &'static str> {
                for inside in call.inside {
                    let _ = run(inside, truth.clone());
                }
                functions!(@handle $handles call);
                if call.fails {
                    truth.lock().unwrap()[$number] = Outcome::Failed;
                    return Err("bad");
                }
                Ok($number)
            }
        )*

        const FUNCTIONS: &[fn(Call, Truth, usize) -> Result<usize, &'static str>] = &[$($name),*];
    };
    (@handle true $call:ident) => {
        if $call.handles {
            tracing::error!(error = "handled");
        }
    };
    (@handle false $call:ident) => {};
}

functions! {
    number:
    #[operation(fields(number = number))] exact true;
    #[instrument(skip_all, fields(number = number))] bare false;
    #[instrument(skip_all, ret, err, fields(number = number))] both false;
    #[instrument(skip_all, ret, err, fields(number = number))] both_and_handles true;
    #[instrument(skip_all, err, fields(number = number))] only_err false;
    #[instrument(level = "debug", skip_all, fields(number = number))] hidden false;
    #[instrument(level = "debug", skip_all, ret(level = "info"), err, fields(number = number))] hidden_both false;
    #[instrument(level = "debug", skip_all, ret(level = "info"), err, fields(number = number))] hidden_handles true;
}

fn run(call: Call, truth: Truth) -> Result<usize, &'static str> {
    let number = {
        let mut truth = truth.lock().unwrap();
        truth.push(Outcome::Success);
        truth.len() - 1
    };
    FUNCTIONS[call.function](call, truth, number)
}

fn call() -> impl Strategy<Value = Call> {
    let of = |inside: BoxedStrategy<Vec<Call>>| {
        (0..FUNCTIONS.len(), any::<bool>(), inside, any::<bool>()).prop_map(
            |(function, handles, inside, fails)| Call { function, handles, inside, fails },
        )
    };
    of(Just(Vec::new()).boxed())
        .prop_recursive(4, 16, 3, move |inner| of(prop::collection::vec(inner, 0..4).boxed()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_of_a_call_is_true_or_unknown(call in call(), by_filter in any::<bool>()) {
        let (log, truth) = (Log::new(), Truth::default());
        let dispatch = if by_filter {
            let layer = log.layer().with_directives("debug").unwrap();
            Dispatch::new(registry().with(layer).with(hides_debug_spans()))
        } else {
            Dispatch::new(registry().with(log.layer()))
        };
        let _ = dispatcher::with_default(&dispatch, || run(call, truth.clone()));
        let truth = truth.lock().unwrap();
        for end in log.records().iter().filter(|record| record.event_outcome.is_terminal()) {
            let number = usize::try_from(end.payload["number"].as_u64().unwrap()).unwrap();
            let is_exact = end.event_name == "exact";
            prop_assert!(
                end.event_outcome == truth[number] || (end.event_outcome == Outcome::Unknown && !is_exact),
                "{number} was {}\n{log}", truth[number],
            );
        }
        log.assert_every_invoke_ended_once();
    }
}
