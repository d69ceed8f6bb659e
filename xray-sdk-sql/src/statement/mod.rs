//! What is recorded of a statement: its text without literals, and its name.

mod doubled;
mod hidden;
mod lexer;
mod lists;
mod name;
mod output;
mod sanitize;
mod scan;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use name::has_name;
pub use name::statement_name;
pub use sanitize::sanitize;

use crate::engine::Engine;

/// The most that is kept of a statement, in bytes. A document has to fit into 64 kB with all else.
pub(crate) const LONGEST: usize = 4096;

/// The most that is read of a statement, in bytes: of a list of values thousands long a short text is left.
const LONGEST_READ: usize = 256 * 1024;

/// A statement as it is recorded.
#[derive(Debug)]
pub(crate) struct Statement {
    /// Without literals.
    pub(crate) sanitized: Box<str>,
    /// What it does and to what.
    pub(crate) name: Box<str>,
}

impl Statement {
    pub(crate) fn read(engine: Engine, text: &str) -> Self {
        Self {
            sanitized: sanitize(engine, text).into(),
            name: statement_name(engine, text).into(),
        }
    }
}
