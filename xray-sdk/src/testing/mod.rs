//! For tests of programs that are traced: what they record, without a daemon.

mod capture;
mod time;

pub use capture::Capture;
pub use time::ManualClock;
