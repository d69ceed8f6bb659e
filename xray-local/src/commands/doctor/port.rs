//! Who holds a port, and what the kernel dropped there: as Linux tells in `/proc`. Elsewhere nothing is known.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// A socket that waits at an address.
#[derive(Debug, PartialEq)]
pub(super) struct Holder {
    /// The process, where this one may know it.
    pub(super) process: Option<Process>,
    /// How many datagrams the kernel dropped, of a socket of UDP.
    pub(super) drops: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    pub(super) name: String,
}

#[derive(Clone, Copy)]
pub(super) enum Protocol {
    Udp,
    Tcp,
}

/// Where its address, state and inode stand in a line, counted from 0.
const LOCAL: usize = 1;
const STATE: usize = 3;
const INODE: usize = 9;

/// `TCP_LISTEN`.
const LISTENING: &str = "0A";

/// Who would get what is sent to an address.
pub(super) fn holder(protocol: Protocol, address: SocketAddr) -> Option<Holder> {
    let tables = match protocol {
        Protocol::Udp => ["/proc/net/udp", "/proc/net/udp6"],
        Protocol::Tcp => ["/proc/net/tcp", "/proc/net/tcp6"],
    };
    let tables = tables.map(|table| fs::read_to_string(table).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let (inode, drops) = lines
        .filter_map(|line| waiting(line, protocol, address))
        .next()?;
    Some(Holder {
        process: process(inode),
        drops,
    })
}

/// The inode and the drops of a line's socket, if it is the one.
fn waiting(line: &str, protocol: Protocol, address: SocketAddr) -> Option<(u64, u64)> {
    let fields: Vec<_> = line.split_whitespace().collect();
    let local = read_address(fields.get(LOCAL)?)?;
    let is_there = local.port() == address.port()
        && (local.ip() == address.ip() || local.ip().is_unspecified());
    let is_waiting = match protocol {
        Protocol::Udp => true,
        Protocol::Tcp => *fields.get(STATE)? == LISTENING,
    };
    if !is_there || !is_waiting {
        return None;
    }
    let inode = fields.get(INODE)?.parse().ok()?;
    let drops = match protocol {
        Protocol::Udp => fields.last()?.parse().unwrap_or(0),
        Protocol::Tcp => 0,
    };
    Some((inode, drops))
}

/// `0100007F:07D0`: words of four bytes in the machine's order, and the port.
fn read_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::new();
    for word in 0..address.len() / 8 {
        let word = u32::from_str_radix(address.get(8 * word..8 * word + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let ip: IpAddr = match bytes.len() {
        4 => Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).into(),
        16 => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// The process that has a socket open. Those of others cannot be looked into.
fn process(inode: u64) -> Option<Process> {
    let wanted = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.flatten();
    for entry in processes {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let Ok(files) = fs::read_dir(entry.path().join("fd")) else {
            continue;
        };
        let has_it = |file: fs::DirEntry| {
            fs::read_link(file.path()).is_ok_and(|target| target.as_path() == Path::new(&wanted))
        };
        if files.flatten().any(has_it) {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            return Some(Process {
                id,
                name: name.trim().to_owned(),
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        if cfg!(target_endian = "little") {
            let read = |text| read_address(text).map(|address| address.to_string());
            assert_eq!(read("0100007F:07D0").as_deref(), Some("127.0.0.1:2000"));
            assert_eq!(
                read("00000000000000000000000001000000:07D0").as_deref(),
                Some("[::1]:2000")
            );
            assert_eq!(
                read("0000000000000000FFFF00000100007F:07D0").as_deref(),
                Some("127.0.0.1:2000")
            );
        }
        assert_eq!(read_address("7F:07D0"), None);
        assert_eq!(read_address(""), None);
    }

    #[test]
    fn whoever_holds_a_port_is_found() {
        if !Path::new("/proc/net/udp").exists() {
            return;
        }
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        for (protocol, address) in [
            (Protocol::Udp, udp.local_addr().expect("bound")),
            (Protocol::Tcp, tcp.local_addr().expect("bound")),
        ] {
            let holder = holder(protocol, address).expect("is held");
            let process = holder.process.expect("is this one");
            assert_eq!((process.id, holder.drops), (std::process::id(), 0));
        }
        let free = udp.local_addr().expect("bound");
        drop(udp);
        assert_eq!(holder(Protocol::Udp, free), None);
    }
}
