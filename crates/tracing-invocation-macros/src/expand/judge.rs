//! What judges how an operation ended, by the value that it returned.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned as _;

use crate::args::Args;
use crate::field::{Sigil, at, private};
use crate::result::{Part, ResultArgs};

/// A closure from the returned value to a verdict. An error about the value's type belongs to `returned`.
pub(super) fn closure(args: &Args, returned: Span) -> TokenStream {
    let private = quote!(::tracing_invocation::private);
    let returned = quote_spanned! {at(returned)=>
        (&&&::tracing_invocation::private::Probe(__invocation_output)).returned()
    };
    let result = result(args);
    let failure = failure(args);
    quote! {
        |__invocation_output: &_| {
            #[allow(unused_imports)]
            use #private::output::{Hidden as _, Plain as _, Returns as _};
            match #returned {
                ::core::result::Result::Ok(__invocation_value) => #private::success(#result),
                ::core::result::Result::Err(__invocation_error) => #failure,
            }
        }
    }
}

/// The result as JSON, an option.
fn result(args: &Args) -> TokenStream {
    let Some((result, span)) = &args.result else {
        return quote!(::core::option::Option::None);
    };
    let private = quote!(::tracing_invocation::private);
    let value = match result {
        ResultArgs::Whole(sigil) => written(*sigil, false, &TokenStream::new(), *span),
        ResultArgs::Parts(parts) => {
            let parts = parts.iter().map(|Part { is_whole, name, sigil, path }| {
                let value = written(*sigil, *is_whole, &quote!(.#path), path.span());
                quote!(#private::value::part(#name, || #value))
            });
            quote!(#private::value::result_parts([#(#parts),*]))
        }
    };
    quote! {
        ::core::option::Option::Some({
            #[allow(unused_imports)]
            use #private::value::{RefusedResult as _, Serialized as _};
            #value
        })
    }
}

/// The value, or what stands behind it and a dot, as JSON. An error about its type belongs to `place`.
fn written(sigil: Sigil, is_whole: bool, part: &TokenStream, place: Span) -> TokenStream {
    let span = at(place);
    let private = private(span);
    let value = if part.is_empty() {
        quote_spanned!(span=> __invocation_value)
    } else {
        quote_spanned!(span=> &__invocation_value #part)
    };
    match sigil {
        Sigil::None => quote_spanned!(span=> (&&#private::Probe(#value)).json(#is_whole)),
        Sigil::Display => quote_spanned!(span=> #private::value::result_display(#value, #is_whole)),
        Sigil::Debug => quote_spanned!(span=> #private::value::result_debug(#value, #is_whole)),
    }
}

fn failure(args: &Args) -> TokenStream {
    let private = quote!(::tracing_invocation::private);
    let class = match &args.errors {
        None => quote!(::core::option::Option::None),
        Some(classify) => class(classify),
    };
    let probed = quote!((&&&&&&&&#private::Probe(__invocation_error)).probed());
    let probed = match args.error_text {
        Some((Sigil::Debug, place)) => {
            let error = quote_spanned!(at(place)=> __invocation_error);
            quote!(#private::error::with_debug(#probed, #error))
        }
        Some((Sigil::Display | Sigil::None, _)) | None => probed,
    };
    quote! {{
        #[allow(unused_imports)]
        use #private::error::{
            AnyError as _, DebugError as _, Described as _, DisplayError as _, ErrorBehind as _,
            ErrorInside as _, SendErrorBehind as _, SendErrorInside as _, StdError as _,
            Undescribed as _,
        };
        let __invocation_details = (&&#private::Probe(__invocation_error)).details();
        #private::error::failure(#probed, __invocation_details, #class)
    }}
}

/// What the operation says of its error.
fn class(classify: &Expr) -> TokenStream {
    let span = at(classify.span());
    let private = private(span);
    let class = quote_spanned!(span=> (&&#private::Probe(__invocation_error)).class_by(#classify));
    quote! {{
        #[allow(unused_imports)]
        use #private::error::{Classified as _, Unclassified as _};
        #class
    }}
}
