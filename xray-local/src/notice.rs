//! What a server has to say while it runs.

use std::fmt;
use std::sync::Arc;

/// Whom to tell.
#[derive(Clone)]
pub(crate) struct Notice(Arc<dyn Fn(&str) + Send + Sync>);

impl Notice {
    pub(crate) fn new(hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    pub(crate) fn tell(&self, text: &str) {
        (self.0)(text);
    }
}

/// Nobody.
impl Default for Notice {
    fn default() -> Self {
        Self::new(|_| ())
    }
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notice")
    }
}
