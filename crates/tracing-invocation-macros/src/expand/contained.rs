//! Keeps a panic of a value that is recorded away from the program.
//!
//! A value that is computed for the log is evaluated inside a closure, which is where a panic is caught. A value that takes
//! part in the control flow of the function, by `?`, `return` or `.await`, cannot stand in a closure: it stays a part of the
//! function, as its panic does.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, FnArg, Pat, Signature, Type, UnOp};

use crate::field::at;

/// Returns `true` if nothing is computed: a variable, a field of one, a literal, or a reference to one of these.
pub(super) fn is_plain(value: &Expr) -> bool {
    match value {
        Expr::Path(_) | Expr::Lit(_) => true,
        Expr::Field(field) => is_plain(&field.base),
        Expr::Reference(reference) => is_plain(&reference.expr),
        Expr::Paren(paren) => is_plain(&paren.expr),
        Expr::Group(group) => is_plain(&group.expr),
        Expr::Cast(cast) => is_plain(&cast.expr),
        Expr::Unary(unary) => {
            matches!(unary.op, UnOp::Neg(_)) && matches!(*unary.expr, Expr::Lit(_))
        }
        _ => false,
    }
}

/// Returns `true` if the value takes part in the control flow of the function around it.
pub(super) fn is_control_flow(value: &Expr) -> bool {
    struct Finder(bool);

    impl VisitMut for Finder {
        fn visit_expr_mut(&mut self, expr: &mut Expr) {
            match expr {
                Expr::Return(_)
                | Expr::Try(_)
                | Expr::Await(_)
                | Expr::Break(_)
                | Expr::Continue(_)
                | Expr::Yield(_) => self.0 = true,
                // These have a control flow of their own.
                Expr::Closure(_) | Expr::Async(_) => {}
                expr => visit_mut::visit_expr_mut(self, expr),
            }
        }
    }

    let mut finder = Finder(false);
    finder.visit_expr_mut(&mut value.clone());
    finder.0
}

/// Returns `true` if a panic of the value can be caught, and there may be one.
pub(super) fn is_contained(value: &Expr) -> bool {
    !is_plain(value) && !is_control_flow(value)
}

/// The variables that values may have taken with them, so that nothing can be read from them once such a value panicked.
pub(super) struct Taken(HashSet<String>);

impl Taken {
    pub(super) fn by<'a>(values: impl Iterator<Item = &'a Expr>, signature: &Signature) -> Self {
        let mut names = HashSet::new();
        values.for_each(|value| collect(value.to_token_stream(), &mut names));
        for input in &signature.inputs {
            if let Some(name) = shared_name(input) {
                names.remove(&name);
            }
        }
        Self(names)
    }

    pub(super) fn has(&self, plain: &Expr) -> bool {
        let mut names = HashSet::new();
        collect(plain.to_token_stream(), &mut names);
        !self.0.is_disjoint(&names)
    }
}

/// The name of an argument that is a reference, which nothing can take away.
fn shared_name(input: &FnArg) -> Option<String> {
    match input {
        FnArg::Receiver(receiver) => receiver.reference.as_ref().map(|_| "self".to_owned()),
        FnArg::Typed(typed) => match (&*typed.pat, &*typed.ty) {
            (Pat::Ident(name), Type::Reference(reference)) if reference.mutability.is_none() => {
                Some(name.ident.to_string())
            }
            _ => None,
        },
    }
}

fn collect(tokens: TokenStream, names: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => drop(names.insert(name.to_string())),
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// What stands in the place of a value that panicked.
pub(super) fn unprintable() -> TokenStream {
    quote!(::tracing_invocation::private::value::UNPRINTABLE)
}

/// Says that nothing of the program is evaluated any more before `value` is recorded: a panic from there on is not one of a
/// value, but one of another layer.
pub(super) fn evaluated(value: &TokenStream) -> TokenStream {
    quote!(__invocation_evaluated.by(#value))
}

/// `body`, in which the last of the values that may panic is marked by [`evaluated`], or else `otherwise`. What the compiler
/// says of the closure belongs to `place`.
pub(super) fn contained(place: Span, body: &TokenStream, otherwise: &TokenStream) -> TokenStream {
    let closure = quote_spanned!(at(place)=> |__invocation_evaluated| { #body });
    quote! {
        match ::tracing_invocation::private::value::contained(#closure) {
            ::core::option::Option::Some(__invocation_contained) => __invocation_contained,
            ::core::option::Option::None => #otherwise,
        }
    }
}
