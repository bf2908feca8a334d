//! The function written anew: its span, its body inside, and what judges how it ended.

mod contained;
mod judge;
mod span;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound, parse_quote};

use crate::args::Args;
use crate::target::Function;

/// What kind of function it is.
enum Kind {
    Sync,
    Async,
    /// It returns a future, boxed or not, that is the operation.
    ReturnsFuture {
        boxed: bool,
    },
}

/// The function as an operation.
pub(crate) fn function(args: &Args, function: Function) -> syn::Result<TokenStream> {
    let Function { attributes, qualifiers, signature, body } = function;
    if let Some(constness) = &signature.constness {
        return Err(syn::Error::new(
            constness.span(),
            "an operation cannot be `const`: leave `const` out",
        ));
    }
    if let ReturnType::Type(_, returned) = &signature.output
        && let Type::Never(never) = &**returned
    {
        return Err(syn::Error::new(
            never.span(),
            "an operation that never returns has no end to record",
        ));
    }
    let kind = Kind::of(&signature);
    let private = quote!(::tracing_invocation::private);
    let open = span::open(args, &signature);
    let levels = levels(args);
    let judge = judge::closure(args, returned_place(&signature));
    let hint = returned_hint(&signature.output, &kind);
    let statements = body.stream();
    let place = body.span();
    // The body takes what it uses, as a function does, unless that is to be read again after it.
    let takes = args.live.is_empty().then(|| quote!(move));
    let inner = match kind {
        Kind::Async => quote_spanned!(place=> async #takes { #hint #statements }),
        Kind::Sync | Kind::ReturnsFuture { .. } => {
            quote_spanned!(place=> #takes || { #hint #statements })
        }
    };
    let live = span::record_live(args);
    let run = match (&kind, args.live.is_empty()) {
        (Kind::Sync, true) => quote! {
            #private::run(__invocation_span, __INVOCATION_LEVELS, #inner, #judge)
        },
        (Kind::Sync, false) => quote! {
            let __invocation_number = #private::number(&__invocation_span);
            let __invocation_output = #private::run_open(
                __invocation_span.as_ref(),
                __invocation_number,
                __INVOCATION_LEVELS,
                #inner,
            );
            let __invocation_end = #private::settle_later(&__invocation_span, __invocation_number);
            #live
            __invocation_end.end(#private::call_judge(&__invocation_output, #judge));
            __invocation_output
        },
        (Kind::Async, true) => quote! {
            #private::watch(__invocation_span, __INVOCATION_LEVELS, #inner, #judge).await
        },
        (Kind::Async, false) => async_live(&quote!(#inner), &live, &judge),
        (Kind::ReturnsFuture { boxed }, without_live) => {
            let output = output_hint(&signature.output);
            let future = quote!(#private::resolves_to::<#output, _>(#private::call(#inner)));
            let watched = if without_live {
                quote!(#private::watch(__invocation_span, __INVOCATION_LEVELS, #future, #judge))
            } else {
                let whole = async_live(&quote!(__invocation_future), &live, &judge);
                quote!({
                    let __invocation_future = #future;
                    async move { #whole }
                })
            };
            if *boxed { quote!(::std::boxed::Box::pin(#watched)) } else { watched }
        }
    };
    Ok(quote! {
        #(#attributes)*
        #qualifiers #signature {
            const __INVOCATION_LEVELS: ::core::option::Option<&'static ::tracing_invocation::private::OwnLevels> = #levels;
            let __invocation_span = #open;
            #run
        }
    })
}

/// Where the type stands that the function returns, or the function's name where none does.
fn returned_place(signature: &syn::Signature) -> Span {
    match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, returned) => returned.span(),
    }
}

/// Awaits `future`, then reads what is live, then judges.
fn async_live(future: &TokenStream, live: &TokenStream, judge: &TokenStream) -> TokenStream {
    let private = quote!(::tracing_invocation::private);
    quote! {
        let __invocation_number = #private::number(&__invocation_span);
        let __invocation_output = #private::watch_open(
            ::core::clone::Clone::clone(&__invocation_span),
            __invocation_number,
            __INVOCATION_LEVELS,
            #future,
        )
        .await;
        let __invocation_end = #private::settle_later(&__invocation_span, __invocation_number);
        #live
        __invocation_end.end(#private::call_judge(&__invocation_output, #judge));
        __invocation_output
    }
}

fn levels(args: &Args) -> TokenStream {
    if args.levels.is_empty() {
        return quote!(::core::option::Option::None);
    }
    let given = args
        .levels
        .iter()
        .map(|(outcome, level)| quote!(#outcome: ::core::option::Option::Some(::tracing_invocation::Level::#level)));
    quote! {
        ::core::option::Option::Some(&::tracing_invocation::private::OwnLevels {
            #(#given,)*
            ..::tracing_invocation::private::OwnLevels::NONE
        })
    }
}

impl Kind {
    fn of(signature: &syn::Signature) -> Self {
        if signature.asyncness.is_some() {
            return Self::Async;
        }
        let ReturnType::Type(_, returned) = &signature.output else {
            return Self::Sync;
        };
        match &**returned {
            Type::ImplTrait(returned) if any_is_future(&returned.bounds) => {
                Self::ReturnsFuture { boxed: false }
            }
            returned if is_boxed_future(returned) => Self::ReturnsFuture { boxed: true },
            _ => Self::Sync,
        }
    }
}

fn any_is_future<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> bool {
    bounds.into_iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|last| last.ident == "Future")
        }
        _ => false,
    })
}

/// Whether this is `Pin<Box<dyn Future>>`, or one of the aliases that `futures` has for it.
fn is_boxed_future(returned: &Type) -> bool {
    let Some((name, arguments)) = last_segment(returned) else {
        return false;
    };
    match name.as_str() {
        "BoxFuture" | "LocalBoxFuture" => true,
        "Pin" => arguments.is_some_and(|boxed| {
            let Some((name, Some(Type::TraitObject(object)))) = last_segment(boxed) else {
                return false;
            };
            name == "Box" && any_is_future(&object.bounds)
        }),
        _ => false,
    }
}

/// The last name of a path, and the first type among its arguments.
fn last_segment(of: &Type) -> Option<(String, Option<&Type>)> {
    let Type::Path(path) = of else {
        return None;
    };
    let last = path.path.segments.last()?;
    let argument = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(argument) => Some(argument),
                _ => None,
            })
        }
        _ => None,
    };
    Some((last.ident.to_string(), argument))
}

/// A return that never happens, of the type that the body has to return: a body inside a block or a closure would
/// not be coerced to it otherwise.
fn returned_hint(output: &ReturnType, kind: &Kind) -> TokenStream {
    let mut returned = match output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, returned) => (**returned).clone(),
    };
    if let Kind::ReturnsFuture { boxed: false } = kind {
        return TokenStream::new();
    }
    EraseImplTrait.visit_type_mut(&mut returned);
    quote! {
        #[allow(
            unknown_lints,
            unreachable_code,
            clippy::diverging_sub_expression,
            clippy::empty_loop,
            clippy::let_unit_value,
            clippy::let_with_type_underscore,
            clippy::needless_return,
            clippy::unreachable
        )]
        if false {
            let __invocation_returned: #returned = loop {};
            return __invocation_returned;
        }
    }
}

/// What a returned future resolves to, where its type says so: its judge has to know before the body is looked at.
fn output_hint(returned: &ReturnType) -> Type {
    let unknown = parse_quote!(_);
    let ReturnType::Type(_, returned) = returned else {
        return unknown;
    };
    let Type::ImplTrait(returned) = &**returned else {
        return unknown;
    };
    let outputs = returned.bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => match &bound.path.segments.last()?.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().find_map(|argument| match argument {
                    GenericArgument::AssocType(assigned) if assigned.ident == "Output" => {
                        Some(assigned.ty.clone())
                    }
                    _ => None,
                })
            }
            _ => None,
        },
        _ => None,
    });
    let mut output = { outputs }.next().unwrap_or(unknown);
    EraseImplTrait.visit_type_mut(&mut output);
    output
}

/// `impl Trait` has no name that could stand in a `let`.
struct EraseImplTrait;

impl VisitMut for EraseImplTrait {
    fn visit_type_mut(&mut self, of: &mut Type) {
        if let Type::ImplTrait(_) = of {
            *of = parse_quote!(_);
        } else {
            visit_mut::visit_type_mut(self, of);
        }
    }
}
