//! What of a result is recorded: `result`, `result(?)`, `result(id, n = tags.len())`.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Token, parenthesized};

use crate::field::{Sigil, check_unique, parse_name, sigil_before_name, text};
use crate::marks::Marks;

/// What of a result is recorded.
pub(crate) enum ResultArgs {
    Whole(Sigil),
    Parts(Vec<Part>),
}

/// A part of a result: what is written behind the result and a dot.
pub(crate) struct Part {
    pub(crate) is_whole: bool,
    pub(crate) name: LitStr,
    pub(crate) sigil: Sigil,
    pub(crate) path: TokenStream,
}

impl ResultArgs {
    pub(crate) fn parse(option: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let wrong = |span| {
            let message = "write `result` alone for the whole value, or name parts of it, `result(id, n = tags.len())`";
            Err(syn::Error::new(span, message))
        };
        if input.peek(Token![=]) {
            return wrong(option.span());
        }
        if !input.peek(syn::token::Paren) {
            return Ok(Self::Whole(Sigil::None));
        }
        let content;
        parenthesized!(content in input);
        if content.is_empty() {
            return wrong(option.span());
        }
        let sigil = Sigil::parse(&content.fork())?;
        if sigil != Sigil::None && content.fork().parse::<TokenStream>()?.into_iter().count() == 1 {
            return Ok(Self::Whole(Sigil::parse(&content)?));
        }
        let parts = Punctuated::<Part, Token![,]>::parse_terminated(&content)?;
        check_unique("a part", parts.iter().map(|part| &part.name))?;
        Ok(Self::Parts(parts.into_iter().collect()))
    }
}

impl Parse for Part {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let Marks { gate, is_whole, inherit } = input.parse()?;
        if let Some(inherit) = inherit {
            let message = "nothing is inside an operation that has a result: leave this out, or mark a field, \
                           `fields(inherit: user)`";
            return Err(syn::Error::new(inherit.span(), message));
        }
        if let Some(verbosity) = gate.first() {
            let message = "a result is recorded at every verbosity: leave this out";
            return Err(syn::Error::new(verbosity.span(), message));
        }
        let name = parse_name(input)?;
        let sigil = Sigil::parse(input)?;
        if let (None, Some(late)) = (&name, parse_name(input)?) {
            return Err(sigil_before_name(sigil, &late));
        }
        let start = input.span();
        let path = parse_path(input)?;
        // Behind any value, a part has to read as an expression.
        let expr = syn::parse2::<Expr>(quote!(value.#path)).ok().filter(is_part);
        let Some(expr) = expr else {
            let message =
                "a part is what stands behind the result and a dot: `id`, `0`, `user.tags.len()`";
            return Err(if path.is_empty() {
                syn::Error::new(start, message)
            } else {
                syn::Error::new_spanned(path, message)
            });
        };
        let name = match name.or_else(|| part_name(&expr)) {
            Some(name) => name,
            None => {
                let message = format!("this part needs a name: write `name = {}`", text(&path));
                return Err(syn::Error::new_spanned(path, message));
            }
        };
        Ok(Self { is_whole, name, sigil, path })
    }
}

/// What stands in front of the next comma.
fn parse_path(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut path = TokenStream::new();
    let mut is_open = true;
    while !input.is_empty() && !input.peek(Token![,]) {
        let token: TokenTree = input.parse()?;
        let is_word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        if is_word && !is_open {
            return Err(syn::Error::new(token.span(), "expected `,`"));
        }
        is_open = matches!(token, TokenTree::Punct(_));
        path.extend(Some(token));
    }
    Ok(path)
}

/// Whether this is a chain of fields, calls and indices, each behind the one before.
fn is_part(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) => is_part(&field.base),
        Expr::MethodCall(call) => is_part(&call.receiver),
        Expr::Index(index) => is_part(&index.expr),
        Expr::Call(call) => is_part(&call.func),
        Expr::Paren(paren) => is_part(&paren.expr),
        Expr::Path(_) => true,
        _ => false,
    }
}

/// The name of a part that has none in front of it: its last segment, `item0` for the first item of a tuple.
fn part_name(part: &Expr) -> Option<LitStr> {
    match part {
        Expr::Field(field) => Some(match &field.member {
            syn::Member::Named(ident) => LitStr::new(&ident.unraw().to_string(), ident.span()),
            syn::Member::Unnamed(index) => LitStr::new(&format!("item{}", index.index), index.span),
        }),
        _ => None,
    }
}
