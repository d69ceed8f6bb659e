//! One datagram to the X-Ray daemon: a header line, then a document (developer guide, "Sending trace data").

/// What stands before each document.
pub(super) const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";

/// The most that one datagram carries: what UDP over IPv4 leaves of 65,535 bytes, which is also less than IPv6 would carry and
/// the daemon's buffer takes. macOS and iOS refuse more than 9,216 unless they are set otherwise (`net.inet.udp.maxdgram`).
pub(super) const DATAGRAM_LIMIT: usize = if cfg!(target_vendor = "apple") {
    9_216
} else {
    65_507
};

/// The largest document that fits into a datagram with its header.
pub(super) const DOCUMENT_LIMIT: usize = DATAGRAM_LIMIT - HEADER.len();
