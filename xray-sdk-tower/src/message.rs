//! What is read from, and written to, the head of an HTTP message.

use std::borrow::Cow;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use xray_sdk::{Sampled, SegmentId, TraceHeader};

static TRACE_HEADER: HeaderName = HeaderName::from_static(TraceHeader::NAME);
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What is sent in a new trace that is not sampled, and answered: most of what is not sampled, and a text of its own would have to be allocated.
const UNSAMPLED_CALL: &str =
    "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0";
const UNSAMPLED_ANSWER: &str = "Root=1-00000000-000000000000000000000000";

/// Room for a tracing header with the 256 bytes of unknown pairs that `TraceHeader` keeps at most.
const TRACE_HEADER_ROOM: usize = 384;

/// The trace that a request continues: X-Ray's own header, or W3C's where X-Ray's names no trace.
pub(crate) fn trace_header(headers: &HeaderMap) -> Option<TraceHeader> {
    let own = headers
        .get(&TRACE_HEADER)
        .map(|value| TraceHeader::parse(&String::from_utf8_lossy(value.as_bytes())));
    if own.as_ref().is_some_and(|header| header.root().is_some()) {
        return own;
    }
    text(headers, &TRACEPARENT)
        .and_then(TraceHeader::from_traceparent)
        .or(own)
}

/// Sets the tracing header, in place of any that is there.
///
/// A message stays as it is when there is nothing to say, as where nothing is recorded in this process and the caller
/// sent no header, and when its header map cannot take another entry.
pub(crate) fn set_trace_header(headers: &mut HeaderMap, header: &TraceHeader) {
    if let Some(text) = unsampled(header) {
        let _ = headers.try_insert(TRACE_HEADER.clone(), HeaderValue::from_static(text));
        return;
    }
    let mut room = [0; TRACE_HEADER_ROOM];
    let mut rest = &mut room[..];
    if write!(rest, "{header}").is_err() {
        return;
    }
    let used = TRACE_HEADER_ROOM - rest.len();
    if used == 0 {
        return;
    }
    if let Ok(value) = HeaderValue::from_bytes(&room[..used]) {
        // Fails only at 32,768 entries: then the message is beyond help, and stays untouched.
        let _ = headers.try_insert(TRACE_HEADER.clone(), value);
    }
}

/// The text of a header that says nothing but that a new trace is not sampled.
fn unsampled(header: &TraceHeader) -> Option<&'static str> {
    let is_new = header.root()?.to_u128() == 0 && header.extras().is_empty();
    match (header.parent().map(SegmentId::to_u64), header.sampled()) {
        (None, Sampled::Unknown) if is_new => Some(UNSAMPLED_ANSWER),
        (Some(0), Sampled::No) if is_new => Some(UNSAMPLED_CALL),
        _ => None,
    }
}

/// The host that a request asks for, with its port, without user name and password.
///
/// HTTP/2 and requests to a proxy have it in the URI, where it goes before the Host header (RFC 9112, 3.2.2).
pub(crate) fn authority<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let authority = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => text(headers, &HOST)?,
    };
    Some(without_user(authority)).filter(|authority| !authority.is_empty())
}

/// An authority without user name and password.
pub(crate) fn without_user(authority: &str) -> &str {
    match authority.rsplit_once('@') {
        Some((_, rest)) => rest,
        None => authority,
    }
}

/// The host of an authority: no port, and no brackets around an IPv6 address.
pub(crate) fn host(authority: &str) -> &str {
    if let Some(address) = authority.strip_prefix('[') {
        return address.split(']').next().unwrap_or(address);
    }
    match authority.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.contains(':') =>
        {
            host
        }
        _ => authority,
    }
}

/// The scheme as the caller saw it: what a load balancer tells, else what the URI tells, else `http`.
pub(crate) fn scheme<'a>(uri: &'a Uri, headers: &HeaderMap) -> &'a str {
    match first(headers, &FORWARDED_PROTO) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
        Some(scheme) if scheme.eq_ignore_ascii_case("http") => "http",
        _ => uri.scheme_str().unwrap_or("http"),
    }
}

/// A URL as X-Ray records it: nothing that may be secret, so neither query nor user name and password.
pub(crate) fn url<'a>(scheme: &str, authority: Option<&str>, path: &'a str) -> Cow<'a, str> {
    match authority {
        Some(authority) => Cow::Owned([scheme, "://", authority, path].concat()),
        None => Cow::Borrowed(path),
    }
}

/// The address of the caller as the first of the proxies in front of this server saw it.
pub(crate) fn forwarded_for(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let first = first(headers, &FORWARDED_FOR)?;
    // Some load balancers can be told to add the caller's port.
    Some(match first.parse::<SocketAddr>() {
        Ok(address) => Cow::Owned(ip_text(address.ip())),
        Err(_) => Cow::Borrowed(first),
    })
}

/// An address as text; IPv4 callers of a socket that also takes IPv6 appear as IPv4.
pub(crate) fn ip_text(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

/// The length that a message's head declares for its body.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    text(headers, &CONTENT_LENGTH)?.trim().parse().ok()
}

/// Whether a message carries gRPC; gRPC-Web does not count, its status is inside the body.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    text(headers, &CONTENT_TYPE)
        .and_then(|content_type| content_type.strip_prefix("application/grpc"))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
}

