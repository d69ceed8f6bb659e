//! What processes decide by the rules of an X-Ray in memory, under a clock that the test moves.

mod answers;
mod boost;
pub(super) mod daemon;
mod herd;
mod process;
mod quotas;
mod refresh;
mod reports;
mod thread;
mod xray;
