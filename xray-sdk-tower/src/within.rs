use std::pin::Pin;

use pin_project_lite::pin_project;

use crate::exchange::Exchange;

pin_project! {
    /// A future or a body, and the exchange it is part of: it is polled, and dropped, with the exchange as what is
    /// current. Without an exchange it is left alone.
    pub(crate) struct Within<T> {
        // Empty only while this is being dropped.
        #[pin]
        inner: Option<T>,
        exchange: Option<Exchange>,
    }

    impl<T> PinnedDrop for Within<T> {
        // What the program does when its future is dropped, such as to roll a transaction back, still belongs to the
        // exchange; so it is dropped here and not with the fields.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(exchange) = this.exchange {
                let _entered = exchange.enter();
                this.inner.set(None);
            }
        }
    }
}

impl<T> Within<T> {
    pub(crate) fn new(inner: T, exchange: Option<Exchange>) -> Self {
        Self {
            inner: Some(inner),
            exchange,
        }
    }

    /// Polls the inner thing inside the exchange. A panic ends the exchange at once: whoever catches it may keep the
    /// rest for long.
    pub(crate) fn poll_inside<R>(self: Pin<&mut Self>, poll: impl FnOnce(Pin<&mut T>) -> R) -> R {
        let this = self.project();
        let inner = this
            .inner
            .as_pin_mut()
            .expect("the inner thing is taken out only by drop");
        let watch = EndOnPanic(this.exchange);
        let _entered = watch.0.as_mut().map(Exchange::enter);
        poll(inner)
    }

    pub(crate) fn inner(&self) -> &T {
        self.inner
            .as_ref()
            .expect("the inner thing is taken out only by drop")
    }

    /// The exchange that is still open, if there is one.
    pub(crate) fn exchange(self: Pin<&mut Self>) -> &mut Option<Exchange> {
        self.project().exchange
    }
}

struct EndOnPanic<'a>(&'a mut Option<Exchange>);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.0 = None;
        }
    }
}
