//! What the programs of this folder share: how they find AWS, what they need there, and how they show what was recorded.

mod account;
mod error;
mod resource;
mod show;

pub use account::config;
pub use error::Error;
pub use resource::{bucket, queue, table};
pub use show::Show;
