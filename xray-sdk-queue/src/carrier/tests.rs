use std::collections::{BTreeMap, HashMap};

use proptest::collection::vec;
use proptest::prelude::*;
use xray_sdk::testing::Capture;
use xray_sdk::{Sampled, sampling};

use super::*;

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const OTHER: &str = "1-4efaaf4d-1e8720b39541901950019ee5";
const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const W3C: &str = "00-4efaaf4d1e8720b39541901950019ee5-53995c3f42cd8ad8-01";

fn root(headers: &[(&str, &str)]) -> Option<String> {
    extract(headers).root().map(|root| root.to_string())
}

#[test]
fn the_spellings_of_other_sdks_are_read() {
    for name in [
        "X-Amzn-Trace-Id",
        "x-amzn-trace-id",
        "X-AMZN-TRACE-ID",
        "X_Amzn_Trace_Id",
        "_X_AMZN_TRACE_ID",
        "xAmznTraceId",
        "AWSTraceHeader",
        "awstraceheader",
        "aws-trace-header",
    ] {
        assert_eq!(root(&[(name, XRAY)]).as_deref(), Some(ROOT), "{name}");
    }
    assert_eq!(root(&[("x-amzn-trace-identity", XRAY)]), None);
}

#[test]
fn a_sender_that_speaks_only_w3c_is_understood() {
    let header = extract([("traceparent", W3C)].as_slice());
    assert_eq!(
        header.root().map(|root| root.to_string()).as_deref(),
        Some(OTHER)
    );
    assert_eq!(header.sampled(), Sampled::Yes);
}

#[test]
fn the_exact_header_counts_more_than_others_wherever_it_stands() {
    let other = XRAY.replace(ROOT, "1-00000001-000000000000000000000001");
    for headers in [
        [
            ("X-Amzn-Trace-Id", XRAY),
            ("x-amzn-trace-id", &other),
            ("traceparent", W3C),
        ],
        [
            ("traceparent", W3C),
            ("awstraceheader", &other),
            ("X-Amzn-Trace-Id", XRAY),
        ],
    ] {
        assert_eq!(root(&headers).as_deref(), Some(ROOT));
    }
}

#[test]
fn a_broken_header_leaves_the_next_best() {
    for broken in ["", ";;;", "Root=1-x", "Root", "\u{0}", "Sampled=1"] {
        let headers = [("X-Amzn-Trace-Id", broken), ("traceparent", W3C)];
        assert_eq!(root(&headers).as_deref(), Some(OTHER), "{broken:?}");
    }
    let headers = [("X-Amzn-Trace-Id", XRAY), ("traceparent", "00-nonsense")];
    assert_eq!(root(&headers).as_deref(), Some(ROOT));
}

#[test]
fn a_decision_without_a_trace_is_kept() {
    let header = extract([("X-Amzn-Trace-Id", "Sampled=0")].as_slice());
    assert_eq!(header.sampled(), Sampled::No);
}

#[test]
fn bytes_that_are_no_text_do_not_hide_the_rest_of_the_header() {
    let mut value = XRAY.as_bytes().to_vec();
    value.extend(b";Other=\xff\xfe");
    let headers = [("X-Amzn-Trace-Id", value)];
    assert_eq!(
        extract(headers.as_slice())
            .root()
            .map(|root| root.to_string())
            .as_deref(),
        Some(ROOT)
    );
}

#[test]
fn a_header_that_is_there_already_is_replaced() {
    let capture = Capture::new("shop");
    let old = || (TRACE_HEADER.to_owned(), XRAY.to_owned());
    capture.recorder().segment("shop").run_sync(|segment| {
        let expected = segment.header().map(|header| header.to_string());
        let mut map = HashMap::from([old()]);
        inject(segment, &mut map);
        assert_eq!(map.get(TRACE_HEADER), expected.as_ref());
        let mut tree = BTreeMap::from([old()]);
        inject(segment, &mut tree);
        assert_eq!(tree.get(TRACE_HEADER), expected.as_ref());
        let mut list = vec![old(), ("other".to_owned(), "kept".to_owned())];
        inject(segment, &mut list);
        assert_eq!(list.len(), 2);
        assert_eq!(list.last().map(|(_, value)| value), expected.as_ref());
    });
}

#[test]
fn the_header_of_a_trace_that_is_not_sampled_is_written_too() {
    let capture = Capture::with_sampler("shop", sampling::Never);
    let mut headers = HashMap::new();
    let header = TraceHeader::parse(XRAY).with_sampled(Sampled::No);
    let segment = capture.recorder().segment("shop").continuing(header);
    segment.run_sync(|segment| inject(segment, &mut headers));
    let extracted = extract(&headers);
    assert_eq!(extracted.sampled(), Sampled::No);
    assert_eq!(
        extracted.root().map(|root| root.to_string()).as_deref(),
        Some(ROOT)
    );
}

#[test]
fn outside_of_a_trace_nothing_is_written() {
    let mut headers = HashMap::new();
    inject(&xray_sdk::current(), &mut headers);
    assert_eq!(headers, HashMap::new());
}

#[test]
fn the_text_of_a_header_is_allocated_once() {
    let header = TraceHeader::parse(&format!("{XRAY};Lineage=a87bd80c:1|68fd508a:5"));
    let text = text(&header);
    assert_eq!(text, header.to_string());
    assert!(
        text.capacity() <= text.len() + 1,
        "{} {}",
        text.capacity(),
        text.len()
    );
}

proptest! {
    #[test]
    fn any_bytes_under_any_name_are_survived(headers in vec((".{0,40}", vec(any::<u8>(), 0..200)), 0..6)) {
        extract(headers.as_slice());
    }

    #[test]
    fn any_text_as_a_header_is_survived(
        name in prop::sample::select(vec!["X-Amzn-Trace-Id", "awstraceheader", "traceparent"]),
        value in "[0-9a-fA-F;=:?-]{0,120}|.{0,120}|(Root|Parent|Sampled|Self|=|;|1-|00-){0,20}",
    ) {
        extract([(name, value)].as_slice());
    }

    #[test]
    fn what_is_injected_is_extracted(root in 1..=u128::MAX, parent in 1..=u64::MAX, is_sampled: bool, extra in "[!-:<>-~]{0,60}") {
        let text = format!(
            "Root=1-{:08x}-{:024x};Parent={parent:016x};Sampled={};Lineage={extra}",
            (root >> 96) as u32, root & ((1 << 96) - 1), u8::from(is_sampled),
        );
        let sent = TraceHeader::parse(&text);
        let mut headers = HashMap::new();
        headers.set(TRACE_HEADER, super::text(&sent));
        prop_assert_eq!(extract(&headers), sent);
    }
}
