//! The only place that reads the time of day.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// What tells the time of day: the machine, or a test.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    pub(crate) fn new(time: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(time))
    }

    /// Now, in seconds since 1970.
    pub(crate) fn now(&self) -> f64 {
        let since_1970 = self.time().duration_since(SystemTime::UNIX_EPOCH);
        since_1970.map_or(0.0, |time| time.as_secs_f64())
    }

    /// Now.
    pub(crate) fn time(&self) -> SystemTime {
        (self.0)()
    }
}

/// The clock of the machine.
impl Default for Clock {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
