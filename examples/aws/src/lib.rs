//! What the programs of this folder share: how they find AWS, what they need there, and how they show what was recorded.

mod account;
mod resource;
mod show;

pub use account::config;
pub use resource::{bucket, queue, table};
pub use show::Show;

/// Whatever may go wrong in an example.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
