//! For tests of programs that are traced: what they record, without a daemon.

mod capture;
#[cfg(feature = "central-sampling")]
mod sampler;
mod time;

pub use crate::origin::Surroundings;
pub use capture::Capture;
#[cfg(feature = "central-sampling")]
pub use sampler::ManualSampler;
pub use time::ManualClock;
