//! What is between the parentheses of `#[operation(..)]`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Token, parenthesized};

use crate::field::{Field, Sigil, check_unique, parse_value};
use crate::result::ResultArgs;

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
    pub(crate) result: Option<(ResultArgs, Span)>,
    pub(crate) errors: Option<Expr>,
    pub(crate) error_text: Option<(Sigil, Span)>,
    /// Pairs of an outcome's field in `Levels` and a variant of `Level`.
    pub(crate) levels: Vec<(Ident, Ident)>,
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
            let option = parse_option_name(input, &args)?;
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
            "result" => self.result = Some((ResultArgs::parse(option, input)?, option.span())),
            "error" => self.error_text = Some((parse_error_text(option, input)?, option.span())),
            "errors" => self.errors = Some(parse_assigned(option, "classify", input)?),
            "when" => self.when = Some(parse_assigned(option, "self.is_recorded()", input)?),
            "entity_id" => {
                expect_equals(option, "self.id", input)?;
                self.entity_id = Some((Sigil::parse(input)?, parse_value(input)?));
            }
            "namespace" => self.namespace = Some(parse_namespace(option, input)?),
            other => {
                let message = match instead_of(other) {
                    Some(instead) => instead.to_owned(),
                    None if input.is_empty() || input.peek(Token![,]) => {
                        format!(
                            "`{other}` is not an option of an operation: an event name is a text, `\"{other}\"`, and \
                             the options are {OPTIONS}"
                        )
                    }
                    None => {
                        format!("`{other}` is not an option of an operation: expected {OPTIONS}")
                    }
                };
                return Err(syn::Error::new(option.span(), message));
            }
        }
        Ok(())
    }

    fn check_names(&self) -> syn::Result<()> {
        check_unique("a field", self.fields.iter().chain(&self.live).map(|field| &field.name))?;
        check_unique("an argument", self.args.iter().map(|field| &field.name))
    }
}

/// What to write instead of an option that `#[instrument]` has, or that one may expect.
fn instead_of(option: &str) -> Option<&'static str> {
    Some(match option {
        "name" => "the event name stands first and alone: write `#[operation(\"name\", ..)]`",
        "skip" | "skip_all" => {
            "no argument is recorded unless it is asked for: leave this out, and name what to record in `args(..)` or \
             `fields(..)`"
        }
        "ret" | "err" => {
            "the outcome is known without this: leave it out, and write `result` to record the value"
        }
        "level" => "records have a level for each outcome: write `levels(success = \"info\")`",
        "target" => "where an operation lives is its namespace: write `namespace = \"name\"`",
        "parent" | "follows_from" => {
            "an operation begins inside the span around its call: to choose another, open a span by hand and make the \
             future its operation, `future.operation(span)`"
        }
        _ => return None,
    })
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

fn parse_option_name(input: ParseStream<'_>, args: &Args) -> syn::Result<Ident> {
    input.call(Ident::parse_any).map_err(|error| {
        let message = match args.name {
            Some(_) if input.peek(LitStr) => {
                "an operation has one event name: leave this one out".to_owned()
            }
            None if input.peek(LitStr) => {
                "the event name stands first: write it in front of the options".to_owned()
            }
            _ => format!("expected {OPTIONS}"),
        };
        syn::Error::new(error.span(), message)
    })
}

fn parse_event_name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let name: LitStr = input.parse()?;
    let text = name.value();
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '.';
    let is_next = |c: char| is_first(c) || c.is_ascii_digit();
    if text.starts_with(is_first) && text.chars().all(is_next) {
        return Ok(name);
    }
    if text.is_empty() {
        let message = "an event name is not empty: leave it out for the name of the function";
        return Err(syn::Error::new(name.span(), message));
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
    let outcomes = ["invoke", "success", "failed", "suppressed", "cancelled", "slow"];
    if !outcomes.contains(&outcome.to_string().as_str()) {
        let message = "expected `invoke`, `success`, `failed`, `suppressed`, `cancelled` or `slow`";
        return Err(syn::Error::new(outcome.span(), message));
    }
    if input.parse::<Option<Token![=]>>()?.is_none() {
        let message = format!("an outcome takes a level: write `{outcome} = \"info\"`");
        return Err(syn::Error::new(outcome.span(), message));
    }
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

fn parse_assigned(option: &Ident, example: &str, input: ParseStream<'_>) -> syn::Result<Expr> {
    expect_equals(option, example, input)?;
    parse_value(input)
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
