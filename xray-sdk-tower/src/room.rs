//! Texts that are put together without being allocated, to be recorded.

use std::fmt::{self, Write};
use std::net::IpAddr;
use std::str;

/// Gives `take` a URL as X-Ray records it: nothing that may be secret, so neither query nor user name and password.
pub(crate) fn with_url<R>(
    scheme: &str,
    authority: Option<&str>,
    path: &str,
    take: impl FnOnce(&str) -> R,
) -> R {
    match authority {
        Some(authority) => with_text(&[scheme, "://", authority, path], take),
        None => take(path),
    }
}

/// Gives `take` an address as text; IPv4 callers of a socket that also takes IPv6 appear as IPv4.
pub(crate) fn with_ip<R>(address: IpAddr, take: impl FnOnce(&str) -> R) -> R {
    let mut room = Room::default();
    match write!(room, "{}", address.to_canonical()) {
        Ok(()) => take(room.text()),
        Err(_) => take(&address.to_canonical().to_string()),
    }
}

/// Gives `take` what stands in all parts together.
fn with_text<R>(parts: &[&str], take: impl FnOnce(&str) -> R) -> R {
    let mut room = Room::default();
    match parts.iter().try_for_each(|part| room.write_str(part)) {
        Ok(()) => take(room.text()),
        Err(_) => take(&parts.concat()),
    }
}

/// A short text that is put together without being allocated.
struct Room {
    bytes: [u8; ROOM],
    used: usize,
}

/// Longer than nearly all URLs without their queries.
const ROOM: usize = 256;

impl Default for Room {
    fn default() -> Self {
        Self {
            bytes: [0; ROOM],
            used: 0,
        }
    }
}

impl Room {
    fn text(&self) -> &str {
        // What was written was text, piece by piece.
        str::from_utf8(&self.bytes[..self.used]).unwrap_or_default()
    }
}

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.used + text.len();
        let place = self.bytes.get_mut(self.used..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.used = end;
        Ok(())
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
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(with_ip(address, str::to_owned), expected);
        }
    }

    #[test]
    fn a_url_is_put_together_however_long_it_is() {
        for length in [1, ROOM - 12, ROOM - 11, 4 * ROOM] {
            let path = "/".repeat(length);
            let url = with_url("http", Some("shop"), &path, str::to_owned);
            assert_eq!(url, format!("http://shop{path}"));
        }
        assert_eq!(with_url("http", None, "/path", str::to_owned), "/path");
    }
}
