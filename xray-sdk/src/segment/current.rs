use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use crate::segment::carried::Carried;
use crate::segment::entity::{Entity, Place};

/// The segment or subsegment that is current on this thread, whichever that is at each call.
///
/// It stays on its thread. Where there is no segment nothing is recorded, and
/// [`ContextMissing`](crate::ContextMissing) decides what happens.
pub struct Current {
    entity: Entity,
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
#[inline]
pub fn current() -> Current {
    Current {
        entity: Entity::at(Place::Current),
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

impl Deref for Current {
    type Target = Entity;

    #[inline]
    fn deref(&self) -> &Entity {
        &self.entity
    }
}

impl DerefMut for Current {
    #[inline]
    fn deref_mut(&mut self) -> &mut Entity {
        &mut self.entity
    }
}
