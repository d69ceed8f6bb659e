//! Keeps web pages of others out: the server listens on loopback, and so does the browser beside it.

use std::net::IpAddr;

use axum::http::uri::Authority;

use crate::api::ApiError;

/// Which names the server may be called by.
#[derive(Debug)]
pub(super) struct Guard {
    bound: IpAddr,
    names: Vec<String>,
}

impl Guard {
    pub(super) fn new(bound: IpAddr, names: Vec<String>) -> Self {
        Self { bound, names }
    }

    /// Checks the host that a request names, and the page that it came from, when it came from one.
    pub(super) fn check(&self, host: Option<&str>, origin: Option<&str>) -> Result<(), ApiError> {
        if let Some(host) = host.filter(|host| !self.is_own(host)) {
            return Err(ApiError::access_denied(format!(
                "this server is not called {host:?}: call it by its address, or start it with --allow-host"
            )));
        }
        match origin {
            Some(origin) if !is_same(origin, host) => Err(ApiError::access_denied(format!(
                "a page of {origin:?} may not call this server"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether a name, with or without a port, means this server. Only names can be pointed elsewhere, so where other machines
    /// may call, any address will do.
    fn is_own(&self, host: &str) -> bool {
        // A user in front of it belongs into no Host header, and hides what is called.
        let Some(authority) = host
            .parse::<Authority>()
            .ok()
            .filter(|_| !host.contains('@'))
        else {
            return false;
        };
        let name = authority.host();
        let address = name
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        if let Ok(address) = address {
            return address.is_loopback() || address == self.bound || self.bound.is_unspecified();
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name == "localhost"
            || name.ends_with(".localhost")
            || self
                .names
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&name))
    }
}

/// Whether an origin is the server itself, as the request named it.
fn is_same(origin: &str, host: Option<&str>) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority
        .zip(host)
        .is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(bound: &str) -> Guard {
        let bound = bound.parse().expect("an address");
        Guard::new(bound, vec!["xray".to_owned()])
    }

    #[test]
    fn own_names_and_addresses_are_let_in() {
        let guard = guard("127.0.0.1");
        for host in [
            "127.0.0.1:2000",
            "127.0.0.1",
            "127.8.8.8:2000",
            "localhost:2000",
            "LocalHost",
            "localhost.",
            "xray.localhost:2000",
            "[::1]:2000",
            "xray:2000",
        ] {
            assert_eq!(guard.check(Some(host), None), Ok(()), "{host}");
        }
        assert_eq!(guard.check(None, None), Ok(()), "HTTP/1.0 names no host");
    }

    #[test]
    fn foreign_names_and_addresses_are_kept_out() {
        let guard = guard("127.0.0.1");
        for host in [
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com:2000",
            "notlocalhost",
            "192.0.2.1:2000",
            "[2001:db8::1]:2000",
            "user@localhost",
            "localhost@localhost:2000",
            "",
            "a b",
        ] {
            assert!(guard.check(Some(host), None).is_err(), "{host}");
        }
    }

    #[test]
    fn where_other_machines_may_call_any_address_will_do_but_not_any_name() {
        let guard = guard("0.0.0.0");
        assert_eq!(guard.check(Some("192.0.2.1:2000"), None), Ok(()));
        assert!(guard.check(Some("example.com:2000"), None).is_err());
    }

    #[test]
    fn only_the_servers_own_pages_may_call() {
        let guard = guard("127.0.0.1");
        let check = |origin| guard.check(Some("localhost:2000"), Some(origin));
        assert_eq!(check("http://localhost:2000"), Ok(()));
        assert_eq!(check("http://LOCALHOST:2000"), Ok(()));
        for origin in [
            "null",
            "",
            "http://localhost:3000",
            "http://127.0.0.1:2000",
            "http://example.com",
            "http://localhost:2000.example.com",
        ] {
            assert!(check(origin).is_err(), "{origin}");
        }
    }
}
