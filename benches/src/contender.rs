use std::net::SocketAddr;

use crate::work::Request;

/// So many requests are recorded between two drains. No contender may have to drop any of so many.
pub(crate) const BURST: usize = 256;

/// A way to record requests.
pub(crate) trait Contender {
    /// Records `request` so many times and hands each over: the request path, which is timed.
    fn burst(&mut self, request: &Request<'_>, requests: usize);

    /// Waits until all that was handed over has left, so that the next burst finds room. Its time does not count, its CPU time does.
    fn drain(&mut self);

    /// Whether all that was recorded since the contender was made, `requests` times the work, is where it belongs.
    ///
    /// # Errors
    ///
    /// When something was lost or left out, in words: a contender that drops what it should record is no contender.
    fn verify(&self, requests: u64) -> Result<(), String>;
}

/// A line of the table before it is measured.
pub(crate) struct Entry {
    /// Which recorder. The name for `--only` and `--json`, as is `variant`.
    pub(crate) contender: &'static str,
    /// What is recorded: `sampled`, `sampled-async`, `unsampled` and so on, the same words for all contenders.
    pub(crate) variant: &'static str,
    /// What a reader has to know of it.
    pub(crate) note: &'static str,
    /// Makes it ready, with an address where datagrams may be sent. Called once in a process, so it may set what is global.
    pub(crate) make: fn(SocketAddr) -> Result<Box<dyn Contender>, String>,
}

impl Entry {
    /// The contender and the variant: no two entries have the same.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.contender, self.variant)
    }

    /// Whether `name` means this entry: it may be a contender, a variant, or both.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        name == self.contender || name == self.variant || name == self.name()
    }
}
