use std::mem;
use std::pin::Pin;

use pin_project_lite::pin_project;

use crate::segment::entered::Entered;
use crate::segment::{Segment, Subsegment};

/// What can be made current on this thread: a [`Segment`], a [`Subsegment`], or what an adapter keeps one in.
pub trait Enter {
    /// Makes it current on this thread while the guard lives.
    fn enter(&mut self) -> Entered<'_>;
}

impl Enter for Segment {
    #[inline(always)]
    fn enter(&mut self) -> Entered<'_> {
        Segment::enter(self)
    }
}

impl Enter for Subsegment {
    #[inline(always)]
    fn enter(&mut self) -> Entered<'_> {
        Subsegment::enter(self)
    }
}

pin_project! {
    /// A future, a stream or a body, with the handle that it is polled and dropped in: for adapters, whose futures record more than
    /// [`in_subsegment`](crate::InSubsegment::in_subsegment) does.
    ///
    /// - While the inner thing is polled, and while it is dropped, the handle is what is current: what the program does when its future is
    ///   dropped, such as to roll a transaction back, is recorded where it belongs.
    /// - A panic drops the handle at once, for whoever catches it may keep the rest for long.
    /// - Without a handle the inner thing is left alone.
    ///
    /// ```
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll, ready};
    /// use xray_sdk::{Segment, Within};
    ///
    /// pin_project_lite::pin_project! {
    ///     /// A job that tells whether it had anything to do.
    ///     struct Job<F> {
    ///         #[pin]
    ///         within: Within<F, Segment>,
    ///     }
    /// }
    ///
    /// impl<F: Future<Output = bool>> Future for Job<F> {
    ///     type Output = ();
    ///
    ///     fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
    ///         let mut within = self.project().within;
    ///         let had_work = ready!(within.as_mut().poll_inside(|work| work.poll(cx)));
    ///         if let Some(mut segment) = within.handle().take() {
    ///             segment.annotate("had_work", had_work);
    ///         }
    ///         Poll::Ready(())
    ///     }
    /// }
    /// # let _ = |work: std::future::Ready<bool>, segment: Segment| Job { within: Within::new(work, Some(segment)) };
    /// ```
    pub struct Within<T, H: Enter> {
        // Empty only while this is being dropped.
        #[pin]
        inner: Option<T>,
        handle: Option<H>,
    }

    impl<T, H: Enter> PinnedDrop for Within<T, H> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(handle) = this.handle {
                let _entered = handle.enter();
                this.inner.set(None);
            }
        }
    }
}

impl<T, H: Enter> Within<T, H> {
    /// Keeps `inner` in `handle`.
    #[inline]
    pub fn new(inner: T, handle: Option<H>) -> Self {
        Self {
            inner: Some(inner),
            handle,
        }
    }

    /// Polls the inner thing with the handle as what is current.
    #[inline]
    pub fn poll_inside<R>(self: Pin<&mut Self>, poll: impl FnOnce(Pin<&mut T>) -> R) -> R {
        let this = self.project();
        let inner = this
            .inner
            .as_pin_mut()
            .expect("the inner thing is taken out only by drop");
        let watch = DropOnPanic(this.handle);
        let result = {
            let _entered = watch.0.as_mut().map(Enter::enter);
            poll(inner)
        };
        mem::forget(watch);
        result
    }

    /// The inner thing.
    pub fn inner(&self) -> &T {
        self.inner
            .as_ref()
            .expect("the inner thing is taken out only by drop")
    }

    /// The handle, while it is open. Who takes it out ends the time in which the inner thing is polled in it.
    pub fn handle(self: Pin<&mut Self>) -> &mut Option<H> {
        self.project().handle
    }
}

/// Forgotten where there is no panic.
struct DropOnPanic<'a, H>(&'a mut Option<H>);

impl<H> Drop for DropOnPanic<'_, H> {
    #[cold]
    fn drop(&mut self) {
        *self.0 = None;
    }
}
