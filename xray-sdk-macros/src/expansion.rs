//! From the function as it is written to the function in its subsegment.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Result, parse2};

use crate::arguments::Arguments;
use crate::function::Function;
use crate::return_type::{FutureBound, Shape, annotation};

/// The function in its subsegment, or the error that the compiler shall show.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    expand_function(arguments, item.clone()).unwrap_or_else(|error| {
        // The item stays: without it, every use of it would be an error too.
        let error = error.into_compile_error();
        quote!(#error #item)
    })
}

fn expand_function(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let arguments: Arguments = parse2(arguments)?;
    let function: Function = parse2(item)?;
    let subsegment = subsegment(&arguments, &function);
    let signature = &function.signature;
    let body = match (signature.asyncness, Shape::of(&signature.output)) {
        (Some(_), _) => async_body(&function, &subsegment),
        (None, Shape::Value) => sync_body(&function, &subsegment),
        (None, Shape::Future(bound)) => future_body(&function, &subsegment, &bound),
        (None, Shape::BoxedFuture(bound)) => {
            let future = future_body(&function, &subsegment, &bound);
            quote!(::std::boxed::Box::pin({ #future }))
        }
    };
    Ok(function.with_body(&body))
}

/// The builder of the subsegment.
fn subsegment(arguments: &Arguments, function: &Function) -> TokenStream {
    let name = arguments.name.clone().unwrap_or_else(|| function.name());
    let remote = arguments.is_remote.then(|| quote!(.remote()));
    quote!(::xray_sdk::subsegment(#name) #remote)
}

// All that is written below is spanned at the definition of the macro: its local names are invisible to the body.

fn sync_body(function: &Function, subsegment: &TokenStream) -> TokenStream {
    let body = &function.body;
    let Some(returned) = annotation(&function.signature.output) else {
        return quote_spanned!(Span::mixed_site()=> #subsegment.run(move |_| #body));
    };
    let record = record(&quote_spanned!(Span::mixed_site()=> entity));
    quote_spanned! {Span::mixed_site()=>
        #subsegment.run(move |entity| {
            let result: #returned = ::xray_sdk::outcome::once(move || -> #returned #body);
            #record
            result
        })
    }
}

fn async_body(function: &Function, subsegment: &TokenStream) -> TokenStream {
    let body = &function.body;
    let work = match annotation(&function.signature.output) {
        None => quote_spanned!(Span::mixed_site()=> async move #body),
        Some(returned) => {
            let record = record(&quote_spanned!(Span::mixed_site()=> &mut ::xray_sdk::current()));
            let statements = body.stream();
            quote_spanned! {Span::mixed_site()=>
                async move {
                    let result: #returned = async move {
                        // An async block cannot be annotated; a return that never happens tells its type as well.
                        #[allow(unreachable_code, clippy::all, reason = "only the type counts")]
                        if false {
                            let never: #returned = loop {};
                            return never;
                        }
                        #statements
                    }
                    .await;
                    #record
                    result
                }
            }
        }
    };
    quote_spanned! {Span::mixed_site()=>
        ::xray_sdk::InSubsegment::in_subsegment(#work, #subsegment).await
    }
}

/// A function that returns a future runs its body at once, as it is written, and the future in the subsegment.
fn future_body(function: &Function, subsegment: &TokenStream, bound: &FutureBound) -> TokenStream {
    let body = &function.body;
    let returned = annotation(&function.signature.output);
    let output = bound.output.iter();
    let record = record(&quote_spanned!(Span::mixed_site()=> &mut ::xray_sdk::current()));
    quote_spanned! {Span::mixed_site()=>
        let future = ::xray_sdk::outcome::once(move || -> #returned #body);
        ::xray_sdk::InSubsegment::in_subsegment(
            async move {
                let result #(: #output)* = future.await;
                #record
                result
            },
            #subsegment,
        )
    }
}

/// Records `result` on the entity. The references are counted: see `xray_sdk::outcome`.
fn record(entity: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        {
            use ::xray_sdk::outcome::RecordOutcome as _;
            (&&&&&::xray_sdk::outcome::Outcome(&result)).record(#entity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use proc_macro2::TokenStream;

    /// What the compiler is made to say, or `None`. The item must still be there.
    fn complaint(arguments: &str, item: &str) -> Option<String> {
        let parse = |text: &str| -> TokenStream { text.parse().expect("the test wrote tokens") };
        let item = parse(item);
        let expanded = expand(parse(arguments), &item).to_string();
        let (_, complaint) = expanded.split_once("compile_error ! { \"")?;
        let (complaint, rest) = complaint.split_once("\" }").expect("the message ends");
        assert_eq!(rest.trim(), item.to_string(), "the item stays");
        Some(complaint.replace("\\\"", "\""))
    }

    const FUNCTION: &str = "fn price() {}";

    #[test]
    fn wrong_arguments_are_named_with_what_was_expected() {
        for (arguments, expected) in [
            (
                "skip",
                "unknown argument `skip`, expected `name = \"…\"` or `remote`",
            ),
            ("name", "expected `=`"),
            ("name = price", "expected string literal"),
            ("name = \" \"", "the name of a subsegment cannot be empty"),
            ("name = \"a\", name = \"b\"", "`name` is given twice"),
            ("remote, remote", "`remote` is given twice"),
            ("remote name = \"a\"", "expected `,`"),
        ] {
            let complaint = complaint(arguments, FUNCTION).expect(arguments);
            assert!(complaint.contains(expected), "{arguments}: {complaint}");
        }
    }

    #[test]
    fn wrong_items_are_refused_with_the_reason() {
        const MISPLACED: &str = "#[subsegment] stands on functions and methods only";
        for (item, expected) in [
            ("struct Order;", MISPLACED),
            ("const PRICE: u32 = 1;", MISPLACED),
            ("impl Order { fn price() {} }", MISPLACED),
            (
                "const fn price() {}",
                "a `const fn` cannot have a subsegment: it also runs in the compiler",
            ),
            (
                "fn price();",
                "a function without a body has nothing to put into a subsegment",
            ),
            ("fn price(cents) {}", "expected `:`"),
        ] {
            let complaint = complaint("", item).expect(item);
            assert!(complaint.contains(expected), "{item}: {complaint}");
        }
    }

    #[test]
    fn right_uses_are_accepted() {
        for arguments in [
            "",
            "remote",
            "name = \"a\"",
            "name = \"a\", remote,",
            "remote, name = r\"a\"",
        ] {
            assert_eq!(complaint(arguments, FUNCTION), None, "{arguments}");
        }
        let qualified = "#[inline] pub(crate) default async unsafe extern \"C\" fn price<T>() -> T where T: Copy { loop {} }";
        assert_eq!(complaint("", qualified), None);
    }
}
