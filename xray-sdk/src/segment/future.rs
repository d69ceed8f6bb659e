use std::future::Future;
use std::mem::{self, ManuallyDrop};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::context::{self, Kind};
use crate::record::hand_over;
use crate::segment::Segment;
use crate::segment::carried::Carried;
use crate::segment::planned::Planned;
use crate::segment::subsegment::SubsegmentBuilder;

/// Records futures: in a subsegment of their own, or in what is current where they are made.
pub trait InSubsegment: Future + Sized {
    /// Runs this future in a subsegment below what is current *here*, wherever it is polled later.
    /// Where nothing is current here, it is what is current at the first poll.
    ///
    /// The subsegment begins at the first poll and closes when the future is done or dropped.
    /// Give a name, or `subsegment("name").remote()`.
    ///
    /// ```
    /// use xray_sdk::InSubsegment as _;
    ///
    /// # async fn load(id: u64) -> u64 { id }
    /// # async fn handler(id: u64) -> u64 {
    /// load(id).in_subsegment("load order").await
    /// # }
    /// ```
    #[inline(always)]
    #[track_caller]
    fn in_subsegment<'n>(
        self,
        subsegment: impl Into<SubsegmentBuilder<'n>>,
    ) -> SubsegmentFuture<Self> {
        // The program's code, perhaps.
        let subsegment = subsegment.into();
        let work = kept(self);
        SubsegmentFuture {
            planned: Planned::new(subsegment, Location::caller()),
            work: Some(ManuallyDrop::into_inner(work)),
        }
    }

    /// Keeps what is current *here* as the parent of all that this future records, wherever it is polled: for spawned work.
    ///
    /// ```
    /// use xray_sdk::InSubsegment as _;
    ///
    /// # async fn notify() {}
    /// # async fn handler() {
    /// tokio::spawn(notify().in_current());
    /// # }
    /// ```
    #[track_caller]
    fn in_current(self) -> CurrentFuture<Self> {
        CurrentFuture {
            work: Some(self),
            carried: Carried::capture_here(),
        }
    }
}

impl<F: Future> InSubsegment for F {}

/// Work that is to be moved into a future after calls of ours, which do not panic. Were it to be dropped if they did, it would have to stand in
/// memory until then; and to move what was just written there is waited for by the processor.
#[inline(always)]
pub(crate) fn kept<F>(work: F) -> ManuallyDrop<F> {
    ManuallyDrop::new(work)
}

pin_project! {
    #[project = Projected]
    /// A future that runs in a subsegment. Made by [`InSubsegment::in_subsegment`].
    ///
    /// One that is polled again after it was done is pending for ever.
    #[must_use = "a future does nothing until it is awaited"]
    pub struct SubsegmentFuture<F> {
        // None once it is done: its parts are dropped inside the subsegment.
        #[pin]
        work: Option<F>,
        // None where it is not sampled.
        planned: Option<Box<Planned>>,
    }

    impl<F> PinnedDrop for SubsegmentFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.work.is_some() {
                drop_unfinished(this.work, this.planned);
            }
        }
    }
}

/// Drops a future that is not done, inside its subsegment. Most are done when they are dropped, and that is to become one with the caller.
#[cold]
#[inline(never)]
fn drop_unfinished<F>(mut work: Pin<&mut Option<F>>, planned: &mut Option<Box<Planned>>) {
    match planned.take() {
        Some(mut planned) => {
            {
                let mut inside = planned.enter();
                work.set(None);
                inside.close_dropped();
            }
            planned.recycle();
        }
        None if context::kind() == Kind::Unsampled => work.set(None),
        None => {
            let mut carried = Carried::unsampled();
            let _inside = carried.enter();
            work.set(None);
        }
    }
}

impl<F: Future> Future for SubsegmentFuture<F> {
    type Output = F::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(work) = this.work.as_mut().as_pin_mut() else {
            // Polled after it was done, which the future itself could answer only by a panic of its own.
            return Poll::Pending;
        };
        let Some(planned) = this.planned else {
            let polled = if context::kind() == Kind::Unsampled {
                work.poll(task)
            } else {
                poll_unsampled(work, task)
            };
            if polled.is_ready() {
                this.work.set(None);
            }
            return polled;
        };
        let polled = {
            let (mut inside, entry) = planned.outside();
            entry.enter(&mut inside);
            let polled = work.poll(task);
            if polled.is_pending() {
                inside.leave();
                return polled;
            }
            this.work.set(None);
            inside.close();
            polled
        };
        if let Some(planned) = this.planned.take() {
            planned.recycle();
        }
        polled
    }
}

/// Polls what is not sampled where something else is current.
#[cold]
#[inline(never)]
fn poll_unsampled<F: Future>(work: Pin<&mut F>, task: &mut Context<'_>) -> Poll<F::Output> {
    let mut carried = Carried::unsampled();
    let _inside = carried.enter();
    work.poll(task)
}

pin_project! {
    /// A future that records below what was current where it was made. Made by [`InSubsegment::in_current`].
    ///
    /// One that is polled again after it was done is pending for ever.
    #[must_use = "a future does nothing until it is awaited"]
    pub struct CurrentFuture<F> {
        #[pin]
        work: Option<F>,
        carried: Carried,
    }

    impl<F> PinnedDrop for CurrentFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.work.is_some() {
                let _inside = this.carried.enter();
                this.work.set(None);
            }
        }
    }
}

impl<F: Future> Future for CurrentFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(work) = this.work.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let _inside = this.carried.enter();
        let polled = work.poll(task);
        if polled.is_ready() {
            this.work.set(None);
        }
        polled
    }
}

pin_project! {
    /// A future that runs in a segment of its own. Made by [`SegmentBuilder::run`](crate::SegmentBuilder::run).
    ///
    /// One that is polled again after it was done is pending for ever.
    #[must_use = "a future does nothing until it is awaited"]
    pub struct SegmentFuture<F> {
        // Declared and dropped before the segment, inside which it runs.
        #[pin]
        work: Option<F>,
        segment: Option<Segment>,
    }

    impl<F> PinnedDrop for SegmentFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(segment) = this.segment {
                drop_unfinished_in(this.work, segment);
            }
        }
    }
}

/// Drops a future that is not done, inside its segment.
#[cold]
#[inline(never)]
fn drop_unfinished_in<F>(mut work: Pin<&mut Option<F>>, segment: &mut Segment) {
    let _inside = segment.enter();
    work.set(None);
}

impl<F> SegmentFuture<F> {
    #[inline(always)]
    pub(crate) fn new(segment: Segment, work: ManuallyDrop<F>) -> Self {
        Self {
            work: Some(ManuallyDrop::into_inner(work)),
            segment: Some(segment),
        }
    }
}

impl<F: Future> Future for SegmentFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let (Some(work), Some(segment)) = (this.work.as_mut().as_pin_mut(), this.segment.as_mut())
        else {
            return Poll::Pending;
        };
        let mut inside = segment.outside();
        inside.begin();
        let polled = work.poll(task);
        if polled.is_pending() {
            return polled;
        }
        this.work.set(None);
        if let Some(lane) = inside.close() {
            mem::forget(inside);
            mem::forget(this.segment.take());
            hand_over(lane);
        } else if inside.close_unsampled() {
            mem::forget(inside);
            mem::forget(this.segment.take());
        } else {
            drop(inside);
            *this.segment = None;
        }
        polled
    }
}
