//! Who may call which operation. Without keys everyone who reaches the port may call all of them.

#[cfg(feature = "keys")]
mod keys;

use std::time::SystemTime;

use axum::http::request::Parts;

#[cfg(feature = "keys")]
pub use keys::{Keys, KeysError};

/// Why a caller is not let in, with the name that AWS's clients know it by. Always a 403.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    pub(crate) name: &'static str,
    pub(crate) message: String,
}

/// Lets callers in. A request is looked at twice: before its body is read, and when it is whole.
pub(crate) trait Admission: Send + Sync {
    /// Whether the sender says who they are, and whether they may do this. Takes no time, so that strangers cost nothing.
    fn recognise(
        &self,
        head: &Parts,
        operation: Option<&str>,
        now: SystemTime,
    ) -> Result<(), Denial>;

    /// Whether the sender of a request that was recognised may do something more.
    fn permit(&self, head: &Parts, operation: &str) -> Result<(), Denial>;

    /// Whether it is they: of a request that was recognised.
    fn verify(&self, head: &Parts, body: &[u8]) -> Result<(), Denial>;

    /// The key of the one who sent a request; `None` where it is not signed.
    fn key<'a>(&self, head: &'a Parts) -> Option<&'a str>;

    /// Whether a key may do what an action names.
    fn permits(&self, key: &str, operation: &str) -> bool;
}
