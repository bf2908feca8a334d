//! One recorded value: `name = %self.peer.host`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Expr, Ident, LitStr, Member, Token};

/// How a value is recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sigil {
    None,
    Display,
    Debug,
}

/// One recorded value.
pub(crate) struct Field {
    /// The verbosities at which it appears; none for all.
    gate: Vec<Ident>,
    is_whole: bool,
    pub(crate) name: LitStr,
    pub(crate) sigil: Sigil,
    pub(crate) value: Expr,
}

impl Sigil {
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(if input.parse::<Option<Token![%]>>()?.is_some() {
            Self::Display
        } else if input.parse::<Option<Token![?]>>()?.is_some() {
            Self::Debug
        } else {
            Self::None
        })
    }
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let Marks { gate, is_whole } = Marks::parse(input)?;
        let name = parse_name(input)?;
        let sigil = Sigil::parse(input)?;
        let value: Expr = input.parse()?;
        let name = match name.or_else(|| last_segment(&value)) {
            Some(name) => name,
            None => return Err(unnamed(&value)),
        };
        Ok(Self { gate, is_whole, name, sigil, value })
    }
}

/// What stands in front of a field and a colon: `normal | maximum: body`, `whole: rows`.
#[derive(Default)]
pub(crate) struct Marks {
    /// The verbosities at which the field appears; none for all.
    pub(crate) gate: Vec<Ident>,
    /// Whether its limits are lifted.
    pub(crate) is_whole: bool,
}

impl Marks {
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut marks = Self::default();
        let ahead = input.fork();
        let is_there = ahead.call(Ident::parse_any).is_ok()
            && (ahead.peek(Token![|]) && !ahead.peek(Token![||])
                || ahead.peek(Token![:]) && !ahead.peek(Token![::]));
        if !is_there {
            return Ok(marks);
        }
        loop {
            let mark = input.call(Ident::parse_any)?;
            match mark.to_string().as_str() {
                "minimal" | "normal" | "maximum" => marks.gate.push(mark),
                "whole" => marks.is_whole = true,
                _ => {
                    let message = "in front of a field and a colon stand verbosities, `minimal`, `normal`, \
                                   `maximum`, or `whole` for a value that is not cut: `normal | maximum: body`";
                    return Err(syn::Error::new(mark.span(), message));
                }
            }
            if input.parse::<Option<Token![|]>>()?.is_none() {
                break;
            }
        }
        input.parse::<Token![:]>()?;
        Ok(marks)
    }
}

/// The name in front of a value, with the `=` behind it, where there is one.
pub(crate) fn parse_name(input: ParseStream<'_>) -> syn::Result<Option<LitStr>> {
    let is_named = |after: bool| after && !input.peek2(Token![==]);
    let name = if is_named(input.peek(LitStr) && input.peek2(Token![=])) {
        input.parse()?
    } else if is_named(input.peek(Ident::peek_any) && input.peek2(Token![=])) {
        let ident = Ident::parse_any(input)?;
        LitStr::new(&ident.unraw().to_string(), ident.span())
    } else {
        return Ok(None);
    };
    input.parse::<Token![=]>()?;
    if name.value().is_empty() {
        return Err(syn::Error::new(name.span(), "a field needs a name: write `name = value`"));
    }
    Ok(Some(name))
}

/// The name of a value that is a path or a field of one.
fn last_segment(value: &Expr) -> Option<LitStr> {
    let ident = match value {
        Expr::Path(path) => &path.path.segments.last()?.ident,
        Expr::Field(field) => match &field.member {
            Member::Named(ident) => ident,
            Member::Unnamed(_) => return None,
        },
        Expr::Reference(reference) => return last_segment(&reference.expr),
        Expr::Paren(paren) => return last_segment(&paren.expr),
        _ => return None,
    };
    Some(LitStr::new(&ident.unraw().to_string(), ident.span()))
}

fn unnamed(value: &Expr) -> syn::Error {
    let text = value.to_token_stream().to_string().replace(' ', "");
    syn::Error::new(value.span(), format!("this value needs a name: write `name = {text}`"))
}

impl Field {
    /// The value as one that `tracing` records. Relies on the traits of [`value_traits`] being in scope.
    pub(crate) fn recorded(&self) -> TokenStream {
        if !self.is_whole {
            return recorded(self.sigil, &self.value);
        }
        let value = &self.value;
        let value = match self.sigil {
            Sigil::None => quote!(#value),
            Sigil::Display => quote!(::core::format_args!("{}", #value)),
            Sigil::Debug => quote!(::core::format_args!("{:?}", #value)),
        };
        quote_spanned!(self.value.span()=> ::tracing_invocation::whole(&(#value)))
    }

    /// The name of the span's field, below `prefix`.
    pub(crate) fn key(&self, prefix: &str) -> LitStr {
        let name = format!("{prefix}{}", self.name.value());
        let name = if self.gate.is_empty() {
            name
        } else {
            let gate: Vec<_> = self.gate.iter().map(Ident::to_string).collect();
            format!("invocation.at.{}.{name}", gate.join("+"))
        };
        LitStr::new(&name, self.name.span())
    }

    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }
}

/// A value as one that `tracing` records.
pub(crate) fn recorded(sigil: Sigil, value: &Expr) -> TokenStream {
    let private = quote!(::tracing_invocation::private);
    match sigil {
        Sigil::Display => quote!(#private::tracing::field::display(&(#value))),
        Sigil::Debug => quote!(#private::tracing::field::debug(&(#value))),
        // At the value's place, where an error about its type belongs.
        Sigil::None => quote_spanned!(value.span()=> (&&&&#private::Probe(&(#value))).field()),
    }
}

/// Brings into scope what [`recorded`] relies on.
pub(crate) fn value_traits() -> TokenStream {
    quote! {
        #[allow(unused_imports)]
        use ::tracing_invocation::private::value::{Native as _, Nullable as _, Refused as _, Structure as _};
    }
}
