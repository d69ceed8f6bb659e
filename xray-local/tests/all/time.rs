//! A clock that stands still until a test lets time pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// When it starts, in seconds since 1970: at the beginning of a window.
const START: f64 = 1_700_000_040.0;

pub(crate) struct Time {
    milliseconds: Arc<AtomicU64>,
}

impl Time {
    pub(crate) fn new() -> Self {
        Self {
            milliseconds: Arc::new(AtomicU64::new((START * 1e3) as u64)),
        }
    }

    /// What a server takes for the time.
    pub(crate) fn clock(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let milliseconds = Arc::clone(&self.milliseconds);
        move || SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds.load(Ordering::Relaxed))
    }

    pub(crate) fn pass(&self, seconds: f64) {
        let milliseconds = (seconds * 1e3).round() as u64;
        self.milliseconds.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Now, in seconds since 1970.
    pub(crate) fn now(&self) -> f64 {
        self.milliseconds.load(Ordering::Relaxed) as f64 / 1e3
    }
}

/// The time some seconds after the start.
pub(crate) fn at(seconds: f64) -> f64 {
    START + seconds
}
