//! Asks the kernel for one socket, by its socket diagnosis interface (the manual's page `sock_diag(7)`): two microseconds, however many sockets there are.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};

use super::{Gauge, Reading};

pub(super) struct Diagnosis {
    netlink: OwnedFd,
    question: Vec<u8>,
}

/// `AF_INET`, `AF_INET6`, `IPPROTO_UDP`: the numbers of Linux on every processor, as all below.
const INET: u8 = 2;
const INET6: u8 = 10;
const UDP: u8 = 17;
/// `SOCK_DIAG_BY_FAMILY` and `NLM_F_REQUEST`.
const BY_FAMILY: u16 = 20;
const REQUEST: u16 = 1;
/// `INET_DIAG_SKMEMINFO`, an attribute of the answer, and its place in the question.
const MEMORY: u16 = 7;
/// Numbers in that attribute: `SK_MEMINFO_RMEM_ALLOC`, `_RCVBUF` and `_DROPS`.
const QUEUED: usize = 0;
const CAPACITY: usize = 1;
const DROPS: usize = 8;

/// The length of a question: `struct nlmsghdr` and `struct inet_diag_req_v2`.
const QUESTION: u32 = 72;
/// Lengths of `struct nlmsghdr` and `struct inet_diag_msg`, and the place of the socket's cookie in the latter.
const HEADER: usize = 16;
const MESSAGE: usize = 72;
const COOKIE: usize = 44;

impl Diagnosis {
    /// Asks for the other end first, which is there: a kernel that cannot answer says the same as one that finds nothing.
    pub(super) fn open(from: SocketAddr, to: SocketAddr) -> io::Result<Self> {
        let netlink = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkSockDiag,
        )?;
        let mut diagnosis = Self {
            netlink,
            question: question(to, from),
        };
        diagnosis.read()?;
        diagnosis.question = question(from, to);
        Ok(diagnosis)
    }
}

impl Gauge for Diagnosis {
    fn read(&mut self) -> io::Result<Reading> {
        let netlink = self.netlink.as_raw_fd();
        send(netlink, &self.question, MsgFlags::MSG_DONTWAIT)?;
        let mut answer = [0; 1024];
        // The kernel has answered before `send` is back.
        let length = recv(netlink, &mut answer, MsgFlags::MSG_DONTWAIT)?;
        reading(&answer[..length])
    }
}

/// The question for the socket that a datagram between these ends would reach.
fn question(from: SocketAddr, to: SocketAddr) -> Vec<u8> {
    let family = if to.is_ipv4() { INET } else { INET6 };
    let mut question = Vec::with_capacity(QUESTION as usize);
    question.extend(QUESTION.to_ne_bytes());
    question.extend(BY_FAMILY.to_ne_bytes());
    question.extend(REQUEST.to_ne_bytes());
    // Numbers for the answer and for the sender: with one question at a time nobody needs them.
    question.extend([0; 8]);

    question.extend([family, UDP, 1 << (MEMORY - 1), 0]);
    // In any state.
    question.extend(u32::MAX.to_ne_bytes());
    question.extend(from.port().to_be_bytes());
    question.extend(to.port().to_be_bytes());
    question.extend(octets(from.ip()));
    question.extend(octets(to.ip()));
    // Whatever its interface and its cookie.
    question.extend(0_u32.to_ne_bytes());
    question.extend(u64::MAX.to_ne_bytes());
    question
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let mut octets = [0; 16];
            octets[..4].copy_from_slice(&address.octets());
            octets
        }
        IpAddr::V6(address) => address.octets(),
    }
}

fn reading(answer: &[u8]) -> io::Result<Reading> {
    let unknown = || io::Error::from(ErrorKind::InvalidData);
    let kind = answer.get(4..6).ok_or_else(unknown)?;
    if kind != BY_FAMILY.to_ne_bytes() {
        // Anything else is an error message: the number, below zero, is the first of the body.
        let number = number(answer, HEADER).ok_or_else(unknown)?;
        let error = i32::try_from(number.wrapping_neg()).map_err(|_| unknown())?;
        return Err(io::Error::from_raw_os_error(error));
    }
    let memory = attribute(answer, MEMORY).ok_or_else(unknown)?;
    let field = |place: usize| number(memory, 4 * place).ok_or_else(unknown);
    let cookie = |place| number(answer, HEADER + COOKIE + place).ok_or_else(unknown);
    Ok(Reading {
        socket: u64::from(cookie(0)?) | u64::from(cookie(4)?) << 32,
        queued: field(QUEUED)? as usize,
        capacity: field(CAPACITY)? as usize,
        drops: field(DROPS)?,
    })
}

/// The content of one of the answer's attributes: each is a length that includes itself, a kind, and content, and begins at a multiple of four.
fn attribute(answer: &[u8], kind: u16) -> Option<&[u8]> {
    let mut left = answer.get(HEADER + MESSAGE..)?;
    loop {
        let length = usize::from(u16::from_ne_bytes(*left.first_chunk()?));
        let found = u16::from_ne_bytes(*left.get(2..)?.first_chunk()?);
        let content = left.get(4..length)?;
        if found == kind {
            return Some(content);
        }
        left = left.get(length.next_multiple_of(4)..)?;
    }
}

fn number(bytes: &[u8], place: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(place..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use proptest::prelude::*;

    use super::*;

    /// None where the system does not let it be asked, as in some sandboxes.
    fn diagnosis(from: &UdpSocket, to: &UdpSocket) -> Option<Diagnosis> {
        let ends = from
            .local_addr()
            .and_then(|from| Ok((from, to.local_addr()?)));
        let (from, to) = ends.expect("bound");
        Diagnosis::open(from, to).ok()
    }

    #[test]
    fn what_waits_at_a_socket_and_what_it_dropped_is_read() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(to) = UdpSocket::bind(address) else {
                continue;
            };
            let from = UdpSocket::bind(address).expect("another port");
            from.connect(to.local_addr().expect("bound"))
                .expect("connects");
            let Some(mut diagnosis) = diagnosis(&from, &to) else {
                return;
            };
            assert_eq!(diagnosis.question.len(), QUESTION as usize);
            let empty = diagnosis.read().expect("readable");
            assert_eq!((empty.queued, empty.drops), (0, 0));
            let mut sent = 0;
            while diagnosis.read().expect("readable").drops == 0 {
                from.send(&[b'x'; 30_000]).expect("sent");
                sent += 1;
            }
            let full = diagnosis.read().expect("readable");
            assert!(full.queued > full.capacity / 2, "{full:?}");
            assert!(full.queued >= 30_000 * (sent - 1), "{full:?}, {sent}");
            assert_eq!((full.drops, full.socket), (1, empty.socket));
        }
    }

    #[test]
    fn what_knows_no_end_is_no_gauge() {
        let ends = "127.0.0.1:1".parse().expect("an address");
        assert!(Diagnosis::open(ends, ends).is_err());
    }

    #[test]
    fn a_socket_that_is_gone_is_not_found() {
        let from = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let to = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let Some(mut diagnosis) = diagnosis(&from, &to) else {
            return;
        };
        drop(to);
        let error = diagnosis.read().expect_err("nobody listens");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_a_panic(mut answer in prop::collection::vec(any::<u8>(), 0..256), is_ours: bool) {
            if is_ours && answer.len() > 6 {
                answer[4..6].copy_from_slice(&BY_FAMILY.to_ne_bytes());
            }
            let _ = reading(&answer);
        }
    }
}
