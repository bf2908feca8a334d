//! What is between the parentheses of `#[operation(..)]`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Token, parenthesized};

use crate::field::{Field, Marks, Sigil, parse_name};

/// What an operation was asked for.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) namespace: Option<LitStr>,
    pub(crate) entity_id: Option<(Sigil, Expr)>,
    pub(crate) when: Option<Expr>,
    pub(crate) fields: Vec<Field>,
    pub(crate) live: Vec<Field>,
    pub(crate) args: Vec<Field>,
    pub(crate) result: Option<ResultArgs>,
    pub(crate) errors: Option<Expr>,
    pub(crate) error_text: Option<Sigil>,
    /// Pairs of an outcome's field in `Levels` and a variant of `Level`.
    pub(crate) levels: Vec<(Ident, Ident)>,
}

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

/// What a group of operations was asked for.
pub(crate) struct GroupArgs {
    pub(crate) namespace: LitStr,
}

const OPTIONS: &str = "`fields(..)`, `live(..)`, `args(..)`, `result`, `entity_id = ..`, `namespace = ..`, \
     `levels(..)`, `errors = ..`, `error(..)` or `when = ..`";

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Self::default();
        if input.peek(LitStr) {
            args.name = Some(parse_event_name(input)?);
            parse_comma(input)?;
        }
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let option = input
                .call(Ident::parse_any)
                .map_err(|error| syn::Error::new(error.span(), format!("expected {OPTIONS}")))?;
            if seen.contains(&option) {
                return Err(syn::Error::new(
                    option.span(),
                    format!("`{option}` was given before: write it once"),
                ));
            }
            args.parse_option(&option, input)?;
            seen.push(option);
            parse_comma(input)?;
        }
        args.check_names()?;
        Ok(args)
    }
}

impl Args {
    fn parse_option(&mut self, option: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        match option.to_string().as_str() {
            "fields" => self.fields = parse_list(option, input)?,
            "live" => self.live = parse_list(option, input)?,
            "args" => self.args = parse_list(option, input)?,
            "levels" => self.levels = parse_levels(option, input)?,
            "result" => self.result = Some(ResultArgs::parse(input)?),
            "error" => self.error_text = Some(parse_error_text(option, input)?),
            "errors" => self.errors = Some(parse_value(option, "classify", input)?),
            "when" => self.when = Some(parse_value(option, "self.is_recorded()", input)?),
            "entity_id" => {
                expect_equals(option, "self.id", input)?;
                self.entity_id = Some((Sigil::parse(input)?, input.parse()?));
            }
            "namespace" => self.namespace = Some(parse_namespace(option, input)?),
            "name" => {
                return Err(syn::Error::new(
                    option.span(),
                    "the event name stands first and alone: write `#[operation(\"name\", ..)]`",
                ));
            }
            "skip" | "skip_all" => {
                return Err(syn::Error::new(
                    option.span(),
                    "no argument is recorded unless it is asked for: leave this out, and name what to record in \
                     `args(..)` or `fields(..)`",
                ));
            }
            "ret" | "err" => {
                return Err(syn::Error::new(
                    option.span(),
                    "the outcome is known without this: leave it out, and write `result` to record the value",
                ));
            }
            "level" => {
                return Err(syn::Error::new(
                    option.span(),
                    "records have a level for each outcome: write `levels(success = \"info\")`",
                ));
            }
            _ => {
                return Err(syn::Error::new(
                    option.span(),
                    format!("`{option}` is not an option of an operation: expected {OPTIONS}"),
                ));
            }
        }
        Ok(())
    }

