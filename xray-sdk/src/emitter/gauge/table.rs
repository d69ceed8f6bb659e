//! Reads the kernel's table of all UDP sockets: text, the longer the more sockets there are, for systems that do not answer about one of them.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::{DEFAULT_CAPACITY, Gauge, Reading};

pub(super) struct Table {
    tables: Vec<File>,
    text: String,
    to: SocketAddr,
    /// The largest queue seen: the table does not tell how large it may be.
    capacity: usize,
}

/// A table that takes longer to read is not worth it: it is read for some fifty documents.
const LONGEST: Duration = Duration::from_micros(200);

impl Table {
    /// Reads once, so that it is known to work, and not to take long.
    pub(super) fn open(to: SocketAddr) -> io::Result<Self> {
        let v4 = to.is_ipv4().then(|| File::open("/proc/net/udp"));
        // A socket for both IPv6 and IPv4 stands here.
        let v6 = File::open("/proc/net/udp6").ok();
        let mut table = Self {
            tables: v4.transpose()?.into_iter().chain(v6).collect(),
            text: String::new(),
            to,
            capacity: DEFAULT_CAPACITY,
        };
        let start = Instant::now();
        match table.read() {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ if start.elapsed() > LONGEST => Err(ErrorKind::TimedOut.into()),
            _ => Ok(table),
        }
    }
}

impl Gauge for Table {
    fn read(&mut self) -> io::Result<Reading> {
        self.text.clear();
        for table in &mut self.tables {
            table.rewind()?;
            table.read_to_string(&mut self.text)?;
        }
        let mut reading = find(&self.text, self.to).ok_or(ErrorKind::NotFound)?;
        self.capacity = self.capacity.max(reading.queued);
        reading.capacity = self.capacity;
        Ok(reading)
    }
}

/// The line of the socket that receives at this address. Where several share it, it is not known which of them does: the fullest counts,
/// and the drops of all.
fn find(table: &str, to: SocketAddr) -> Option<Reading> {
    let mut found: Option<Reading> = None;
    for line in table.lines() {
        let Some(line) = Line::read(line) else {
            continue;
        };
        if line.port != to.port() || !line.takes(to.ip()) {
            continue;
        }
        let before = found.get_or_insert(Reading {
            socket: 0,
            queued: 0,
            capacity: 0,
            drops: 0,
        });
        before.socket = before.socket.wrapping_add(line.inode);
        before.queued = before.queued.max(line.queued);
        before.drops = before.drops.wrapping_add(line.drops);
    }
    found
}

struct Line<'a> {
    address: &'a str,
    port: u16,
    queued: usize,
    inode: u64,
    drops: u32,
}

impl<'a> Line<'a> {
    /// Reads a line of the table; none of its head, and of sockets that receive from one sender only.
    fn read(line: &'a str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let (address, port) = fields.nth(1)?.split_once(':')?;
        let (_, remote_port) = fields.next()?.split_once(':')?;
        let (_, queued) = fields.nth(1)?.split_once(':')?;
        let inode = fields.nth(4)?;
        let drops = fields.last()?;
        (remote_port == "0000").then_some(Self {
            address,
            port: u16::from_str_radix(port, 16).ok()?,
            queued: usize::from_str_radix(queued, 16).ok()?,
            inode: inode.parse().ok()?,
            drops: drops.parse().ok()?,
        })
    }

    /// Whether it receives what is sent to this address: the table has addresses as words of the machine's order.
    fn takes(&self, to: IpAddr) -> bool {
        let words = |octets: &[u8]| -> String {
            let word =
                |octets: &[u8]| u32::from_ne_bytes([octets[0], octets[1], octets[2], octets[3]]);
            octets
                .chunks_exact(4)
                .map(|octets| format!("{:08X}", word(octets)))
                .collect()
        };
        let is_own = match to {
            IpAddr::V4(to) => {
                self.address == words(&to.octets())
                    || self.address == words(&to.to_ipv6_mapped().octets())
            }
            IpAddr::V6(to) => self.address == words(&to.octets()),
        };
        is_own || self.address.bytes().all(|digit| digit == b'0')
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn what_waits_at_a_socket_and_what_it_dropped_is_read() {
        for (address, to) in [
            ("127.0.0.1:0", "127.0.0.1"),
            ("0.0.0.0:0", "127.0.0.1"),
            ("[::]:0", "127.0.0.1"),
            ("[::1]:0", "::1"),
        ] {
            let Ok(receiver) = UdpSocket::bind(address) else {
                continue;
            };
            let to = SocketAddr::new(
                to.parse().expect("an address"),
                receiver.local_addr().expect("bound").port(),
            );
            let Ok(mut table) = Table::open(to) else {
                continue;
            };
            let empty = table.read().expect("readable");
            assert_eq!((empty.queued, empty.drops), (0, 0), "{address}");
            let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let from = UdpSocket::bind(any).expect("a port");
            while table.read().expect("readable").drops == 0 {
                from.send_to(&[b'x'; 30_000], to).expect("sent");
            }
            let full = table.read().expect("readable");
            assert!(full.queued > full.capacity / 2, "{full:?}");
            assert_eq!((full.drops, full.socket), (1, empty.socket));
        }
    }

    #[test]
    fn the_queues_of_other_sockets_do_not_count() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n \
            100: 0100007F:07D0 0100007F:EA89 01 00000000:00000001 00:00000000 00000000 0 0 11 2 0000000000000000 1\n \
            101: 0200007F:07D0 00000000:0000 07 00000000:00000002 00:00000000 00000000 0 0 12 2 0000000000000000 2\n \
            102: 0100007F:07D1 00000000:0000 07 00000000:00000003 00:00000000 00000000 0 0 13 2 0000000000000000 3\n \
            103: nonsense\n";
        let to = "127.0.0.1:2000".parse().expect("an address");
        assert_eq!(find(table, to), None);
        let line = " 104: 00000000:07D0 00000000:0000 07 00000000:00033C00 00:00000000 00000000 0 0 14 2 0000000000000000 108\n";
        let read = Reading {
            socket: 14,
            queued: 0x33C00,
            capacity: 0,
            drops: 108,
        };
        assert_eq!(find(&format!("{table}{line}"), to), Some(read));
    }
}
