//! AWS X-Ray for databases: SQL without the values that it holds.

mod engine;
mod statement;

pub use engine::Engine;
pub use statement::{sanitize, statement_name};
