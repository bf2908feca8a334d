//! What judges how an operation ended, by the value that it returned.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::args::{Args, Part, ResultArgs};
use crate::field::Sigil;

/// A closure from the returned value to a verdict.
pub(super) fn closure(args: &Args) -> TokenStream {
    let private = quote!(::tracing_invocation::private);
    let result = result(args);
    let failure = failure(args);
    quote! {
        |__invocation_output: &_| {
            #[allow(unused_imports)]
            use #private::output::{Plain as _, Returns as _};
            match (&&#private::Probe(__invocation_output)).returned() {
                ::core::result::Result::Ok(__invocation_value) => #private::success(#result),
                ::core::result::Result::Err(__invocation_error) => #failure,
            }
        }
    }
}

/// The result as JSON, an option.
fn result(args: &Args) -> TokenStream {
    let value = match &args.result {
        None => return quote!(::core::option::Option::None),
        Some(ResultArgs::Whole(sigil)) => {
            written(*sigil, false, &quote!(__invocation_value), proc_macro2::Span::call_site())
        }
        Some(ResultArgs::Parts(parts)) => {
            let private = quote!(::tracing_invocation::private);
            let parts = parts.iter().map(|Part { is_whole, name, sigil, path }| {
                let value =
                    written(*sigil, *is_whole, &quote!(&__invocation_value.#path), path.span());
                quote!(#private::value::part(#name, || #value))
            });
            quote!(#private::value::result_parts([#(#parts),*]))
        }
    };
    quote!(::core::option::Option::Some(#value))
}

/// A reference to a value, as JSON.
fn written(
    sigil: Sigil,
    is_whole: bool,
    value: &TokenStream,
    span: proc_macro2::Span,
) -> TokenStream {
    let value_mod = quote!(::tracing_invocation::private::value);
    let text = match sigil {
        Sigil::None => None,
        Sigil::Display => Some("{}"),
        Sigil::Debug => Some("{:?}"),
    };
    match (text, is_whole) {
        (None, false) => quote_spanned!(span=> #value_mod::result(#value)),
        (None, true) => quote_spanned!(span=> #value_mod::result_whole(#value)),
        (Some(text), false) => {
            quote_spanned!(span=> #value_mod::result_text(::core::format_args!(#text, #value)))
        }
        (Some(text), true) => {
            quote_spanned!(span=> #value_mod::result_whole(&::core::format_args!(#text, #value)))
        }
    }
}

fn failure(args: &Args) -> TokenStream {
    let private = quote!(::tracing_invocation::private);
    let class = match &args.errors {
        None => quote!(::core::option::Option::None),
        Some(classify) => {
            quote_spanned!(classify.span()=> #private::error::classify(__invocation_error, #classify))
        }
    };
    let probed = quote!((&&&&&&#private::Probe(__invocation_error)).probed());
    let probed = match args.error_text {
        Some(Sigil::Debug) => quote!(#private::error::with_debug(#probed, __invocation_error)),
        Some(Sigil::Display | Sigil::None) | None => probed,
    };
    quote! {{
        #[allow(unused_imports)]
        use #private::error::{
            AnyError as _, DebugError as _, Described as _, DisplayError as _, ErrorInside as _,
            SendErrorInside as _, StdError as _, Undescribed as _,
        };
        let __invocation_details = (&&#private::Probe(__invocation_error)).details();
        #private::error::failure(#probed, __invocation_details, #class)
    }}
}
