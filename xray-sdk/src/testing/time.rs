use std::time::Duration;

use crate::clock::Clock;

/// A clock that stands still until a test advances it, for [`Capture::with_clock`](crate::testing::Capture::with_clock).
#[derive(Clone)]
pub struct ManualClock(pub(crate) Clock);

impl ManualClock {
    /// A clock that stands at `epoch_seconds`, in seconds since 1970.
    pub fn at(epoch_seconds: u64) -> Self {
        Self(Clock::manual(Duration::from_secs(epoch_seconds)))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.0.advance(by);
    }
}
