//! What the attribute stands on.

use proc_macro2::{Delimiter, Group as TokenGroup, TokenStream};
use quote::{ToTokens as _, quote};
use syn::parse::{Parse, ParseStream};
use syn::visit_mut::{VisitMut, visit_item_mut};
use syn::{AttrStyle, Attribute, Ident, Item, Meta, Signature, Token, Visibility, braced};

use crate::args::GroupArgs;

/// What the attribute stands on.
pub(crate) enum Target {
    Function(Box<Function>),
    Group(Box<Group>),
}

/// A function with a body, wherever it stands.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    /// The visibility, and `default` where there is one.
    pub(crate) qualifiers: TokenStream,
    pub(crate) signature: Signature,
    /// In its braces, and as it was written: what is wrong in it is the compiler's to say.
    pub(crate) body: TokenGroup,
}

/// An `impl` block or an inline module.
pub(crate) struct Group(Item);

impl Parse for Target {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        if let Ok(signature) = input.fork().call(FullSignature::parse) {
            input.call(FullSignature::parse)?;
            let function = Function::parse(attributes, signature, input)?;
            return Ok(Self::Function(Box::new(function)));
        }
        match input.fork().parse::<Item>() {
            Ok(Item::Impl(_) | Item::Mod(_)) => {
                Group::parse(attributes, input).map(|group| Self::Group(Box::new(group)))
            }
            Ok(item) => Err(syn::Error::new_spanned(item, UNSUPPORTED)),
            Err(_) if input.peek(Ident) => Err(input.error(UNSUPPORTED)),
            Err(error) => Err(error),
        }
    }
}

const UNSUPPORTED: &str =
    "`#[operation]` stands on a function, an `impl` block or an inline module";

/// A signature, and what may stand in front of it in a module, an `impl` block or a trait.
struct FullSignature {
    qualifiers: TokenStream,
    signature: Signature,
}

impl FullSignature {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let visibility: Visibility = input.parse()?;
        let default: Option<Token![default]> = input.parse()?;
        Ok(Self { qualifiers: quote!(#visibility #default), signature: input.parse()? })
    }
}

impl Function {
    fn parse(
        mut attributes: Vec<Attribute>,
        FullSignature { qualifiers, signature }: FullSignature,
        input: ParseStream<'_>,
    ) -> syn::Result<Self> {
        if input.parse::<Option<Token![;]>>()?.is_some() {
            return Err(syn::Error::new_spanned(
                signature,
                "a function without a body is no operation: write `#[operation]` where it is implemented",
            ));
        }
        let content;
        let braces = braced!(content in input);
        let inner = content.call(Attribute::parse_inner)?;
        attributes
            .extend(inner.into_iter().map(|inner| Attribute { style: AttrStyle::Outer, ..inner }));
        let mut body = TokenGroup::new(Delimiter::Brace, content.parse()?);
        body.set_span(braces.span.join());
        Ok(Self { attributes, qualifiers, signature, body })
    }
}

impl Group {
    fn parse(attributes: Vec<Attribute>, input: ParseStream<'_>) -> syn::Result<Self> {
        let mut item: Item = input.parse()?;
        let own = match &mut item {
            Item::Impl(item) => &mut item.attrs,
            Item::Mod(item) if item.content.is_some() => &mut item.attrs,
            other => {
                return Err(syn::Error::new_spanned(
                    other,
                    "a module needs its content here: write `mod name { .. }`",
                ));
            }
        };
        own.splice(0..0, attributes);
        Ok(Self(item))
    }

    /// The group, each of whose operations has the namespace unless it has its own.
    pub(crate) fn with_namespace(mut self, args: &GroupArgs) -> syn::Result<TokenStream> {
        let mut give = GiveNamespace(args);
        visit_item_mut(&mut give, &mut self.0);
        Ok(self.0.into_token_stream())
    }
}

struct GiveNamespace<'a>(&'a GroupArgs);

impl VisitMut for GiveNamespace<'_> {
    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        let is_operation =
            |path: &syn::Path| path.segments.last().is_some_and(|last| last.ident == "operation");
        let namespace = &self.0.namespace;
        match &mut attribute.meta {
            Meta::Path(path) if is_operation(path) => {
                attribute.meta = syn::parse_quote!(#path(namespace = #namespace));
            }
            Meta::List(list) if is_operation(&list.path) && !has_namespace(&list.tokens) => {
                let given = std::mem::take(&mut list.tokens);
                list.tokens = append(given, &quote!(namespace = #namespace));
            }
            _ => {}
        }
    }
}

/// Whether `namespace = ..` stands among the options.
fn has_namespace(options: &TokenStream) -> bool {
    let tokens: Vec<_> = options.clone().into_iter().map(|token| token.to_string()).collect();
    tokens.windows(2).any(|pair| pair[0] == "namespace" && pair[1] == "=")
}

fn append(options: TokenStream, more: &TokenStream) -> TokenStream {
    let ends_open = options.is_empty() || options.to_string().trim_end().ends_with(',');
    if ends_open { quote!(#options #more) } else { quote!(#options, #more) }
}
