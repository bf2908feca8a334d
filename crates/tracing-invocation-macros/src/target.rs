//! What the attribute stands on.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::parse::{Parse, ParseStream};
use syn::visit_mut::{VisitMut, visit_item_mut};
use syn::{Attribute, Block, ImplItemFn, Item, ItemFn, Meta, Signature, TraitItemFn, Visibility};

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
    pub(crate) body: Block,
}

/// An `impl` block or an inline module.
pub(crate) struct Group(Item);

impl Parse for Target {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        if let Ok(item) = input.fork().parse::<Item>() {
            if let Item::Impl(_) | Item::Mod(_) = item {
                return Group::parse(attributes, input).map(|group| Self::Group(Box::new(group)));
            }
            if !matches!(item, Item::Fn(_) | Item::Verbatim(_)) {
                return Err(syn::Error::new_spanned(item, UNSUPPORTED));
            }
        }
        Function::parse(attributes, input).map(|function| Self::Function(Box::new(function)))
    }
}

const UNSUPPORTED: &str =
    "`#[operation]` stands on a function, an `impl` block or an inline module";

impl Function {
    fn parse(attributes: Vec<Attribute>, input: ParseStream<'_>) -> syn::Result<Self> {
        if let Ok(item) = input.fork().parse::<ItemFn>() {
            input.parse::<ItemFn>()?;
            let ItemFn { vis, sig, block, .. } = item;
            return Ok(Self {
                attributes,
                qualifiers: vis.into_token_stream(),
                signature: sig,
                body: *block,
            });
        }
        if let Ok(item) = input.fork().parse::<ImplItemFn>() {
            input.parse::<ImplItemFn>()?;
            let ImplItemFn { vis, defaultness, sig, block, .. } = item;
            return Ok(Self {
                attributes,
                qualifiers: quote!(#vis #defaultness),
                signature: sig,
                body: block,
            });
        }
        let Ok(item) = input.parse::<TraitItemFn>() else {
            return Err(input.error(UNSUPPORTED));
        };
        let Some(body) = item.default else {
            return Err(syn::Error::new_spanned(
                item.sig,
                "a function without a body is no operation: write `#[operation]` where it is implemented",
            ));
        };
        let qualifiers = Visibility::Inherited.into_token_stream();
        Ok(Self { attributes, qualifiers, signature: item.sig, body })
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
