//! The outlet that a thread used last.

use std::cell::Cell;
use std::sync::Arc;

use crate::record::lane::Lane;
use crate::record::outlet::Outlet;

thread_local! {
    /// Kept so that a lane can be handed over without counting a reference to its outlet, which would make the processor wait: what is
    /// handed over may be gone at once, and the reference that is in it. Empty lanes that the thread keeps refer to the outlet as well.
    static HOME: Cell<Option<Arc<Outlet>>> = const { Cell::new(None) };
}

/// The same as [`hand_over`] for what holds something, where the outlet is probably at hand.
#[inline(always)]
pub(crate) fn hand_over_to(outlet: &Arc<Outlet>, lane: Box<Lane>) {
    match Arc::ptr_eq(lane.outlet(), outlet) {
        true => outlet.hand_over(lane),
        false => hand_over(lane),
    }
}

/// Gives what was recorded to the background thread, and a lane that holds nothing to the pool.
#[inline]
pub(crate) fn hand_over(lane: Box<Lane>) {
    let outlet = lane.outlet();
    let outlet = match HOME.try_with(Cell::take) {
        Ok(Some(home)) if Arc::ptr_eq(&home, outlet) => home,
        _ => outlet.clone(),
    };
    if lane.is_empty() {
        outlet.give_back(lane);
    } else {
        outlet.hand_over(lane);
    }
    // Where the thread is ending, it is dropped here.
    let _ = HOME.try_with(|home| home.set(Some(outlet)));
}
