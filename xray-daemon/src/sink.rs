/// Where received documents go.
///
/// A sink belongs to one receiver and is called on its thread only, one document at a time and in the order of arrival.
///
/// - A sink MUST NOT wait (for a lock that is held for long, for a disk, for the network): while it does, datagrams pile up in the
///   kernel's buffer and, once that is full, are lost without a trace. One that cannot take a document now answers [`Handover::Refused`].
/// - The bytes are borrowed for the call; a sink that keeps a document copies it.
/// - The bytes are whatever the sender put behind a good header: not necessarily JSON, not necessarily UTF-8.
/// - Dropping the sink is the sign that no document follows; what it still holds it hands on then.
pub trait Sink: Send {
    /// Takes one document, or refuses it at once.
    fn accept(&mut self, document: &[u8]) -> Handover;
}

/// What a [`Sink`] did with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The document is the sink's now.
    Taken,
    /// The sink has no room; the document is dropped, and counted as such.
    Refused,
}
