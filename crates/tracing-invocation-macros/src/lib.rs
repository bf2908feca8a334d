//! `#[operation]`, the attribute of `tracing-invocation`. Use it through that crate, which documents it by example.
//!
//! `args` reads what is between the parentheses, with `field` and `result` for what is recorded; `target` decides
//! what the attribute stands on; `expand` writes the function anew.

mod args;
mod expand;
mod field;
mod marks;
mod result;
mod target;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use quote::quote;

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
///   borrow it, the record has the last value known. The body borrows its arguments then, so that an async function
///   sends only what is `Sync` too.
/// - `args(..)`: arguments, on `invoke` only.
/// - `result`: the value, of an `Ok` its inside, on `success`. `result(a, n = b.len(), 0)` selects parts, `result(?)`
///   its text.
/// - `entity_id = expr`: what the operation works on. `namespace = "name"`: where it lives.
/// - `levels(..)`: the level of `invoke`, `success`, `failed`, `suppressed`, `cancelled`.
/// - `errors = f`: what an error counts as: from `&E` to `ErrorClass` or to `Option<ErrorClass>`. `error(?)`: its
///   `Debug` text is the message.
/// - `when = expr`: `false` leaves no record of this call, not even of a failure; nothing else is evaluated.
///
/// An expression that panics is contained: the call goes on as without a log, and `<unprintable>` stands for the value. One
/// with `?`, `return` or `.await` in it is a part of the function, and so is its panic.
///
/// An operation that returns `impl Future` or a boxed future lasts until that future ends, and is `invoke`d when it is
/// first polled.
///
/// A value without a name in front has that of its last segment: `self.peer.host` is `host`. A value is one that
/// `tracing` records, or serializes; `%` in front takes its `Display` text, `?` its `Debug` text.
///
/// In front of a field and a colon may stand the verbosities at which it appears, `normal | maximum: body`, and `inherit`, for a
/// field that stands on the records of the operations inside, too, where they do not succeed: `inherit: user`.
///
/// On an `impl` block or an inline module, `#[operation(namespace = "name")]` gives its operations a namespace.
#[proc_macro_attribute]
pub fn operation(args: TokenStream, item: TokenStream) -> TokenStream {
    let written = TokenStream2::from(item);
    expanded(args, written.clone())
        .unwrap_or_else(|error| {
            // With what it stands on left as it is, what is wrong with the attribute is all that is said.
            let error = error.to_compile_error();
            quote!(#error #[allow(unused)] #written)
        })
        .into()
}

fn expanded(args: TokenStream, item: TokenStream2) -> syn::Result<TokenStream2> {
    match syn::parse2(item)? {
        target::Target::Function(function) => expand::function(&syn::parse(args)?, *function),
        target::Target::Group(group) => group.with_namespace(&syn::parse(args)?),
    }
}
