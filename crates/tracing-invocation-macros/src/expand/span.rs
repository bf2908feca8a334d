//! The span of an operation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Ident, LitStr};

use crate::args::Args;
use crate::field::{Field, recorded, value_traits};

/// An expression that opens the span, an option.
pub(super) fn open(args: &Args, function: &Ident) -> TokenStream {
    let tracing = quote!(::tracing_invocation::private::tracing);
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| LitStr::new(&function.unraw().to_string(), function.span()));
    let namespace =
        args.namespace.iter().map(|namespace| quote!("invocation.namespace" = #namespace));
    let entity_id = args.entity_id.iter().map(|(sigil, value)| {
        let value = recorded(*sigil, false, value);
        quote!("invocation.entity_id" = #value)
    });
    let context = args.fields.iter().chain(&args.live).map(|field| member(field, ""));
    let arguments = args.args.iter().map(|field| member(field, "args."));
    let members = namespace.chain(entity_id).chain(context).chain(arguments);
    let traits = value_traits();
    let span = unless_disabled(&quote! {{
        #traits
        #tracing::span!(#tracing::Level::INFO, #name, #(#members),*)
    }});
    match &args.when {
        None => span,
        Some(when) => {
            let unrecorded = unless_disabled(&quote! {
                #tracing::span!(#tracing::Level::INFO, #name, "invocation.record" = false)
            });
            quote!(if #when { #span } else { #unrecorded })
        }
    }
}

/// The span, or none where its level is off for everybody, as `#[instrument]` has it. Only whoever reads spans through
/// the `log` crate has a use for one that is disabled.
fn unless_disabled(span: &TokenStream) -> TokenStream {
    let tracing = quote!(::tracing_invocation::private::tracing);
    quote! {
        if #tracing::level_enabled!(#tracing::Level::INFO)
            || #tracing::if_log_enabled!(#tracing::Level::INFO, { true } else { false })
        {
            ::core::option::Option::Some(#span)
        } else {
            ::core::option::Option::None
        }
    }
}

fn member(field: &Field, prefix: &str) -> TokenStream {
    let (key, value) = (field.key(prefix), field.recorded());
    quote!(#key = #value)
}

/// Statements that read what is live anew.
pub(super) fn record_live(args: &Args) -> TokenStream {
    if args.live.is_empty() {
        return TokenStream::new();
    }
    let traits = value_traits();
    let records = args.live.iter().map(|field| {
        let (name, value) = (field.key(""), field.recorded());
        quote!(__invocation_span.record(#name, #value);)
    });
    quote! {
        if let ::core::option::Option::Some(__invocation_span) =
            __invocation_span.as_ref().filter(|span| !span.is_disabled())
        {
            #traits
            #(#records)*
        }
    }
}