/// The service that a gRPC call is for, such as `stock.v1.Stock`: the first part of the path.
pub(crate) fn grpc_service<'a>(uri: &'a Uri, headers: &HeaderMap) -> Option<&'a str> {
    let service = uri.path().strip_prefix('/')?.split('/').next()?;
    (is_grpc(headers) && !service.is_empty()).then_some(service)
}

/// A header's value, where it is plain text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The first entry of a header that holds a list.
fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let first = text(headers, name)?.split(',').next()?.trim();
    (!first.is_empty()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(entries: &[(&'static str, &'static str)]) -> HeaderMap {
        entries
            .iter()
            .map(|&(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn the_host_has_neither_port_nor_brackets() {
        for (authority, expected) in [
            ("shop.example.com", "shop.example.com"),
            ("shop.example.com:8080", "shop.example.com"),
            ("shop.example.com:", "shop.example.com"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("[::1]:80", "::1"),
            ("[::1]", "::1"),
            ("::1", "::1"),
            ("[::1", "::1"),
            ("shop:port", "shop:port"),
        ] {
            assert_eq!(host(authority), expected, "{authority}");
        }
    }

    #[test]
    fn user_name_and_password_are_cut_off() {
        let uri = Uri::from_static("http://user:secret@shop:80/path");
        assert_eq!(authority(&uri, &HeaderMap::new()), Some("shop:80"));
        let in_header = headers(&[("host", "user:secret@shop")]);
        assert_eq!(
            authority(&Uri::from_static("/path"), &in_header),
            Some("shop")
        );
    }

    #[test]
    fn the_uri_goes_before_the_host_header() {
        let in_header = headers(&[("host", "other")]);
        assert_eq!(
            authority(&Uri::from_static("http://shop/"), &in_header),
            Some("shop")
        );
        assert_eq!(authority(&Uri::from_static("/"), &in_header), Some("other"));
        assert_eq!(
            authority(&Uri::from_static("/"), &headers(&[("host", "")])),
            None
        );
    }

    #[test]
    fn a_load_balancer_tells_the_scheme_but_only_one_that_exists() {
        let uri = Uri::from_static("/");
        for (told, expected) in [
            ("https", "https"),
            ("HTTPS, http", "https"),
            ("javascript", "http"),
            ("", "http"),
        ] {
            assert_eq!(
                scheme(&uri, &headers(&[("x-forwarded-proto", told)])),
                expected,
                "{told}"
            );
        }
        assert_eq!(
            scheme(&Uri::from_static("https://shop/"), &HeaderMap::new()),
            "https"
        );
    }

    #[test]
    fn the_first_forwarded_address_is_the_callers() {
        for (told, expected) in [
            ("203.0.113.7", Some("203.0.113.7")),
            (" 203.0.113.7 , 10.0.0.1", Some("203.0.113.7")),
            ("203.0.113.7:4711", Some("203.0.113.7")),
            ("[2001:db8::7]:4711", Some("2001:db8::7")),
            ("2001:db8::7", Some("2001:db8::7")),
            ("unknown", Some("unknown")),
            ("", None),
            (",10.0.0.1", None),
        ] {
            let headers = headers(&[("x-forwarded-for", told)]);
            assert_eq!(forwarded_for(&headers).as_deref(), expected, "{told}");
        }
    }

    #[test]
    fn an_ipv4_caller_of_an_ipv6_socket_is_an_ipv4_caller() {
        for (address, expected) in [
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
        ] {
            assert_eq!(ip_text(address.parse().expect("an address")), expected);
        }
    }

    #[test]
    fn a_header_without_a_root_is_kept_where_there_is_nothing_better() {
        let header = trace_header(&headers(&[
            ("x-amzn-trace-id", "Sampled=0"),
            ("traceparent", "none"),
        ]));
        assert_eq!(header.expect("a header").sampled(), xray_sdk::Sampled::No);
        assert!(trace_header(&HeaderMap::new()).is_none());
    }

    #[test]
    fn what_is_not_sampled_is_sent_as_it_prints() {
        let zeros = TraceHeader::new(xray_sdk::TraceId::from_u128(0));
        let call = zeros
            .clone()
            .with_parent(SegmentId::from_u64(0))
            .with_sampled(Sampled::No);
        let others = TraceHeader::parse(&format!("{call};Lineage=1"));
        for header in [zeros.clone(), zeros.with_sampled(Sampled::No), call, others] {
            let mut sent = HeaderMap::new();
            set_trace_header(&mut sent, &header);
            assert_eq!(sent["x-amzn-trace-id"], header.to_string());
        }
    }

    #[test]
    fn a_header_that_says_nothing_is_not_sent() {
        let mut none = HeaderMap::new();
        set_trace_header(&mut none, &TraceHeader::default());
        assert!(none.is_empty());
        let mut others = headers(&[("x-amzn-trace-id", "Sampled=0")]);
        set_trace_header(&mut others, &TraceHeader::default());
        assert_eq!(others["x-amzn-trace-id"], "Sampled=0");
        set_trace_header(&mut others, &TraceHeader::parse("Sampled=1"));
        assert_eq!(others["x-amzn-trace-id"], "Sampled=1");
    }

    #[test]
    fn only_plain_grpc_is_grpc() {
        for (content_type, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;charset=utf-8", true),
            ("application/grpc-web", false),
            ("text/plain", false),
        ] {
            assert_eq!(
                is_grpc(&headers(&[("content-type", content_type)])),
                expected,
                "{content_type}"
            );
        }
    }
}
