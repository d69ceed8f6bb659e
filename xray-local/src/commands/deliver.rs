//! Documents on their way: to a server by PutTraceSegments, or over UDP as SDKs send them.

use std::net::{ToSocketAddrs, UdpSocket};

use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use xray_local::printable;
use xray_sdk::document::limits::DOCUMENTS_PER_CALL;

use super::client::Client;
use super::{Failure, output};

/// How large a call may become. A server takes 16 MiB.
const CALL_BYTES: usize = 4 << 20;

/// How much fits into a datagram: what IPv4 leaves of 64 kB.
const DATAGRAM_BYTES: usize = 65_507;

/// How many documents that were refused are told one by one.
const TOLD: usize = 20;

const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Input<'a> {
    trace_segment_documents: &'a [String],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    unprocessed_trace_segments: Vec<Unprocessed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Unprocessed {
    id: Option<String>,
    error_code: Option<String>,
    message: Option<String>,
}

/// What became of documents.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delivery {
    pub(super) sent: usize,
    pub(super) refused: Vec<Refused>,
}

/// A document that was not taken.
#[derive(Serialize)]
pub(super) struct Refused {
    id: Option<String>,
    code: Option<String>,
    message: String,
}

impl Delivery {
    /// Hands documents to a server, as many at a time as X-Ray takes.
    pub(super) fn put(
        client: &Client,
        documents: &[String],
        bar: &ProgressBar,
    ) -> Result<Self, Failure> {
        let mut delivery = Self::default();
        let mut left = documents;
        while !left.is_empty() {
            let (call, rest) = left.split_at(call_length(left));
            let input = Input {
                trace_segment_documents: call,
            };
            let output: Output = client.call("/TraceSegments", &input)?;
            delivery.sent += call.len() - output.unprocessed_trace_segments.len().min(call.len());
            delivery.refused.extend(
                output
                    .unprocessed_trace_segments
                    .into_iter()
                    .map(Refused::from),
            );
            bar.inc(call.len() as u64);
            left = rest;
        }
        Ok(delivery)
    }

    /// Counts what became of others, too.
    pub(super) fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.refused.extend(other.refused);
    }

    /// Says on standard error what was not taken, of many only of the first.
    pub(super) fn tell(&self) {
        for refused in self.refused.iter().take(TOLD) {
            let id = refused.id.as_deref().unwrap_or("a document");
            let code = refused.code.as_deref().unwrap_or("refused");
            output::talk(format_args!(
                "xray-local: {}: {}: {}\n",
                printable(id),
                printable(code),
                printable(&refused.message)
            ));
        }
        let others = self.refused.len().saturating_sub(TOLD);
        if others > 0 {
            output::talk(format_args!(
                "xray-local: and {others} more; --json tells of each\n"
            ));
        }
        if !self.refused.is_empty() {
            output::talk(format_args!(
                "`xray-local validate FILE` tells where in the file, and what to do.\n"
            ));
        }
    }
}

/// How many documents go into the next call.
fn call_length(documents: &[String]) -> usize {
    let mut bytes = 0;
    let fits = |document: &&String| {
        bytes += document.len();
        bytes <= CALL_BYTES
    };
    let count = documents
        .iter()
        .take(DOCUMENTS_PER_CALL)
        .take_while(fits)
        .count();
    count.max(1)
}

impl From<Unprocessed> for Refused {
    fn from(unprocessed: Unprocessed) -> Self {
        Self {
            id: unprocessed.id,
            code: unprocessed.error_code,
            message: unprocessed.message.unwrap_or_default(),
        }
    }
}

/// The way of SDKs: nobody answers.
pub(super) struct Udp {
    socket: UdpSocket,
    address: String,
}

impl Udp {
    pub(super) fn connect(address: &str) -> Result<Self, Failure> {
        let connect = || {
            let mut addresses = address.to_socket_addrs()?;
            let first = addresses.next();
            let to = addresses.find(std::net::SocketAddr::is_ipv4).or(first);
            let to = to.ok_or_else(|| std::io::Error::other("the name has no address"))?;
            let from = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(from)?;
            socket.connect(to)?;
            Ok(socket)
        };
        let socket = connect().map_err(|error: std::io::Error| cannot_send(address, &error))?;
        Ok(Self {
            socket,
            address: address.to_owned(),
        })
    }

    /// Sends one document, if it fits into a datagram.
    pub(super) fn send(&self, document: &str, delivery: &mut Delivery) -> Result<(), Failure> {
        let mut datagram = HEADER.to_vec();
        datagram.extend_from_slice(document.as_bytes());
        if datagram.len() > DATAGRAM_BYTES {
            delivery.refused.push(Refused {
                id: None,
                code: None,
                message: format!("{} bytes are more than a datagram holds", document.len()),
            });
            return Ok(());
        }
        self.socket
            .send(&datagram)
            .map_err(|error| cannot_send(&self.address, &error))?;
        delivery.sent += 1;
        Ok(())
    }

    /// Whether what was sent last found nobody: the system of a machine at hand knows by now. That nobody listens further away cannot be seen.
    pub(super) fn conclude(&self) -> Result<(), Failure> {
        match self.socket.take_error() {
            Ok(None) => Ok(()),
            Ok(Some(error)) | Err(error) => Err(cannot_send(&self.address, &error)),
        }
    }
}

fn cannot_send(address: &str, error: &std::io::Error) -> Failure {
    Failure::new(
        super::Exit::Unreachable,
        format!("cannot send to {address} over UDP: {error}"),
        "Start a server or a daemon there, or name another address, as in 127.0.0.1:2000.",
    )
}
