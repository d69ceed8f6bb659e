//! Where finished documents go: to the X-Ray daemon over UDP, or anywhere else.

mod address;
mod batch;
mod connection;
mod gauge;
mod pace;
mod packet;
mod plan;
mod receiver;
mod report;
mod route;
mod tally;
mod udp;
mod wire;

pub use address::{DaemonAddress, HostPort};
pub use batch::Batch;
pub use report::{Loss, Report};
pub use udp::UdpEmitter;

pub(crate) use tally::Tally;

/// Takes documents away.
///
/// A recorder calls its emitter on one background thread of its own, never on a thread that serves requests. While an emitter
/// waits, documents gather in the recorder's queue, and beyond that queue's bound they are lost: an emitter should rather lose a
/// document, and say so in its [`Report`], than wait long.
///
/// ```
/// use xray_sdk::emitter::{Batch, Emitter, Report};
///
/// /// Writes each document to the standard output as a line.
/// struct Print;
///
/// impl Emitter for Print {
///     fn emit(&mut self, batch: &Batch) -> Report {
///         for document in batch.iter() {
///             println!("{}", String::from_utf8_lossy(document));
///         }
///         Report::sent(batch.len())
///     }
/// }
/// ```
pub trait Emitter: Send {
    /// Takes the documents of a batch away, and tells what became of each.
    ///
    /// Each document is the JSON of one segment, or of one subsegment on its own, and no larger than
    /// [`document_limit`](Self::document_limit).
    fn emit(&mut self, batch: &Batch) -> Report;

    /// The largest document that can be taken, in bytes. The recorder asks once, and splits larger ones.
    ///
    /// The default is what one datagram to the X-Ray daemon carries.
    fn document_limit(&self) -> usize {
        packet::DOCUMENT_LIMIT
    }

    /// As [`emit`](Self::emit), where that takes microseconds and waits for nobody; `None` where it might not, and then nothing was
    /// taken away. [`Recorder::flush`](crate::Recorder::flush) calls it on its own thread, and leaves to the recorder's thread what is
    /// not taken. The default takes nothing.
    fn emit_at_once(&mut self, _batch: &Batch) -> Option<Report> {
        None
    }

    /// The process was restored from a snapshot of its memory: connections made before lead nowhere. The default does nothing.
    fn reopen(&mut self) {}
}
