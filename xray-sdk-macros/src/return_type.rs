//! What can be told about a return type from how it is written.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{
    GenericArgument, Path, PathArguments, PathSegment, ReturnType, Token, Type, TypeParamBound,
    parse_quote,
};

/// When the value is there that the function stands for.
pub(crate) enum Shape {
    /// When the call returns.
    Value,
    /// When the returned `impl Future` is done.
    Future(FutureBound),
    /// When the returned `Pin<Box<dyn Future>>` is done.
    BoxedFuture(FutureBound),
}

impl Shape {
    pub(crate) fn of(returned: &ReturnType) -> Shape {
        let ReturnType::Type(_, returned) = returned else {
            return Shape::Value;
        };
        if let Some(bound) = impl_future(returned) {
            Shape::Future(bound)
        } else if let Some(bound) = boxed_future(returned) {
            Shape::BoxedFuture(bound)
        } else {
            Shape::Value
        }
    }
}

/// `Future<Output = …>`.
pub(crate) struct FutureBound {
    /// The annotation of the output; `None` when none is written.
    pub(crate) output: Option<TokenStream>,
}

/// The return type for a place where `impl Trait` may not stand, such as a closure: every `impl Trait` becomes `_`.
///
/// `None` when there is nothing to annotate, because the function returns nothing or never returns.
pub(crate) fn annotation(returned: &ReturnType) -> Option<TokenStream> {
    match returned {
        ReturnType::Type(_, returned) if !matches!(**returned, Type::Never(_)) => {
            Some(without_impl_traits(returned))
        }
        _ => None,
    }
}

fn without_impl_traits(written: &Type) -> TokenStream {
    let mut written = written.clone();
    infer_impl_traits(&mut written);
    quote!(#written)
}

fn infer_impl_traits(place: &mut Type) {
    match place {
        Type::ImplTrait(_) => *place = parse_quote!(_),
        Type::Array(inner) => infer_impl_traits(&mut inner.elem),
        Type::Group(inner) => infer_impl_traits(&mut inner.elem),
        Type::Paren(inner) => infer_impl_traits(&mut inner.elem),
        Type::Ptr(inner) => infer_impl_traits(&mut inner.elem),
        Type::Reference(inner) => infer_impl_traits(&mut inner.elem),
        Type::Slice(inner) => infer_impl_traits(&mut inner.elem),
        Type::Tuple(inner) => inner.elems.iter_mut().for_each(infer_impl_traits),
        Type::Path(inner) => {
            for segment in &mut inner.path.segments {
                infer_in_arguments(&mut segment.arguments);
            }
        }
        _ => {}
    }
}

fn infer_in_arguments(arguments: &mut PathArguments) {
    if let PathArguments::AngleBracketed(arguments) = arguments {
        for argument in &mut arguments.args {
            if let GenericArgument::Type(argument) = argument {
                infer_impl_traits(argument);
            }
        }
    }
}

fn impl_future(returned: &Type) -> Option<FutureBound> {
    match returned {
        Type::ImplTrait(returned) => future_bound(&returned.bounds),
        _ => None,
    }
}

fn boxed_future(returned: &Type) -> Option<FutureBound> {
    match argument_of("Box", argument_of("Pin", returned)?)? {
        Type::TraitObject(object) => future_bound(&object.bounds),
        _ => None,
    }
}

/// The `A` of `wrapper<A>`.
fn argument_of<'a>(wrapper: &str, written: &'a Type) -> Option<&'a Type> {
    let Type::Path(written) = written else {
        return None;
    };
    let segment = last_segment_named(wrapper, &written.path)?;
    generic_arguments(segment).find_map(|argument| match argument {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    })
}

fn future_bound(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<FutureBound> {
    let future = bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => last_segment_named("Future", &bound.path),
        _ => None,
    })?;
    let output = generic_arguments(future).find_map(|argument| match argument {
        GenericArgument::AssocType(output) => Some(without_impl_traits(&output.ty)),
        _ => None,
    });
    Some(FutureBound { output })
}

fn last_segment_named<'a>(name: &str, path: &'a Path) -> Option<&'a PathSegment> {
    path.segments.last().filter(|segment| segment.ident == name)
}

fn generic_arguments(segment: &PathSegment) -> impl Iterator<Item = &GenericArgument> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::{Shape, annotation};
    use syn::{ReturnType, parse_str};

    fn returned(text: &str) -> ReturnType {
        parse_str(text).expect("the test wrote a return type")
    }

    fn shape(text: &str) -> String {
        let (name, bound) = match Shape::of(&returned(text)) {
            Shape::Value => return "value".to_owned(),
            Shape::Future(bound) => ("future", bound),
            Shape::BoxedFuture(bound) => ("boxed future", bound),
        };
        let output = bound
            .output
            .map_or_else(|| "?".to_owned(), |output| output.to_string());
        format!("{name} of {}", output.replace(' ', ""))
    }

    #[test]
    fn futures_are_told_from_values() {
        for (text, expected) in [
            ("", "value"),
            ("-> Result<u8, Error>", "value"),
            ("-> impl Iterator<Item = u8>", "value"),
            ("-> Box<dyn Future<Output = u8>>", "value"),
            ("-> Pin<Box<dyn Stream<Item = u8>>>", "value"),
            (
                "-> impl Future<Output = io::Result<u8>> + Send",
                "future of io::Result<u8>",
            ),
            ("-> impl Send + std::future::Future", "future of ?"),
            (
                "-> impl Future<Output = Result<impl Copy, E>>",
                "future of Result<_,E>",
            ),
            (
                "-> Pin<Box<dyn Future<Output = u8> + Send + 'a>>",
                "boxed future of u8",
            ),
            (
                "-> ::core::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = ()>>>",
                "boxed future of ()",
            ),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn an_annotation_infers_what_cannot_be_named() {
        let written =
            "Result<(Box<[impl Copy]>, &mut impl Fn() -> u8, dyn Iterator<Item = u8>), E>";
        let expected = "Result<(Box<[_]>, &mut _, dyn Iterator<Item = u8>), E>";
        let annotation = annotation(&returned(&format!("-> {written}")));
        let annotation = annotation.expect("a type is written").to_string();
        assert_eq!(annotation.replace(' ', ""), expected.replace(' ', ""));
    }

    #[test]
    fn nothing_and_never_need_no_annotation() {
        assert!(annotation(&returned("")).is_none());
        assert!(annotation(&returned("-> !")).is_none());
    }
}
