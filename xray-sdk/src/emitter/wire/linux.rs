//! Linux: many datagrams by one call.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    ControlMessage, MsgFlags, MultiHeaders, getsockopt, sendmmsg, sendmsg, sockopt,
};

use super::{GROUP, Wire};
use crate::emitter::gauge::{self, Gauge};

pub(super) struct Socket {
    socket: UdpSocket,
    /// Both ends, where both are on this machine.
    local: Option<Ends>,
}

/// From where to where.
#[derive(Clone, Copy)]
struct Ends {
    from: SocketAddr,
    to: SocketAddr,
}

/// What IPv4 and UDP put before a segment; and IPv6.
const HEADERS_V4: usize = 28;
const HEADERS_V6: usize = 48;

/// How many bytes a segment may be filled up by: an eighth of the longest datagram of which two fit into one call.
static BLANKS: [u8; 4096] = [b' '; 4096];

impl Socket {
    pub(super) fn new(socket: UdpSocket, to: SocketAddr) -> Self {
        let from = socket.local_addr().ok();
        // What is sent to an address of this machine also comes from it.
        let local = from
            .filter(|from| to.ip().is_loopback() || from.ip() == to.ip())
            .map(|from| Ends { from, to });
        Self { socket, local }
    }
}

impl Wire for Socket {
    fn send(&self, datagram: &[u8]) -> io::Result<()> {
        self.socket.send(datagram).map(drop)
    }

    fn send_many(&self, datagrams: &[&[u8]]) -> io::Result<usize> {
        if let [only] = datagrams {
            return self.send(only).map(|()| 1);
        }
        let datagrams = &datagrams[..datagrams.len().min(GROUP)];
        let slices: Vec<_> = datagrams
            .iter()
            .map(|datagram| [IoSlice::new(datagram)])
            .collect();
        let mut headers = MultiHeaders::<()>::preallocate(datagrams.len(), None);
        let sent = sendmmsg(
            self.socket.as_raw_fd(),
            &mut headers,
            &slices,
            [None; GROUP],
            [],
            MsgFlags::empty(),
        )?;
        Ok(sent.count())
    }

    fn send_segmented(&self, datagrams: &[&[u8]]) -> io::Result<()> {
        let stride = datagrams.first().map_or(0, |first| first.len());
        let invalid = |_| io::Error::from(io::ErrorKind::InvalidInput);
        let segment = u16::try_from(stride).map_err(invalid)?;
        let mut slices = Vec::with_capacity(2 * datagrams.len());
        for datagram in datagrams {
            slices.push(IoSlice::new(datagram));
            // Each piece costs the kernel a copy of its own, and most datagrams of one kind of request are of one length.
            let missing = stride - datagram.len();
            if missing > 0 {
                slices.push(IoSlice::new(&BLANKS[..missing]));
            }
        }
        // The last one may be shorter.
        if datagrams.last().is_some_and(|last| last.len() < stride) {
            slices.pop();
        }
        let segmented = [ControlMessage::UdpGsoSegments(&segment)];
        let socket = self.socket.as_raw_fd();
        sendmsg::<()>(socket, &slices, &segmented, MsgFlags::empty(), None)?;
        Ok(())
    }

    /// Only on this machine: elsewhere blanks would take up the network, and a segment would have to fit into its packets.
    fn segment_limit(&self) -> Option<usize> {
        let ends = self.local?;
        // A kernel without it (before 4.18) would not refuse the control message but ignore it, and send all as one datagram.
        getsockopt(&self.socket, sockopt::UdpGsoSegment).ok()?;
        match ends.to {
            SocketAddr::V4(_) => {
                let packet = getsockopt(&self.socket, sockopt::IpMtu).ok()?;
                usize::try_from(packet).ok()?.checked_sub(HEADERS_V4)
            }
            // There is no safe call for the route's size; a kernel that finds segments too long refuses them.
            SocketAddr::V6(_) => Some(usize::from(u16::MAX) - HEADERS_V6),
        }
    }

    fn take_error(&self) -> Option<io::Error> {
        self.socket.take_error().ok().flatten()
    }

    fn gauge(&self) -> Option<Box<dyn Gauge>> {
        let Ends { from, to } = self.local?;
        gauge::open(from, to)
    }
}
