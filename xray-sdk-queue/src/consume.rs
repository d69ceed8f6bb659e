use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};

use futures_core::Stream;
use xray_sdk::{Recorder, Text};

use crate::arrival::Message;
use crate::receive::{Delivered, Reception};

/// What a stream of messages yields: messages, or results of them.
pub trait Incoming {
    /// The message.
    type Message: Message;
    /// Why there is none.
    type Error;

    /// The message, if there is one.
    ///
    /// # Errors
    ///
    /// The broker's, untouched.
    fn into_message(self) -> Result<Self::Message, Self::Error>;
}

impl<M: Message, E> Incoming for Result<M, E> {
    type Message = M;
    type Error = E;

    fn into_message(self) -> Result<M, E> {
        self
    }
}

/// Records what is done with each message of a stream: a consumer of lapin, a subscription of NATS, a message stream of rdkafka, or any
/// stream of [messages](Message).
pub trait Consume: Stream<Item: Incoming> + Sized {
    /// A segment `name` for each message of this stream, in the trace of whoever sent it.
    fn traced(self, recorder: &Recorder, name: impl Into<Text<'static>>) -> TracedConsumer<Self> {
        TracedConsumer {
            stream: self,
            recorder: recorder.clone(),
            name: name.into(),
        }
    }
}

impl<S: Stream<Item: Incoming>> Consume for S {}

/// A stream of messages that have a segment each. Made by [`Consume::traced`].
#[must_use = "no message is received until it is asked for one"]
pub struct TracedConsumer<S> {
    stream: S,
    recorder: Recorder,
    name: Text<'static>,
}

type MessageOf<S> = <<S as Stream>::Item as Incoming>::Message;
type ErrorOf<S> = <<S as Stream>::Item as Incoming>::Error;

impl<S: Stream<Item: Incoming>> TracedConsumer<S> {
    /// Handles one message after another, each in its segment (see [`Reception::run`]), until the stream ends.
    ///
    /// For several at a time, take them by [`next`](Self::next) and spawn what [`Reception::run`] returns.
    ///
    /// # Errors
    ///
    /// The first error of the stream, which belongs to no message.
    pub async fn for_each<F: Future<Output = ()>>(
        self,
        mut handle: impl FnMut(Delivered<MessageOf<S>>) -> F,
    ) -> Result<(), ErrorOf<S>> {
        let mut stream = pin!(self.stream);
        while let Some(incoming) = next(stream.as_mut()).await {
            let message = incoming.into_message()?;
            reception(message, &self.recorder, &self.name)
                .run(&mut handle)
                .await;
        }
        Ok(())
    }

    /// The next message; `None` when the stream has ended. Its segment begins when its work [runs](Reception::run).
    ///
    /// # Errors
    ///
    /// An error of the stream, which belongs to no message.
    pub async fn next(&mut self) -> Option<Result<Reception<'_, MessageOf<S>>, ErrorOf<S>>>
    where
        S: Unpin,
    {
        let incoming = next(Pin::new(&mut self.stream)).await?;
        let message = incoming.into_message();
        Some(message.map(|message| reception(message, &self.recorder, &self.name)))
    }

    /// The stream itself.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

async fn next<S: Stream>(mut stream: Pin<&mut S>) -> Option<S::Item> {
    poll_fn(|task| stream.as_mut().poll_next(task)).await
}

/// The name is borrowed: cloned, it would be allocated for messages that are not sampled, too.
fn reception<'a, M>(
    message: M,
    recorder: &'a Recorder,
    name: &'a Text<'static>,
) -> Reception<'a, M> {
    Reception {
        message,
        recorder,
        name: Text::copied(name.as_str()),
    }
}
