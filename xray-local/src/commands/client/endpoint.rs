use std::env;
use std::fmt;
use std::net::IpAddr;

use clap::Args;

use super::Client;
use crate::commands::Failure;

/// Where the server is that a command asks.
#[derive(Clone, Debug, Args)]
pub(crate) struct Address {
    /// The server to ask: host and port, or a URL [default: that of XRAY_LOCAL_ADDRESS, else of AWS_ENDPOINT_URL_XRAY, else 127.0.0.1:2000]
    // A text: what clap finds wrong it repeats, and that may be a password. Of a variable that it reads clap says that it has to be typed.
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
}

impl Address {
    /// A client of that server. Nothing is sent yet.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Ok(Client::new(self.endpoint()?))
    }

    fn endpoint(&self) -> Result<Endpoint, Failure> {
        if let Some(address) = &self.address {
            return Endpoint::read("--address", address);
        }
        for variable in ["XRAY_LOCAL_ADDRESS", "AWS_ENDPOINT_URL_XRAY"] {
            if let Some(url) = env::var(variable).ok().filter(|url| !url.is_empty()) {
                return Endpoint::read(variable, &url);
            }
        }
        Ok(Endpoint("http://127.0.0.1:2000".to_owned()))
    }
}

/// A URL as it may be shown: what stands before the host may be a password.
pub(crate) fn without_user(url: &str) -> String {
    match (url.rsplit_once('@'), url.split_once("://")) {
        (Some((_, rest)), Some((scheme, _))) => format!("{scheme}://…@{rest}"),
        (Some((_, rest)), None) => format!("…@{rest}"),
        (None, _) => url.to_owned(),
    }
}

/// The URL of a server, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint(String);

impl Endpoint {
    /// Reads a URL, or a host and a port.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            "expected a host and a port or a URL, as in 127.0.0.1:2000 or http://127.0.0.1:2000"
                .to_owned()
        };
        let text = text.trim().trim_end_matches('/');
        let (scheme, authority) = text.split_once("://").unwrap_or(("http", text));
        let parsed = authority.parse::<axum::http::uri::Authority>();
        let parsed = parsed.map_err(|_| expected())?;
        if authority.contains('@') {
            let cure = "expected no user in it: requests are signed, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
            return Err(cure.to_owned());
        }
        let is_whole = !parsed.host().is_empty();
        let is_certain = text.contains("://") || parsed.port_u16().is_some();
        match scheme {
            "http" | "https" if is_whole && is_certain => {
                Ok(Self(format!("{scheme}://{authority}")))
            }
            _ => Err(expected()),
        }
    }

    /// Reads what a user wrote somewhere. Where it makes no sense, what may be a password is not repeated.
    fn read(place: &str, text: &str) -> Result<Self, Failure> {
        Self::parse(text).map_err(|problem| {
            Failure::usage(
                format!("{place} is {:?}: {problem}", without_user(text)),
                "Correct it, or name the server: --address 127.0.0.1:2000",
            )
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port, if one is told.
    pub(crate) fn authority(&self) -> &str {
        self.0
            .split_once("://")
            .map_or("", |(_, authority)| authority)
    }

    /// The host without its port.
    pub(crate) fn host(&self) -> &str {
        let authority = self.authority();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// Whether it is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.host().trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_address_or_a_url() {
        for (text, url) in [
            ("127.0.0.1:2000", "http://127.0.0.1:2000"),
            ("[::1]:2000", "http://[::1]:2000"),
            ("http://localhost:3000/", "http://localhost:3000"),
            (
                "https://xray.eu-west-1.amazonaws.com",
                "https://xray.eu-west-1.amazonaws.com",
            ),
        ] {
            assert_eq!(Endpoint::parse(text).expect(text).as_str(), url);
        }
        for text in [
            "",
            "2000",
            "localhost",
            "ftp://a:1",
            "http://",
            "http://a:1/path",
            "http://me@a:1",
            "a b:1",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        let is_local = |text: &str| Endpoint::parse(text).expect(text).is_local();
        assert!(is_local("localhost:1") && is_local("127.1.2.3:1") && is_local("[::1]:1"));
        assert!(!is_local("10.0.0.1:1") && !is_local("https://xray.eu-west-1.amazonaws.com"));
    }
}
