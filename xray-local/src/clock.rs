//! The only place that reads the time of day.

use std::time::SystemTime;

/// Now, in seconds since 1970.
pub(crate) fn now() -> f64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since_1970.map_or(0.0, |time| time.as_secs_f64())
}