    fn check_names(&self) -> syn::Result<()> {
        let context: Vec<_> = self.fields.iter().chain(&self.live).collect();
        let arguments: Vec<_> = self.args.iter().collect();
        for group in [context, arguments] {
            for (at, field) in group.iter().enumerate() {
                if group[..at].iter().any(|before| before.name.value() == field.name.value()) {
                    let name = field.name.value();
                    return Err(syn::Error::new(
                        field.span(),
                        format!(
                            "there is a field `{name}` already: give this one another, `other = ..`"
                        ),
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Parse for GroupArgs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let expected = "on an `impl` block or a module, write `#[operation(namespace = \"name\")]`, and \
                        `#[operation]` on each of its operations";
        let wrong = |span| syn::Error::new(span, expected);
        if input.is_empty() {
            return Err(wrong(Span::call_site()));
        }
        let option = input.call(Ident::parse_any).map_err(|error| wrong(error.span()))?;
        if option != "namespace" {
            return Err(wrong(option.span()));
        }
        let namespace = parse_namespace(&option, input)?;
        parse_comma(input)?;
        if !input.is_empty() {
            return Err(wrong(input.span()));
        }
        Ok(Self { namespace })
    }
}

impl ResultArgs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(syn::token::Paren) {
            return Ok(Self::Whole(Sigil::None));
        }
        let content;
        parenthesized!(content in input);
        if content.is_empty() {
            return Err(content
                .error("name the parts to record, or write `result` alone for the whole value"));
        }
        let sigil = Sigil::parse(&content.fork())?;
        if sigil != Sigil::None && content.fork().parse::<TokenStream>()?.into_iter().count() == 1 {
            return Ok(Self::Whole(Sigil::parse(&content)?));
        }
        let parts = Punctuated::<Part, Token![,]>::parse_terminated(&content)?;
        Ok(Self::Parts(parts.into_iter().collect()))
    }
}

impl Parse for Part {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let Marks { gate, is_whole } = Marks::parse(input)?;
        if let Some(verbosity) = gate.first() {
            let message = "a result is recorded at every verbosity: leave this out";
            return Err(syn::Error::new(verbosity.span(), message));
        }
        let name = parse_name(input)?;
        let sigil = Sigil::parse(input)?;
        let mut path = TokenStream::new();
        let start = input.span();
        while !input.is_empty() && !input.peek(Token![,]) {
            path.extend(Some(input.parse::<proc_macro2::TokenTree>()?));
        }
        // Behind any value, a part has to read as an expression.
        let probe = quote!(value.#path);
        let expr: Expr = syn::parse2(probe).map_err(|_| {
            syn::Error::new(
                start,
                "a part is what stands behind the result and a dot: `id`, `0`, `user.tags.len()`",
            )
        })?;
        let name = match name.or_else(|| part_name(&expr)) {
            Some(name) => name,
            None => {
                let text = path.to_string().replace(' ', "");
                return Err(syn::Error::new(
                    start,
                    format!("this part needs a name: write `name = {text}`"),
                ));
            }
        };
        Ok(Self { is_whole, name, sigil, path })
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

fn parse_event_name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let name: LitStr = input.parse()?;
    let text = name.value();
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '.';
    let is_next = |c: char| is_first(c) || c.is_ascii_digit();
    if text.starts_with(is_first) && text.chars().all(is_next) {
        return Ok(name);
    }
    let mut suggestion: String = text.chars().map(|c| if is_next(c) { c } else { '_' }).collect();
    if !suggestion.starts_with(is_first) {
        suggestion.insert(0, '_');
    }
    Err(syn::Error::new(
        name.span(),
        format!(
            "an event name is letters, digits, `_` and `.`, and does not begin with a digit: write `\"{suggestion}\"`"
        ),
    ))
}

fn parse_list(option: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<Field>> {
    if !input.peek(syn::token::Paren) {
        let message = format!("`{option}` lists what to record: write `{option}(a, name = b.c)`");
        return Err(syn::Error::new(option.span(), message));
    }
    let content;
    parenthesized!(content in input);
    let fields = Punctuated::<Field, Token![,]>::parse_terminated(&content)?;
    Ok(fields.into_iter().collect())
}

fn parse_levels(option: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<(Ident, Ident)>> {
    if !input.peek(syn::token::Paren) {
        let message =
            "`levels` names outcomes: write `levels(success = \"info\", cancelled = \"warn\")`";
        return Err(syn::Error::new(option.span(), message));
    }
    let content;
    parenthesized!(content in input);
    let levels = content.parse_terminated(parse_level, Token![,])?;
    let levels: Vec<_> = levels.into_iter().collect();
    for (at, (outcome, _)) in levels.iter().enumerate() {
        if levels[..at].iter().any(|(before, _)| before == outcome) {
            let message = format!("`{outcome}` has a level already: write it once");
            return Err(syn::Error::new(outcome.span(), message));
        }
    }
    Ok(levels)
}

fn parse_level(input: ParseStream<'_>) -> syn::Result<(Ident, Ident)> {
    let outcome = input.call(Ident::parse_any)?;
    let outcomes = ["invoke", "success", "failed", "suppressed", "cancelled"];
    if !outcomes.contains(&outcome.to_string().as_str()) {
        let message = "expected `invoke`, `success`, `failed`, `suppressed` or `cancelled`";
        return Err(syn::Error::new(outcome.span(), message));
    }
    input.parse::<Token![=]>()?;
    let message = "a level is \"trace\", \"debug\", \"info\", \"warn\" or \"error\"";
    let level: LitStr = input.parse().map_err(|error| syn::Error::new(error.span(), message))?;
    let variant = match level.value().to_ascii_lowercase().as_str() {
        "trace" => "Trace",
        "debug" => "Debug",
        "info" => "Info",
        "warn" => "Warn",
        "error" => "Error",
        _ => return Err(syn::Error::new(level.span(), message)),
    };
    Ok((outcome, Ident::new(variant, level.span())))
}

fn parse_error_text(option: &Ident, input: ParseStream<'_>) -> syn::Result<Sigil> {
    let message = "write `error(?)` for an error's `Debug` text, `error(%)` for its `Display` text";
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(option.span(), message));
    }
    let content;
    parenthesized!(content in input);
    match Sigil::parse(&content)? {
        Sigil::None => Err(syn::Error::new(option.span(), message)),
        _ if !content.is_empty() => Err(syn::Error::new(content.span(), message)),
        sigil => Ok(sigil),
    }
}

fn parse_namespace(option: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    expect_equals(option, "\"name\"", input)?;
    let message = "a namespace is a text: write `namespace = \"name\"`";
    input.parse().map_err(|error| syn::Error::new(error.span(), message))
}

fn parse_value(option: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<Expr> {
    expect_equals(option, example, input)?;
    input.parse()
}

fn expect_equals(option: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<()> {
    if input.parse::<Option<Token![=]>>()?.is_none() {
        let message = format!("`{option}` takes a value: write `{option} = {example}`");
        return Err(syn::Error::new(option.span(), message));
    }
    Ok(())
}

fn parse_comma(input: ParseStream<'_>) -> syn::Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(())
}
