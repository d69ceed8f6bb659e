use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::Namespace;
use crate::segment::Segment;
use crate::segment::carried::{Carried, Inside};
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
    #[track_caller]
    fn in_subsegment<'n>(
        self,
        subsegment: impl Into<SubsegmentBuilder<'n>>,
    ) -> SubsegmentFuture<Self> {
        let SubsegmentBuilder {
            name,
            namespace,
            is_left_out,
            parent,
            ..
        } = subsegment.into();
        SubsegmentFuture {
            work: Some(self),
            carried: match parent {
                Some(parent) => Carried::of(parent),
                None => Carried::capture(),
            },
            name: name.into_owned(),
            namespace,
            state: State::New {
                place: Location::caller(),
                is_left_out,
            },
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

#[derive(Clone, Copy)]
enum State {
    New {
        place: &'static Location<'static>,
        is_left_out: bool,
    },
    Open(SegmentId),
    Done,
}

pin_project! {
    #[project = Projected]
    /// A future that runs in a subsegment. Made by [`InSubsegment::in_subsegment`].
    #[must_use = "a future does nothing until it is awaited"]
    pub struct SubsegmentFuture<F> {
        // None once it is done: its parts are dropped inside the subsegment.
        #[pin]
        work: Option<F>,
        carried: Carried,
        name: Text<'static>,
        namespace: Namespace,
        state: State,
    }

    impl<F> PinnedDrop for SubsegmentFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.work.is_some() {
                let inside = this.carried.enter();
                let mut open = Open { inside, state: this.state };
                this.work.set(None);
                open.close();
            }
        }
    }
}

impl<F: Future> Future for SubsegmentFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(work) = this.work.as_mut().as_pin_mut() else {
            // Polled after it was done, which the future itself could answer only by a panic of its own.
            return Poll::Pending;
        };
        // Nothing is recorded, and what is current is what is to be current.
        if this.carried.is_unsampled_here() {
            let polled = work.poll(task);
            if polled.is_ready() {
                this.work.set(None);
            }
            return polled;
        }
        if let State::New { place, is_left_out } = *this.state {
            this.carried.resolve(place);
            if is_left_out {
                this.carried.leave_out();
            }
            // Most futures are polled first where they were made.
            if let Some((id, before)) = this.carried.open_here(this.name, *this.namespace) {
                *this.state = State::Open(id);
                return poll_here(this, id, before, task);
            }
        }
        let mut inside = this.carried.enter();
        if let State::New { .. } = this.state {
            *this.state = match inside.open(this.name, *this.namespace) {
                Some(id) => State::Open(id),
                None => State::Done,
            };
        }
        let mut open = Open {
            inside,
            state: this.state,
        };
        let polled = work.poll(task);
        if polled.is_ready() {
            this.work.set(None);
            open.close();
        }
        polled
    }
}

/// Polls a future that was just opened in the lane that is current.
#[inline(always)]
fn poll_here<F: Future>(
    mut this: Projected<'_, F>,
    id: SegmentId,
    before: SegmentId,
    task: &mut Context<'_>,
) -> Poll<F::Output> {
    let mut here = Here {
        carried: this.carried,
        state: this.state,
        before: Some(before),
        panicking: std::thread::panicking(),
    };
    let Some(work) = this.work.as_mut().as_pin_mut() else {
        return Poll::Pending;
    };
    let polled = work.poll(task);
    if polled.is_ready() {
        this.work.set(None);
        here.close(id);
    }
    polled
}

/// A subsegment that was opened in the lane that is current, while its future is polled for the first time.
struct Here<'a> {
    carried: &'a mut Carried,
    state: &'a mut State,
    /// What was current before, until it is again.
    before: Option<SegmentId>,
    panicking: bool,
}

impl Here<'_> {
    #[inline(always)]
    fn close(&mut self, id: SegmentId) {
        if let Some(before) = self.before.take() {
            if !self.carried.close_here(id, before) {
                self.carried.enter().close(id);
            }
            *self.state = State::Done;
        }
    }
}

impl Drop for Here<'_> {
    #[inline]
    fn drop(&mut self) {
        let Some(before) = self.before else {
            return;
        };
        if let State::Open(id) = *self.state {
            // Whoever catches the panic may drop the future later, when it can no longer be seen.
            if std::thread::panicking() && !self.panicking {
                self.carried.enter().close(id);
                *self.state = State::Done;
            }
        }
        self.carried.leave_here(before);
    }
}

/// An open subsegment while its future runs; closes it when the future panics, for whoever catches the panic
/// may drop the future later.
struct Open<'a> {
    inside: Inside<'a>,
    state: &'a mut State,
}

impl Open<'_> {
    fn close(&mut self) {
        if let State::Open(id) = *self.state {
            self.inside.close(id);
            *self.state = State::Done;
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.inside.has_panicked() {
            self.close();
        }
    }
}

pin_project! {
    /// A future that records below what was current where it was made. Made by [`InSubsegment::in_current`].
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
    #[must_use = "a future does nothing until it is awaited"]
    pub struct SegmentFuture<F> {
        // Declared and dropped before the segment, inside which it runs.
        #[pin]
        work: Option<F>,
        segment: Option<Segment>,
    }

    impl<F> PinnedDrop for SegmentFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(segment) = this.segment {
                let _inside = segment.enter();
                this.work.set(None);
            }
        }
    }
}

impl<F> SegmentFuture<F> {
    pub(crate) fn new(segment: Segment, work: F) -> Self {
        Self {
            work: Some(work),
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
        let inside = segment.enter();
        let polled = work.poll(task);
        if polled.is_ready() {
            this.work.set(None);
            drop(inside);
            *this.segment = None;
        }
        polled
    }
}
