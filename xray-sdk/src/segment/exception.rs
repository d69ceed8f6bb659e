//! Errors as X-Ray's exceptions: the whole chain, outermost first.

use std::any::type_name;
use std::error::Error as StdError;

use crate::foreign::guarded;
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::Chain;
use crate::record::lane::Lane;

/// Longer chains are cut: they are loops or built by machines.
const LONGEST_CHAIN: usize = 32;

/// One error of a chain: its type, where that can be told, and its text.
pub(crate) struct Exception {
    kind: Text<'static>,
    message: String,
}

/// Reads `error` and all its sources. Runs the program's `Display`, so no context may be borrowed meanwhile.
pub(crate) fn chain_of<E: StdError + ?Sized>(error: &E) -> Vec<Exception> {
    // An error whose source() panics must not fail the program because it is traced.
    guarded(|| read_chain(error)).unwrap_or_else(|| {
        vec![Exception {
            kind: Text::from(kind_of::<E>()),
            message: "(its source() panicked)".to_owned(),
        }]
    })
}

fn read_chain<E: StdError + ?Sized>(error: &E) -> Vec<Exception> {
    let mut chain = vec![Exception {
        kind: Text::from(kind_of::<E>()),
        message: message_of(&error),
    }];
    let mut source = error.source();
    while let Some(error) = source {
        if chain.len() == LONGEST_CHAIN {
            break;
        }
        chain.push(Exception {
            kind: Text::from(kind_of_source(error)),
            message: message_of(&error),
        });
        source = error.source();
    }
    chain
}

/// The same, with the first error's type as its caller knows it.
pub(crate) fn chain_named<E: StdError + ?Sized>(kind: &str, error: &E) -> Vec<Exception> {
    let mut chain = chain_of(error);
    if let Some(first) = chain.first_mut() {
        first.kind = Text::from(kind.to_owned());
    }
    chain
}

/// `remote` says that the errors happened in a service that was called.
pub(crate) fn record(lane: &mut Lane, node: SegmentId, chain: &[Exception], remote: bool) {
    let mut link = Chain::First;
    for exception in chain {
        lane.exception(node, &exception.kind, &exception.message, link, remote);
        link = Chain::SourceOfPrevious;
    }
}

pub(crate) fn message_of(error: &dyn std::fmt::Display) -> String {
    // A Display that panics must not fail the program because it is traced.
    guarded(|| error.to_string()).unwrap_or_else(|| "(its Display panicked)".to_owned())
}

/// The type's name; a trait object has lost its own.
fn kind_of<E: ?Sized>() -> &'static str {
    let name = type_name::<E>();
    if name.starts_with("dyn ") {
        "error"
    } else {
        name
    }
}

/// Sources are trait objects: only types that are known here can be named.
fn kind_of_source(error: &(dyn StdError + 'static)) -> &'static str {
    macro_rules! known {
        ($($kind:ty),+ $(,)?) => {
            $(if error.is::<$kind>() {
                return type_name::<$kind>();
            })+
        };
    }
    known!(
        std::io::Error,
        std::fmt::Error,
        std::str::Utf8Error,
        std::string::FromUtf8Error,
        std::num::ParseIntError,
        std::num::ParseFloatError,
        std::num::TryFromIntError,
        std::net::AddrParseError,
        serde_json::Error,
    );
    "error"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_read_to_its_root() {
        let io = std::io::Error::other("disk gone".parse::<u8>().expect_err("not a number"));
        let chain = chain_of(&io);
        assert_eq!(chain[0].kind.as_str(), "std::io::error::Error");
        assert_eq!(chain[0].message, "invalid digit found in string");
        let boxed: Box<dyn StdError> = Box::new(io);
        assert_eq!(chain_of(&*boxed)[0].kind.as_str(), "error");
    }
}
