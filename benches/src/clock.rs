//! The clocks of the floor.

use std::time::Instant;

/// Tells the time in some unit since some moment.
pub(crate) trait Clock {
    /// Makes it ready, which may take long.
    fn new() -> Self;

    /// Reads it.
    fn now(&self) -> u64;
}

/// The processor's time-stamp counter, read raw: to turn it into a time is no work of the request path.
/// Where there is no reliable counter it is the system's monotonic clock.
pub(crate) struct Counter(quanta::Clock);

impl Clock for Counter {
    fn new() -> Self {
        Self(quanta::Clock::new())
    }

    #[inline]
    fn now(&self) -> u64 {
        self.0.raw()
    }
}

/// The monotonic clock of the standard library, in nanoseconds.
pub(crate) struct Standard(Instant);

impl Clock for Standard {
    fn new() -> Self {
        Self(Instant::now())
    }

    #[inline]
    fn now(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }
}
