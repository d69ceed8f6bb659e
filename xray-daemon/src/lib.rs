//! Receives X-Ray segment documents over UDP, as the AWS X-Ray daemon does, and hands them to a [`Sink`].
//!
//! A [`Socket`] is bound first and set to work with a sink; the [`Receiver`] that comes of it reads on a thread of its own
//! until it is stopped or dropped. What happened to each datagram is counted ([`Counts`]), never answered: the protocol has no answers.
//!
//! ```
//! use std::sync::mpsc;
//! use xray_daemon::{Handover, Sink, Socket};
//!
//! struct Print(mpsc::Sender<String>);
//!
//! impl Sink for Print {
//!     fn accept(&mut self, document: &[u8]) -> Handover {
//!         match self.0.send(String::from_utf8_lossy(document).into_owned()) {
//!             Ok(()) => Handover::Taken,
//!             Err(_) => Handover::Refused,
//!         }
//!     }
//! }
//!
//! let (sender, documents) = mpsc::channel();
//! let receiver = Socket::bind("127.0.0.1:0".parse()?)?.receive(Print(sender))?;
//!
//! let program = std::net::UdpSocket::bind("127.0.0.1:0")?;
//! program.send_to(b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"shop\"}", receiver.address())?;
//!
//! assert_eq!(documents.recv()?, r#"{"name":"shop"}"#);
//! let counts = receiver.live_counts();
//! assert_eq!(receiver.stop().accepted, 1);
//! assert_eq!(counts.now().received, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod error;
mod receive;
mod sink;

pub use error::Error;
pub use receive::counter::Counts;
pub use receive::datagram::{Datagram, Defect};
pub use receive::{LiveCounts, Receiver, Socket};
pub use sink::{Handover, Sink};
