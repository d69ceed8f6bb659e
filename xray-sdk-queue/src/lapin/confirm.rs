use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use lapin::{Confirmation, PublisherConfirm};

use crate::arrival::NAMESPACE;
use crate::send::Sending;

/// A message that is not confirmed by the broker yet: lapin's [`PublisherConfirm`], with the message's subsegment, which closes with it.
///
/// A message that the broker did not accept is a fault. One that it returned, because no queue takes it, is an error. Both are told in the
/// metadata `outcome` of the namespace `queue`, and so is that it was accepted.
///
/// Dropped, it closes the subsegment without an outcome, and lapin goes on waiting for the broker as it always does.
#[must_use = "the subsegment of a message closes when this is dropped"]
pub struct Confirm {
    // Dropped with the subsegment as it is: nothing is current while it waits.
    inner: PublisherConfirm,
    sending: Option<Sending>,
}

impl Confirm {
    pub(crate) fn new(inner: PublisherConfirm, sending: Sending) -> Self {
        Self {
            inner,
            sending: Some(sending),
        }
    }

    /// lapin's own. The subsegment closes here.
    pub fn into_inner(self) -> PublisherConfirm {
        self.inner
    }
}

impl Future for Confirm {
    type Output = lapin::Result<Confirmation>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.inner).poll(task);
        if let Poll::Ready(answer) = &polled
            && let Some(sending) = self.sending.take()
        {
            record(sending, answer);
        }
        polled
    }
}

fn record(mut sending: Sending, answer: &lapin::Result<Confirmation>) {
    let returned = match answer {
        Ok(Confirmation::Ack(returned)) => {
            sending.metadata_in(NAMESPACE, "outcome", "ack");
            returned
        }
        Ok(Confirmation::Nack(returned)) => {
            sending.metadata_in(NAMESPACE, "outcome", "nack").fault();
            returned
        }
        Ok(Confirmation::NotRequested) => return,
        Err(error) => {
            sending.record_error(error);
            return;
        }
    };
    if let Some(returned) = returned {
        let why = returned.reply_text.as_str();
        sending.metadata_in(NAMESPACE, "returned", why).error();
    }
}

impl fmt::Debug for Confirm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Confirm")
    }
}
