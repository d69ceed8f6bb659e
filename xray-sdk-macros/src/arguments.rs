//! What stands in the parentheses of `#[subsegment(…)]`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitStr, Result, Token};

/// The arguments of the attribute.
#[derive(Default)]
pub(crate) struct Arguments {
    /// The name of the subsegment, when it is not that of the function.
    pub(crate) name: Option<LitStr>,
    /// Whether the subsegment is a call to something outside the process.
    pub(crate) is_remote: bool,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Arguments::default();
        while !input.is_empty() {
            let argument: Ident = input.parse()?;
            if argument == "name" {
                input.parse::<Token![=]>()?;
                arguments.set_name(argument.span(), input.parse()?)?;
            } else if argument == "remote" {
                arguments.set_remote(argument.span())?;
            } else {
                let message =
                    format!("unknown argument `{argument}`, expected `name = \"…\"` or `remote`");
                return Err(Error::new(argument.span(), message));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

impl Arguments {
    fn set_name(&mut self, argument: Span, name: LitStr) -> Result<()> {
        if name.value().trim().is_empty() {
            return Err(Error::new(
                name.span(),
                "the name of a subsegment cannot be empty",
            ));
        }
        match self.name.replace(name) {
            None => Ok(()),
            Some(_) => Err(Error::new(argument, "`name` is given twice")),
        }
    }

    fn set_remote(&mut self, argument: Span) -> Result<()> {
        match std::mem::replace(&mut self.is_remote, true) {
            false => Ok(()),
            true => Err(Error::new(argument, "`remote` is given twice")),
        }
    }
}
