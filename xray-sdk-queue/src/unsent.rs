use xray_sdk::{SubsegmentBuilder, subsegment};

use crate::carrier::Inject;
use crate::send::Sending;

/// A message that a client was asked for, and that is not on its way yet: for clients that are asynchronous functions.
///
/// What is current when it begins is its parent, as for everything that such a function does. Where nothing is, the place that asked for
/// it is told, and not a line of the client:
///
/// ```
/// use std::collections::HashMap;
/// use xray_sdk_queue::Unsent;
///
/// # struct Broker;
/// # impl Broker {
/// #     async fn publish(&self, _: HashMap<String, String>, _: &[u8]) -> std::io::Result<()> {
/// #         Ok(())
/// #     }
/// # }
/// #[track_caller]
/// fn publish(broker: &Broker, queue: &str, body: &[u8]) -> impl Future<Output = std::io::Result<()>> {
///     let unsent = Unsent::here();
///     async move {
///         let mut headers = HashMap::new();
///         let sending = unsent.begin(queue, &mut headers);
///         sending.run(broker.publish(headers, body)).await
///     }
/// }
/// ```
#[must_use = "nothing is recorded until it begins"]
pub struct Unsent(SubsegmentBuilder<'static>);

impl Unsent {
    /// One that the caller of this function asked for.
    #[track_caller]
    pub fn here() -> Self {
        Self(subsegment("message").remote())
    }

    /// It is on its way: as [`send`](crate::send).
    pub fn begin(self, name: &str, carrier: &mut (impl Inject + ?Sized)) -> Sending {
        let mut sending = Sending::begin(self.0, carrier);
        sending.set_name(name);
        sending
    }

    /// It is on its way: as [`send_timed`](crate::send_timed).
    pub fn begin_timed(self, name: &str, carrier: &mut (impl Inject + ?Sized)) -> Sending {
        let mut sending = self.begin(name, carrier);
        sending.time(carrier);
        sending
    }
}
