use std::sync::Arc;

use crate::record::lane::Lane;
use crate::record::late::Late;
use crate::record::outlet::Outlet;
use crate::record::raw::Rest;
use crate::record::sync::shard_of_thread;

/// A segment, which has a number.
pub(crate) struct Identity {
    outlet: Arc<Outlet>,
    number: u64,
    /// Where its lane rests while handles share it.
    pub(crate) rest: Rest<Lane>,
    pub(crate) late: Late,
}

/// A reference to a segment.
pub(crate) type Share = Arc<Identity>;

/// The number of a segment that begins.
#[derive(Clone, Copy)]
pub(crate) struct About<'a>(pub(crate) &'a u64);

impl About<'_> {
    pub(crate) fn shard(self) -> usize {
        shard_of_thread()
    }
}

impl Identity {
    pub(crate) fn new(outlet: Arc<Outlet>, about: About<'_>) -> Share {
        Arc::new(Self {
            outlet,
            number: *about.0,
            rest: Rest::new(),
            late: Late::default(),
        })
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn shard(&self) -> usize {
        shard_of_thread()
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }
}
