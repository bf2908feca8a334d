//! What stands in front of a field and a colon.

use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Token};

/// What stands in front of a field and a colon: `normal | maximum: body`, `whole: rows`, `inherit: user`.
#[derive(Default)]
pub(crate) struct Marks {
    /// The verbosities at which the field appears; none for all.
    pub(crate) gate: Vec<Ident>,
    /// Whether its limits are lifted.
    pub(crate) is_whole: bool,
    /// There where operations inside inherit it.
    pub(crate) inherit: Option<Ident>,
}

impl Parse for Marks {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
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
                "inherit" => marks.inherit = Some(mark),
                _ => {
                    let message = "in front of a field and a colon stand verbosities, `minimal`, `normal`, \
                                   `maximum`, `whole` for a value that is not cut, or `inherit` for one that stands on the \
                                   records of the operations inside, too: `normal | maximum: body`";
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
