//! `#[operation]`, the attribute of `tracing-invocation`. Use it through that crate, which documents it by example.
//!
//! `args` reads what is between the parentheses, `target` decides what the attribute stands on, `expand` writes the
//! function anew.

mod args;
mod expand;
mod field;
mod target;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a function an operation: its `invoke` is recorded, and exactly how it ended.
///
/// To other layers it is a function with `#[instrument(skip_all)]`. No argument and no result is recorded that is
/// not asked for, and no bound is put on types that are not recorded.
///
/// ```ignore
/// #[operation(
///     "ldap.bind",
///     fields(dn),
///     live(state = self.state),
///     args(request_id, size = payload.len(), ?body),
///     result(session_id, ttl_ms),
///     entity_id = self.id(),
///     levels(success = "info", cancelled = "warn"),
///     errors = classify
/// )]
/// ```
///
/// - `"name"`: the event name; otherwise the function's. Letters, digits, `_` and `.`, not a digit first.
/// - `fields(..)`: context, on every record, evaluated once before the body.
/// - `live(..)`: context that is evaluated anew for the terminal record. Where the body was dropped and may still
///   borrow it, the record has the last value known.
/// - `args(..)`: arguments, on `invoke` only.
/// - `result`: the value, of an `Ok` its inside, on `success`. `result(a, n = b.len(), 0)` selects parts, `result(?)`
///   its text.
/// - `entity_id = expr`: what the operation works on. `namespace = "name"`: where it lives.
/// - `levels(..)`: the level of `invoke`, `success`, `failed`, `suppressed`, `cancelled`.
/// - `errors = f`: what an error counts as: from `&E` to `ErrorClass` or to `Option<ErrorClass>`. `error(?)`: its
///   `Debug` text is the message.
/// - `when = expr`: `false` leaves no record of this call, not even of a failure; nothing else is evaluated.
///
/// A value without a name in front has that of its last segment: `self.peer.host` is `host`. A value is one that
/// `tracing` records, or serializes; `%` in front takes its `Display` text, `?` its `Debug` text.
///
/// In front of a field and a colon may stand the verbosities at which it appears: `normal | maximum: body`.
///
/// On an `impl` block or an inline module, `#[operation(namespace = "name")]` gives its operations a namespace.
#[proc_macro_attribute]
pub fn operation(args: TokenStream, item: TokenStream) -> TokenStream {
    let target = parse_macro_input!(item as target::Target);
    let expanded = match target {
        target::Target::Function(function) => {
            let args = parse_macro_input!(args as args::Args);
            expand::function(&args, *function)
        }
        target::Target::Group(group) => {
            let namespace = parse_macro_input!(args as args::GroupArgs);
            group.with_namespace(&namespace)
        }
    };
    expanded.unwrap_or_else(|error| error.to_compile_error()).into()
}
