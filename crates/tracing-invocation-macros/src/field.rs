//! One recorded value: `name = %self.peer.host`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::token::Paren;
use syn::{Expr, ExprParen, ExprReference, Ident, LitStr, Member, Token};

use crate::marks::Marks;

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
    /// Whether operations inside inherit it.
    is_inherited: bool,
    pub(crate) name: LitStr,
    sigil: Sigil,
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

    fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Display => "%",
            Self::Debug => "?",
        }
    }
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let Marks { gate, is_whole, inherit } = input.parse()?;
        let name = parse_name(input)?;
        let sigil = Sigil::parse(input)?;
        if let (None, Some(late)) = (&name, parse_name(input)?) {
            return Err(sigil_before_name(sigil, &late));
        }
        let value = parse_value(input)?;
        let name = match name.or_else(|| last_segment(&value)) {
            Some(name) => name,
            None => return Err(unnamed(&value)),
        };
        Ok(Self { gate, is_whole, is_inherited: inherit.is_some(), name, sigil, value })
    }
}

/// A value, on the right of an `=` or by itself.
pub(crate) fn parse_value(input: ParseStream<'_>) -> syn::Result<Expr> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(
            input.span(),
            "expected a value: `order`, `self.id`, `cart.len()`",
        ));
    }
    input.parse()
}

/// `?last = x`, where `last = ?x` was meant.
pub(crate) fn sigil_before_name(sigil: Sigil, name: &LitStr) -> syn::Error {
    let (sigil, name_text) = (sigil.text(), name.value());
    let message =
        format!("`{sigil}` stands in front of the value: write `{name_text} = {sigil}..`");
    syn::Error::new(name.span(), message)
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
    let message = match value {
        Expr::Assign(assigned) if matches!(*assigned.left, Expr::Field(_)) => {
            let (name, value) = (text(&assigned.left), text(&assigned.right));
            format!("a name with dots is a text: write `\"{name}\" = {value}`")
        }
        value => format!("this value needs a name: write `name = {}`", text(value)),
    };
    syn::Error::new_spanned(value, message)
}

/// Code as a person writes it, more or less.
pub(crate) fn text(code: &impl ToTokens) -> String {
    let mut text = code.to_token_stream().to_string();
    for tight in [".", "(", ")", "[", "]", "::", "?", ",", "&", "!"] {
        let keep_after = matches!(tight, ")" | "]" | "?" | ",");
        let keep_before = matches!(tight, "&");
        if !keep_before {
            text = text.replace(&format!(" {tight}"), tight);
        }
        if !keep_after {
            text = text.replace(&format!("{tight} "), tight);
        }
    }
    text
}

impl Field {
    /// The value as one that `tracing` records. Relies on the traits of [`value_traits`] being in scope.
    pub(crate) fn recorded(&self) -> TokenStream {
        recorded(self.sigil, self.is_whole, &self.value)
    }

    /// The name of the span's field, below `prefix`.
    pub(crate) fn key(&self, prefix: &str) -> LitStr {
        let inherit = if self.is_inherited { "invocation.inherit." } else { "" };
        let name = format!("{inherit}{prefix}{}", self.name.value());
        let name = if self.gate.is_empty() {
            name
        } else {
            let gate: Vec<_> = self.gate.iter().map(Ident::to_string).collect();
            format!("invocation.at.{}.{name}", gate.join("+"))
        };
        LitStr::new(&name, self.name.span())
    }
}

/// A value as one that `tracing` records.
pub(crate) fn recorded(sigil: Sigil, is_whole: bool, value: &Expr) -> TokenStream {
    // At the value's place, where an error about its type belongs.
    let span = at(last_segment(value).map_or(value.span(), |segment| segment.span()));
    let private = private(span);
    let reference = reference(value);
    let whole_text = |format: &str| quote_spanned!(span=> ::tracing_invocation::whole(&::core::format_args!(#format, #reference)));
    match (sigil, is_whole) {
        (Sigil::None, false) => quote_spanned!(span=> (&&&&#private::Probe(#reference)).field()),
        (Sigil::None, true) => quote_spanned!(span=> (&&#private::Probe(#reference)).whole()),
        (Sigil::Display, false) => quote_spanned!(span=> #private::value::display(#reference)),
        (Sigil::Debug, false) => quote_spanned!(span=> #private::value::debug(#reference)),
        (Sigil::Display, true) => whole_text("{}"),
        (Sigil::Debug, true) => whole_text("{:?}"),
    }
}

/// `&value`, in parentheses where it needs them.
fn reference(value: &Expr) -> Expr {
    let value = match value {
        // What came through a `macro_rules!` is held together by nothing that could be seen.
        Expr::Group(group) => {
            let expr = group.expr.clone();
            Expr::Paren(ExprParen { attrs: Vec::new(), paren_token: Paren(at(value.span())), expr })
        }
        value => value.clone(),
    };
    Expr::Reference(ExprReference {
        attrs: Vec::new(),
        and_token: Token![&](at(value.span())),
        mutability: None,
        expr: Box::new(value),
    })
}

/// The place of some code of the caller, for code of the macro: what that says means the same everywhere.
pub(crate) fn at(place: Span) -> Span {
    place.resolved_at(Span::call_site())
}

/// The path to what the macro expands to, standing at `span`.
pub(crate) fn private(span: Span) -> TokenStream {
    quote_spanned!(span=> ::tracing_invocation::private)
}

/// Brings into scope what [`recorded`] relies on.
pub(crate) fn value_traits() -> TokenStream {
    quote! {
        #[allow(unused_imports)]
        use ::tracing_invocation::private::value::{Native as _, Nullable as _, Refused as _, Structure as _};
    }
}

/// Refuses a name that stands twice in one list; `what` says what the list has, as in `a field`.
pub(crate) fn check_unique<'a>(
    what: &str,
    names: impl Iterator<Item = &'a LitStr>,
) -> syn::Result<()> {
    let mut before = Vec::new();
    for name in names {
        let text = name.value();
        if before.contains(&text) {
            let message = format!(
                "there is {what} `{text}` already: give this one another name, `other = ..`"
            );
            return Err(syn::Error::new(name.span(), message));
        }
        before.push(text);
    }
    Ok(())
}
