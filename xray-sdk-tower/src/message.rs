//! What is read from, and written to, the head of an HTTP message.

use std::net::SocketAddr;
use std::str;

use http::Uri;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use xray_sdk::{Sampled, SegmentId, TraceHeader};

use crate::head::Head;
use crate::room::with_ip;

static TRACE: HeaderName = HeaderName::from_static(TraceHeader::NAME);
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static TYPE: HeaderName = header::CONTENT_TYPE;
static LENGTH: HeaderName = header::CONTENT_LENGTH;

/// What is sent in a new trace that is not sampled: most of what is not sampled, and a text of its own would have to be allocated.
static UNSAMPLED_CALL: HeaderValue = HeaderValue::from_static(
    "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
);

/// The trace that a request continues: X-Ray's own header, or W3C's where X-Ray's names no trace.
#[inline]
pub(crate) fn trace_header(headers: &HeaderMap) -> Option<TraceHeader> {
    // To see each name costs less than to look two of them up.
    let is_told = headers
        .keys()
        .any(|name| *name == TRACE || *name == TRACEPARENT);
    match is_told {
        true => told_trace_header(headers),
        false => None,
    }
}

fn told_trace_header(headers: &HeaderMap) -> Option<TraceHeader> {
    let own = headers
        .get(&TRACE)
        .map(|value| TraceHeader::parse(&String::from_utf8_lossy(value.as_bytes())));
    if own.as_ref().is_some_and(|header| header.root().is_some()) {
        return own;
    }
    text(headers.get(&TRACEPARENT))
        .and_then(TraceHeader::from_traceparent)
        .or(own)
}

/// Sets the tracing header of a call, in place of any that is there.
///
/// A message stays as it is when there is nothing to say, as where nothing is recorded in this process and the caller
/// sent no header, and when its header map cannot take another entry.
pub(crate) fn set_trace_header(headers: &mut HeaderMap, header: &TraceHeader) {
    let value = match is_unsampled_call(header) {
        true => Ok(UNSAMPLED_CALL.clone()),
        false => header.with_bytes(HeaderValue::from_bytes),
    };
    if let Ok(value) = value
        && !value.is_empty()
    {
        // Fails only at 32,768 entries: then the message is beyond help, and stays untouched.
        let _ = headers.try_insert(TRACE.clone(), value);
    }
}

/// Sets the tracing header of an answer, as that of a call. A new trace that is not sampled has no id that could be answered.
#[inline]
pub(crate) fn answer_trace_header(headers: &mut HeaderMap, header: &TraceHeader) {
    let is_nameless = header.root().is_none_or(|root| root.to_u128() == 0);
    if !is_nameless || header.sampled() != Sampled::Unknown {
        set_trace_header(headers, header);
    }
}

/// Whether a header says nothing but that a new trace is not sampled.
fn is_unsampled_call(header: &TraceHeader) -> bool {
    header.sampled() == Sampled::No
        && header.root().is_some_and(|root| root.to_u128() == 0)
        && header.parent().map(SegmentId::to_u64) == Some(0)
        && header.extras().is_empty()
}

/// The host that a request asks for, with its port, without user name and password. `host` is the value of its Host header.
///
/// HTTP/2 and requests to a proxy have it in the URI, where it goes before the Host header (RFC 9112, 3.2.2).
pub(crate) fn authority<'a>(
    uri: &'a Uri,
    host: impl FnOnce() -> Option<&'a HeaderValue>,
) -> Option<&'a str> {
    let authority = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => text(host())?,
    };
    Some(without_user(authority)).filter(|authority| !authority.is_empty())
}

