use crate::record::outlet::Outlet;
use crate::record::sync::{AtomicIsize, Ordering};

/// Handles that are open after their segment, whose lane they shared, has closed: they have no lane by which a shutdown would see them.
///
/// The number of them. Until the segment closes, less one for each that shares the lane no more.
#[derive(Default)]
pub(crate) struct Late(AtomicIsize);

impl Late {
    /// Makes one that was used as it was. Only for who has it alone.
    #[inline(always)]
    pub(crate) fn renew(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// The segment has closed, while by its lane so many are open.
    #[cold]
    #[inline(never)]
    pub(crate) fn wait_for(&self, handles: u32, outlet: &Outlet, shard: usize) {
        let handles = handles as isize;
        outlet.wait_for_late(shard);
        if self.0.fetch_add(handles, Ordering::AcqRel) + handles == 0 {
            outlet.end_of_late(shard);
        }
    }

    /// One of them shares the lane no more: it has one of its own, or has closed without. The last one after the segment has closed ends the
    /// wait for all.
    #[cold]
    #[inline(never)]
    pub(crate) fn leave(&self, outlet: &Outlet, shard: usize) {
        if self.0.fetch_sub(1, Ordering::AcqRel) == 1 {
            outlet.end_of_late(shard);
        }
    }
}
