use std::sync::Arc;

use crate::record::outlet::Outlet;

/// A segment, which has a number.
pub(crate) struct Identity {
    outlet: Arc<Outlet>,
    number: u64,
}

/// A reference to a segment.
pub(crate) type Share = Arc<Identity>;

/// The number of a segment that begins.
#[derive(Clone, Copy)]
pub(crate) struct About<'a>(pub(crate) &'a u64);

impl Identity {
    pub(crate) fn new(outlet: Arc<Outlet>, about: About<'_>) -> Share {
        Arc::new(Self {
            outlet,
            number: *about.0,
        })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }
}