/// An authority without user name and password.
pub(crate) fn without_user(authority: &str) -> &str {
    // Hardly any has one, and to look for it from the end takes longer.
    match authority.as_bytes().contains(&b'@') {
        true => authority.rsplit('@').next().unwrap_or(authority),
        false => authority,
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
pub(crate) fn scheme<'a>(uri: &'a Uri, head: &Head<'_>) -> &'a str {
    match first(head.forwarded_proto) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
        Some(scheme) if scheme.eq_ignore_ascii_case("http") => "http",
        _ => uri.scheme_str().unwrap_or("http"),
    }
}

/// Gives `take` the address of the caller as the first of the proxies in front of this server saw it.
pub(crate) fn with_forwarded_for<R>(head: &Head<'_>, take: impl FnOnce(&str) -> R) -> Option<R> {
    let first = first(head.forwarded_for)?;
    // Some load balancers can be told to add the caller's port. Most do not, and then there is no colon in it.
    let with_port = first.contains(':').then(|| first.parse::<SocketAddr>());
    Some(match with_port {
        Some(Ok(address)) => with_ip(address.ip(), take),
        _ => take(first),
    })
}

/// The length that a message's head declares for its body.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    text(found(headers, &LENGTH))?.trim().parse().ok()
}

/// A header's value, found by looking at each: an answer has few of them, and to look a name up costs as much as to see a dozen.
fn found<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    headers
        .iter()
        .find_map(|(other, value)| (other == name).then_some(value))
}

/// Whether a message carries gRPC; gRPC-Web does not count, its status is inside the body.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    found(headers, &TYPE)
        .and_then(|content_type| content_type.as_bytes().strip_prefix(b"application/grpc"))
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// The service that a gRPC call is for, such as `stock.v1.Stock`: the first part of the path.
pub(crate) fn grpc_service<'a>(uri: &'a Uri, headers: &HeaderMap) -> Option<&'a str> {
    let service = uri.path().strip_prefix('/')?.split('/').next()?;
    (is_grpc(headers) && !service.is_empty()).then_some(service)
}

/// A header's value, where it is plain text.
pub(crate) fn text(value: Option<&HeaderValue>) -> Option<&str> {
    let value = value?;
    let bytes = value.as_bytes();
    if bytes.len() < LONG {
        return value.to_str().ok();
    }
    // What is not visible is in no header.
    match bytes.is_ascii() {
        true => str::from_utf8(bytes).ok(),
        false => None,
    }
}

/// From here on it is faster to look at many letters at a time, and twice, than at each: agents of browsers have over a hundred.
const LONG: usize = 32;

/// The first entry of a header that holds a list.
fn first(value: Option<&HeaderValue>) -> Option<&str> {
    let first = text(value)?.split(',').next()?.trim();
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
        assert_eq!(authority(&uri, || None), Some("shop:80"));
        let in_header = HeaderValue::from_static("user:secret@shop");
        assert_eq!(
            authority(&Uri::from_static("/path"), || Some(&in_header)),
            Some("shop")
        );
    }

    #[test]
    fn the_uri_goes_before_the_host_header() {
        let other = HeaderValue::from_static("other");
        let empty = HeaderValue::from_static("");
        for (uri, in_header, expected) in [
            ("http://shop/", &other, Some("shop")),
            ("/", &other, Some("other")),
            ("/", &empty, None),
        ] {
            assert_eq!(
                authority(&Uri::from_static(uri), || Some(in_header)),
                expected
            );
        }
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
                scheme(&uri, &Head::of(&headers(&[("x-forwarded-proto", told)]))),
                expected,
                "{told}"
            );
        }
        assert_eq!(
            scheme(&Uri::from_static("https://shop/"), &Head::default()),
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
            let forwarded = with_forwarded_for(&Head::of(&headers), str::to_owned);
            assert_eq!(forwarded.as_deref(), expected, "{told}");
        }
    }

    #[test]
    fn a_header_without_a_root_is_kept_where_there_is_nothing_better() {
        let headers = headers(&[("x-amzn-trace-id", "Sampled=0"), ("traceparent", "none")]);
        let header = trace_header(&headers);
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
    fn a_trace_without_an_id_is_not_answered_but_a_decision_is() {
        let zeros = TraceHeader::new(xray_sdk::TraceId::from_u128(0));
        let named = TraceHeader::new(xray_sdk::TraceId::from_u128(1));
        for (header, is_answered) in [
            (TraceHeader::default(), false),
            (zeros.clone(), false),
            (zeros.with_sampled(Sampled::No), true),
            (named, true),
        ] {
            let mut answer = HeaderMap::new();
            answer_trace_header(&mut answer, &header);
            assert_eq!(!answer.is_empty(), is_answered, "{header}");
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
