//! Texts that are put together without being allocated, to be recorded.

use std::fmt::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::str;

/// The pieces of a URL as X-Ray records it: nothing that may be secret, so neither query nor user name and password.
pub(crate) fn url<'a>(scheme: &'a str, authority: Option<&'a str>, path: &'a str) -> [&'a str; 4] {
    let Some(authority) = authority else {
        return [path, "", "", ""];
    };
    match scheme {
        "http" => ["http://", authority, path, ""],
        "https" => ["https://", authority, path, ""],
        other => [other, "://", authority, path],
    }
}

/// Gives `take` an address as text; IPv4 callers of a socket that also takes IPv6 appear as IPv4.
pub(crate) fn with_ip<R>(address: IpAddr, take: impl FnOnce(&str) -> R) -> R {
    let mut room = Room::default();
    let is_written = match address.to_canonical() {
        IpAddr::V4(address) => room.write_v4(address),
        IpAddr::V6(address) => write!(room, "{address}"),
    };
    match is_written {
        Ok(()) => take(room.text()),
        Err(_) => take(&address.to_canonical().to_string()),
    }
}

/// A short text that is put together without being allocated.
struct Room {
    bytes: [u8; ROOM],
    used: usize,
}

/// As long as an address can be: eight times four digits and what is between them, with an IPv4 address at the end.
const ROOM: usize = 45;

impl Default for Room {
    fn default() -> Self {
        Self {
            bytes: [0; ROOM],
            used: 0,
        }
    }
}

impl Room {
    /// Without the machinery of formatting, which takes several times as long.
    fn write_v4(&mut self, address: Ipv4Addr) -> fmt::Result {
        for (place, octet) in address.octets().into_iter().enumerate() {
            let digits = [
                b'0' + octet / 100,
                b'0' + octet / 10 % 10,
                b'0' + octet % 10,
            ];
            let zeros = usize::from(octet < 100) + usize::from(octet < 10);
            if place > 0 {
                self.add(b".")?;
            }
            self.add(&digits[zeros..])?;
        }
        Ok(())
    }

    fn add(&mut self, letters: &[u8]) -> fmt::Result {
        let end = self.used + letters.len();
        let place = self.bytes.get_mut(self.used..end).ok_or(fmt::Error)?;
        place.copy_from_slice(letters);
        self.used = end;
        Ok(())
    }

    fn text(&self) -> &str {
        // What was written was text, piece by piece.
        str::from_utf8(&self.bytes[..self.used]).unwrap_or_default()
    }
}

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_caller_of_an_ipv6_socket_is_an_ipv4_caller() {
        for (address, expected) in [
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("0.9.10.99", "0.9.10.99"),
            ("255.100.200.1", "255.100.200.1"),
            (
                "1111:2222:3333:4444:5555:6666:7777:8888",
                "1111:2222:3333:4444:5555:6666:7777:8888",
            ),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(with_ip(address, str::to_owned), expected);
        }
    }

    #[test]
    fn a_url_has_a_host_where_it_is_known() {
        for scheme in ["http", "https", "other"] {
            let url = |authority| url(scheme, authority, "/path").concat();
            assert_eq!(url(Some("shop:80")), format!("{scheme}://shop:80/path"));
            assert_eq!(url(None), "/path");
        }
    }
}
