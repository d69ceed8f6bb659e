use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::ops::{Deref, DerefMut};

use crate::segment::carried::Carried;
use crate::segment::entity::{Entity, Place};

/// The segment or subsegment that is current on this thread, whichever that is at each call.
///
/// It stays on its thread. Where there is no segment nothing is recorded, and
/// [`ContextMissing`](crate::ContextMissing) decides what happens.
pub struct Current {
    // Has nothing that is to be dropped, unless the program put another entity in its place.
    entity: ManuallyDrop<Entity>,
    /// Bound to this thread.
    _thread: PhantomData<*const ()>,
}

/// What is current on this thread.
///
/// ```
/// # let capture = xray_sdk::testing::Capture::new("checkout");
/// # capture.recorder().segment("checkout").run_sync(|_| {
/// xray_sdk::current().annotate("order_id", 42);
/// # });
/// ```
#[inline(always)]
pub fn current() -> Current {
    Current {
        entity: ManuallyDrop::new(Entity::at(Place::Current)),
        _thread: PhantomData,
    }
}

impl Current {
    /// Keeps what is current here as the parent of what `work` records, wherever it runs: for threads, pools of threads
    /// and `spawn_blocking`. For futures there is [`in_current`](crate::InSubsegment::in_current).
    ///
    /// ```
    /// # let capture = xray_sdk::testing::Capture::new("checkout");
    /// # capture.recorder().segment("checkout").run_sync(|_| {
    /// let work = xray_sdk::current().carry(|| xray_sdk::current().annotate("thread", "other").is_recording());
    /// assert!(std::thread::spawn(work).join().unwrap());
    /// # });
    /// ```
    #[track_caller]
    pub fn carry<R, F: FnOnce() -> R>(&self, work: F) -> impl FnOnce() -> R + use<R, F> {
        let carried = Carried::capture_here();
        move || {
            let mut carried = carried;
            let _inside = carried.enter();
            work()
        }
    }
}

impl Drop for Current {
    #[inline(always)]
    fn drop(&mut self) {
        if self.entity.place != Place::Current {
            let mut other = mem::replace(&mut *self.entity, Entity::at(Place::Nowhere));
            drop_other(&mut other);
        }
    }
}

/// The program put another entity in the place of what is current, by `mem::swap`.
#[cold]
#[inline(never)]
pub(super) fn drop_other(entity: &mut Entity) {
    mem::replace(entity, Entity::at(Place::Nowhere)).close();
}

impl Deref for Current {
    type Target = Entity;

    #[inline(always)]
    fn deref(&self) -> &Entity {
        &self.entity
    }
}

impl DerefMut for Current {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Entity {
        &mut self.entity
    }
}
