//! The span of an operation.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Expr, LitStr, Signature};

use super::contained::{
    Taken, contained, evaluated, is_contained, is_control_flow, is_plain, unprintable,
};
use crate::args::Args;
use crate::field::{recorded, value_traits};

/// One field of the span.
struct Member<'a> {
    key: TokenStream,
    value: &'a Expr,
    recorded: TokenStream,
}

/// An expression that opens the span, an option.
pub(super) fn open(args: &Args, signature: &Signature) -> TokenStream {
    let tracing = quote!(::tracing_invocation::private::tracing);
    let function = &signature.ident;
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| LitStr::new(&function.unraw().to_string(), function.span()));
    let span = unless_disabled(&span(args, signature, &name));
    match &args.when {
        None => span,
        Some(when) => {
            let unrecorded = unless_disabled(&quote! {
                #tracing::span!(#tracing::Level::INFO, #name, "invocation.record" = false)
            });
            // A condition that panics hides nothing.
            let when = if is_contained(when) {
                quote!(::tracing_invocation::private::value::holds(|| #when))
            } else {
                quote!(#when)
            };
            quote!(if #when { #span } else { #unrecorded })
        }
    }
}

/// The span. Where a value panics that is computed for it, the span is opened all the same: a mark stands for that value, for the
/// others that are computed, and for variables that these may have taken.
fn span(args: &Args, signature: &Signature, name: &LitStr) -> TokenStream {
    let members = members(args);
    let namespace = args.namespace.as_ref();
    let open = |values: &[TokenStream]| {
        let tracing = quote!(::tracing_invocation::private::tracing);
        let traits = value_traits();
        let namespace = namespace.map(|namespace| quote!("invocation.namespace" = #namespace,));
        let fields =
            members.iter().zip(values).map(|(Member { key, .. }, value)| quote!(#key = #value));
        quote! {{
            #traits
            #tracing::span!(#tracing::Level::INFO, #name, #namespace #(#fields),*)
        }}
    };
    let mut values: Vec<_> = members.iter().map(|member| member.recorded.clone()).collect();
    let Some(last) = members.iter().rposition(|member| is_contained(member.value)) else {
        return open(&values);
    };
    if members.iter().any(|member| is_control_flow(member.value)) {
        return open(&values);
    }
    values[last] = evaluated(&values[last]);
    let computed = members.iter().map(|member| member.value).filter(|value| !is_plain(value));
    let taken = Taken::by(computed, signature);
    let marked: Vec<_> = members
        .iter()
        .map(|member| {
            let is_left = is_plain(member.value) && !taken.has(member.value);
            if is_left { member.recorded.clone() } else { unprintable() }
        })
        .collect();
    contained(Span::call_site(), &open(&values), &open(&marked))
}

fn members(args: &Args) -> Vec<Member<'_>> {
    let entity_id = args.entity_id.iter().map(|(sigil, value)| Member {
        key: quote!("invocation.entity_id"),
        value,
        recorded: recorded(*sigil, false, value),
    });
    let context = args.fields.iter().chain(&args.live).map(|field| (field, ""));
    let arguments = args.args.iter().map(|field| (field, "args."));
    let fields = context.chain(arguments).map(|(field, prefix)| {
        let key = field.key(prefix);
        Member { key: quote!(#key), value: &field.value, recorded: field.recorded() }
    });
    entity_id.chain(fields).collect()
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

/// Statements that read what is live anew.
pub(super) fn record_live(args: &Args) -> TokenStream {
    if args.live.is_empty() {
        return TokenStream::new();
    }
    let traits = value_traits();
    let records = args.live.iter().map(|field| {
        let (name, value) = (field.key(""), field.recorded());
        if !is_contained(&field.value) {
            return quote!(__invocation_span.record(#name, #value););
        }
        let (value, mark) = (evaluated(&value), unprintable());
        let read = contained(
            field.value.span(),
            &quote!(__invocation_span.record(#name, #value);),
            &quote!({
                __invocation_span.record(#name, #mark);
            }),
        );
        quote!(#read;)
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
