//! Whether what the program sends gets anywhere.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use xray_local::{Check, Diagnosis, count_text, printable};
use xray_sdk::emitter::{DaemonAddress, HostPort};

use super::port::{Holder, Process, Protocol, holder};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(1);
/// How long it may take until the system tells that nobody listens: on one machine it knows at once.
const REFUSAL: Duration = Duration::from_millis(100);

/// What an xray-local is called among processes.
const OURS: &str = "xray-local";

/// What is known of the daemon's port.
pub(super) struct Reach {
    udp: Way,
    tcp: Way,
}

struct Way {
    to: HostPort,
    /// What keeps it from getting there.
    trouble: Option<String>,
    holder: Option<Holder>,
}

impl Reach {
    /// Looks at both sockets of the daemon. A datagram of no bytes is sent, which daemons ignore.
    pub(super) fn of(daemon: &DaemonAddress) -> Self {
        Self {
            udp: Way::of(daemon.udp(), Protocol::Udp),
            tcp: Way::of(daemon.tcp(), Protocol::Tcp),
        }
    }

    /// Where nobody receives segments, if that is so.
    pub(super) fn nobody(&self) -> Option<&HostPort> {
        self.udp.trouble.as_ref().map(|_| &self.udp.to)
    }

    /// `is_ours` says whether an xray-local answered there.
    pub(super) fn examine(&self, is_ours: bool) -> Vec<Diagnosis> {
        let mut findings = Vec::new();
        let Self { udp, tcp } = self;
        if let Some(trouble) = &udp.trouble {
            findings.push(Diagnosis::problem(
                Check::D01,
                format!("nothing receives segments at UDP {}: {trouble}", udp.to),
                "start `xray-local`, or set AWS_XRAY_DAEMON_ADDRESS to where a daemon runs",
            ));
        }
        // Where nothing receives segments either, that is what has to be mended first.
        if let (Some(trouble), None) = (&tcp.trouble, &udp.trouble) {
            findings.push(Diagnosis::problem(
                Check::D11,
                format!("nothing answers at TCP {}: {trouble}", tcp.to),
                "let the daemon listen on TCP, too (AWS's: -t), and publish that port of its container",
            ));
        }
        findings.extend(self.holders(is_ours));
        if let Some(Holder { drops, .. }) = udp.holder.as_ref().filter(|holder| holder.drops > 0) {
            findings.push(Diagnosis::problem(
                Check::D18,
                format!(
                    "the kernel dropped {} at UDP {}: they were not read in time",
                    count_text(*drops, "datagram", "datagrams"),
                    udp.to
                ),
                "raise net.core.rmem_max, give the daemon more of a processor, or sample less",
            ));
        }
        findings
    }

    fn holders(&self, is_ours: bool) -> Option<Diagnosis> {
        let process = |way: &Way| way.holder.as_ref()?.process.clone();
        let (udp, tcp) = (process(&self.udp), process(&self.tcp));
        let named = |way: &Way, protocol: &str, process: &Process| {
            format!(
                "{protocol} {} is held by {} (process {})",
                way.to,
                printable(&process.name),
                process.id
            )
        };
        let cure = "end it, or start xray-local on another port: xray-local --bind 127.0.0.1:0";
        match (udp, tcp) {
            (Some(udp), Some(tcp)) if udp.id != tcp.id => Some(Diagnosis::problem(
                Check::D01,
                format!(
                    "{}, and {}",
                    named(&self.udp, "UDP", &udp),
                    named(&self.tcp, "TCP", &tcp)
                ),
                cure,
            )),
            (Some(one), _) if !is_ours && one.name != OURS => Some(Diagnosis::note(
                Check::D01,
                named(&self.udp, "UDP", &one),
                cure,
            )),
            (None, Some(one)) if !is_ours => Some(Diagnosis::problem(
                Check::D01,
                named(&self.tcp, "TCP", &one),
                cure,
            )),
            _ => None,
        }
    }
}

impl Way {
    fn of(to: &HostPort, protocol: Protocol) -> Self {
        let resolved = to.to_string().to_socket_addrs().map(|mut all| {
            let first = all.next();
            // As the SDKs do, where a name has both.
            all.find(SocketAddr::is_ipv4).or(first)
        });
        let (address, trouble) = match resolved {
            Ok(Some(address)) => (Some(address), None),
            Ok(None) => (None, Some("the name has no address".to_owned())),
            Err(error) => (None, Some(error.to_string())),
        };
        let tried = address.map(|address| match protocol {
            Protocol::Udp => send(address),
            Protocol::Tcp => TcpStream::connect_timeout(&address, CONNECT).map(drop),
        });
        let tried = tried.and_then(Result::err).map(|error| error.to_string());
        Self {
            to: to.clone(),
            trouble: trouble.or(tried),
            holder: address.and_then(|address| holder(protocol, address)),
        }
    }
}

fn send(address: SocketAddr) -> std::io::Result<()> {
    let from: SocketAddr = match address {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0; 16], 0).into(),
    };
    let socket = UdpSocket::bind(from)?;
    socket.connect(address)?;
    socket.set_read_timeout(Some(REFUSAL))?;
    socket.send(&[])?;
    match socket.recv(&mut [0]) {
        Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Err(error)
        }
        _ => Ok(()),
    }
}
