//! What is recorded on the request path, before it becomes a document.

mod account;
pub(crate) mod approach;
pub(crate) mod event;
mod flush;
pub(crate) mod identity;
pub(crate) mod json;
pub(crate) mod lane;
mod late;
pub(crate) mod outlet;
mod pool;
mod queue;
pub(crate) mod raw;
pub(crate) mod round;
mod sync;
mod text;
mod value;
mod withheld;

pub(crate) use outlet::hand_over;
pub use text::Text;
pub use value::Value;
