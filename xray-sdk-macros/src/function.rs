//! A function as it is written, its body left alone.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Abi, Attribute, Error, LitStr, Result, Signature, Token, Visibility};

/// A function with a body.
///
/// The body is not parsed: whatever the compiler accepts there, and whatever it has to say about it, stays between it and the user.
pub(crate) struct Function {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    default: Option<Token![default]>,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let default = input.parse()?;
        if !starts_with_signature(input) {
            return Err(input.error("#[subsegment] stands on functions and methods only"));
        }
        let signature: Signature = input.parse()?;
        if let Some(constness) = signature.constness {
            return Err(Error::new(
                constness.span,
                "a `const fn` cannot have a subsegment: it also runs in the compiler",
            ));
        }
        let body = parse_body(input, signature.ident.span())?;
        Ok(Function {
            attributes,
            visibility,
            default,
            signature,
            body,
        })
    }
}

fn starts_with_signature(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let qualifiers = || -> Result<()> {
        ahead.parse::<Option<Token![const]>>()?;
        ahead.parse::<Option<Token![async]>>()?;
        ahead.parse::<Option<Token![unsafe]>>()?;
        ahead.parse::<Option<Abi>>()?;
        Ok(())
    };
    qualifiers().is_ok() && ahead.peek(Token![fn])
}

fn parse_body(input: ParseStream<'_>, name: Span) -> Result<Group> {
    match input.parse() {
        Ok(TokenTree::Group(body)) => Ok(body),
        _ => Err(Error::new(
            name,
            "a function without a body has nothing to put into a subsegment",
        )),
    }
}

impl Function {
    /// The name as a string: of `r#match`, `match`.
    pub(crate) fn name(&self) -> LitStr {
        let name = &self.signature.ident;
        LitStr::new(&name.unraw().to_string(), name.span())
    }

    /// The same function around another body.
    pub(crate) fn with_body(&self, body: &TokenStream) -> TokenStream {
        let mut tokens = TokenStream::new();
        for attribute in &self.attributes {
            attribute.to_tokens(&mut tokens);
        }
        self.visibility.to_tokens(&mut tokens);
        self.default.to_tokens(&mut tokens);
        self.signature.to_tokens(&mut tokens);
        tokens.extend(quote::quote!({ #body }));
        tokens
    }
}
