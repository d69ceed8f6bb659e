//! NATS and its JetStream, by [async-nats].
//!
//! ```no_run
//! use async_nats::{Client, jetstream};
//! use futures_util::StreamExt as _;
//! use xray_sdk::Recorder;
//! use xray_sdk_queue::{Consume as _, Publish as _};
//!
//! async fn order(client: &Client, stream: &jetstream::Context) -> Result<(), async_nats::Error> {
//!     client.traced().publish("prices.pears", "7".into()).await?;
//!     stream
//!         .traced()
//!         .publish("orders", "7 pears".into())
//!         .await?     // sent
//!         .await?;    // stored
//!     Ok(())
//! }
//!
//! async fn work(recorder: &Recorder, messages: jetstream::consumer::pull::Stream) -> Result<(), async_nats::Error> {
//!     messages
//!         .traced(recorder, "worker")
//!         .for_each(|message| async move {
//!             // … and then:
//!             let _ = message.ack().await;
//!         })
//!         .await?;
//!     Ok(())
//! }
//! ```
//!
//! [async-nats]: https://docs.rs/async-nats

mod client;
mod message;
mod stream;

pub use client::TracedClient;
pub use stream::{StreamAck, TracedContext};

use async_nats::HeaderMap;
use async_nats::header::HeaderName;

use crate::carrier::{Extract, Inject};

/// What a server of NATS is called.
const BROKER: &str = "nats";

impl Inject for HeaderMap {
    fn set(&mut self, name: &'static str, value: String) {
        self.insert(HeaderName::from_static(name), value);
    }
}

impl Extract for HeaderMap {
    fn visit(&self, look: &mut dyn FnMut(&str, &[u8])) {
        for (name, values) in self.iter() {
            for value in values {
                look(name.as_ref(), value.as_str().as_bytes());
            }
        }
    }
}
