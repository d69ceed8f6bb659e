use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::error::Error;

/// Where the X-Ray daemon listens: over UDP for documents, and over TCP for questions about sampling.
///
/// Read from the same text as the official SDKs read it, in one of two forms:
///
/// - `host:port`, for both;
/// - `tcp:host:port udp:host:port`, in either order with blanks between them.
///
/// A host is a name, an IPv4 address, or an IPv6 address in brackets. Names are resolved later, when they are needed.
///
/// ```
/// use xray_sdk::emitter::DaemonAddress;
///
/// let address = DaemonAddress::parse("tcp:10.0.0.7:2001 udp:[::1]:2000")?;
/// assert_eq!(address.udp().to_string(), "[::1]:2000");
/// assert_eq!((address.tcp().host(), address.tcp().port()), ("10.0.0.7", 2001));
/// # Ok::<(), xray_sdk::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonAddress {
    udp: HostPort,
    tcp: HostPort,
}

/// A host, by name or address, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    host: String,
    port: u16,
}

impl DaemonAddress {
    /// The forms that the text of an address may have, in words.
    pub const FORMS: &'static str = "host:port, or tcp:host:port udp:host:port, with a port from 1 to 65535 and IPv6 addresses in brackets";

    /// Reads an address.
    ///
    /// # Errors
    ///
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refused = || Error::invalid("daemon address", text, Self::FORMS);
        let mut parts = text.split_whitespace();
        let (first, second) = (parts.next(), parts.next());
        if parts.next().is_some() {
            return Err(refused());
        }
        let read = match (first, second) {
            (Some(both), None) => HostPort::read(both).map(|both| (both.clone(), both)),
            (Some(first), Some(second)) => {
                read_pair(first, second).or_else(|| read_pair(second, first))
            }
            (None, _) => None,
        };
        let (udp, tcp) = read.ok_or_else(refused)?;
        Ok(Self { udp, tcp })
    }

    /// Where documents go.
    pub fn udp(&self) -> &HostPort {
        &self.udp
    }

    /// Where sampling rules are asked for.
    pub fn tcp(&self) -> &HostPort {
        &self.tcp
    }
}

fn read_pair(udp: &str, tcp: &str) -> Option<(HostPort, HostPort)> {
    let udp = HostPort::read(udp.strip_prefix("udp:")?)?;
    let tcp = HostPort::read(tcp.strip_prefix("tcp:")?)?;
    Some((udp, tcp))
}

impl HostPort {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        // A plus sign is what a number may have and a port may not.
        let port = port
            .parse()
            .ok()
            .filter(|number| *number != 0 && !port.starts_with('+'))?;
        let host = match host.strip_prefix('[') {
            Some(address) => address
                .strip_suffix(']')
                .filter(|address| is_ipv6(address))?,
            None => Some(host).filter(|host| is_name(host))?,
        };
        Some(Self {
            host: host.to_owned(),
            port,
        })
    }

    /// The host: a name, or an address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// An IPv6 address, perhaps with the network interface that it belongs to: `fe80::1%eth0`.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "0"));
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && zone.bytes().all(is_name_byte)
}

/// A host name or IPv4 address. DNS names have at most 253 characters; names in private networks may hold `_`.
fn is_name(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.bytes().all(is_name_byte)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

impl Default for DaemonAddress {
    /// `127.0.0.1:2000` for both, where a daemon on the same machine listens.
    fn default() -> Self {
        let local = HostPort {
            host: "127.0.0.1".to_owned(),
            port: 2000,
        };
        Self {
            udp: local.clone(),
            tcp: local,
        }
    }
}

impl FromStr for DaemonAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for DaemonAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.udp == self.tcp {
            return self.udp.fmt(f);
        }
        write!(f, "tcp:{} udp:{}", self.tcp, self.udp)
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read_and_printed_the_same() {
        for (text, udp, tcp) in [
            ("127.0.0.1:2000", "127.0.0.1:2000", "127.0.0.1:2000"),
            ("daemon:3000", "daemon:3000", "daemon:3000"),
            (
                "xray_daemon.local-1.:65535",
                "xray_daemon.local-1.:65535",
                "xray_daemon.local-1.:65535",
            ),
            ("[::1]:2000", "[::1]:2000", "[::1]:2000"),
            (
                "[fe80::1%eth0]:2000",
                "[fe80::1%eth0]:2000",
                "[fe80::1%eth0]:2000",
            ),
            ("tcp:a:1 udp:b:2", "b:2", "a:1"),
            ("  udp:[::1]:2\t tcp:a:1 ", "[::1]:2", "a:1"),
            // A machine may well have this name.
            ("udp:2000", "udp:2000", "udp:2000"),
        ] {
            let address = DaemonAddress::parse(text).expect("one of the forms");
            assert_eq!(
                (address.udp().to_string(), address.tcp().to_string()),
                (udp.into(), tcp.into())
            );
            assert_eq!(
                DaemonAddress::parse(&address.to_string()).expect("printed"),
                address
            );
        }
        assert_eq!(DaemonAddress::default().to_string(), "127.0.0.1:2000");
    }

    #[test]
    fn other_forms_are_refused_and_the_right_ones_are_told() {
        for text in [
            "",
            "   ",
            "127.0.0.1",
            "127.0.0.1:",
            ":2000",
            "a:0",
            "a:65536",
            "a:+80",
            "a:x",
            "::1:2000",
            "[::1]",
            "[a]:2000",
            "[::1%]:1",
            "[::1:2000",
            "a b:1",
            "http://a:1",
            "a/b:1",
            "grün:1",
            "udp:a:1",
            "tcp:a:1",
            "udp:a:1 udp:b:2",
            "tcp:a:1 tcp:b:2",
            "tcp:a:1 b:2",
            "a:1 b:2",
            "tcp:a:1 udp:b:2 udp:c:3",
            "tcp:a:1,udp:b:2",
        ] {
            let error = DaemonAddress::parse(text).expect_err(text);
            assert!(error.to_string().contains("host:port"), "{error}");
        }
    }
}
