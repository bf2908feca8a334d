//! The span of an operation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Ident, LitStr};

use crate::args::Args;
use crate::field::{Field, recorded, value_traits};

/// An expression that opens the span.
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
    let span = quote! {{
        #traits
        #tracing::span!(#tracing::Level::INFO, #name, #(#members),*)
    }};
    match &args.when {
        None => span,
        Some(when) => quote! {
            if #when {
                #span
            } else {
                #tracing::span!(#tracing::Level::INFO, #name, "invocation.record" = false)
            }
        },
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
        if !__invocation_span.is_disabled() {
            #traits
            #(#records)*
        }
    }
}
