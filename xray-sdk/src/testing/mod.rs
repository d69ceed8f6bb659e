//! For tests of programs that are traced: what they record, without a daemon.

mod capture;
mod time;

pub use crate::origin::Surroundings;
pub use capture::Capture;
pub use time::ManualClock;
