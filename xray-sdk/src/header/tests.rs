use proptest::prelude::*;

use super::*;

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

#[test]
fn each_damage_costs_no_more_than_the_pair_it_is_in() {
    for (text, printed) in [
        ("", ""),
        (";;;", ""),
        ("nonsense", ""),
        (
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
        ),
        // Keys of any case, in any order, with blanks around keys, values and pairs.
        (
            "sampled=1; PARENT=53995c3f42cd8ad8 ;\tRoot = 1-5759e988-bd862e3fe1be46a994272793 ",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        ),
        // Digits of either case; the id in W3C's form.
        (
            "Root=1-5759E988-BD862E3FE1BE46A994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
        ),
        (
            "Root=5759e988bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
        ),
        // Pairs without a value, without a key, or without a meaning.
        (
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled;=7;;Sampled=1",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
        ),
        (
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=short;Sampled=yes",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
        ),
        (
            "Root=nonsense;Parent=53995c3f42cd8ad8;Sampled=0",
            "Parent=53995c3f42cd8ad8;Sampled=0",
        ),
        // The last value counts, but not over a better one.
        (
            "Sampled=0;Sampled=1;Parent=53995c3f42cd8ad8;Parent=0000000000000007",
            "Parent=0000000000000007;Sampled=1",
        ),
        (
            "Root=1-5759e988-bd862e3fe1be46a994272793;Root=bad;Sampled=?;Sampled=bad",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?",
        ),
        // What load balancers add for themselves goes; what others add stays.
        (
            "Self=1-67891234-12456789abcdef012345678;Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
        ),
        (
            "Lineage=a87bd80c:1|68fd508a:5;Root=1-5759e988-bd862e3fe1be46a994272793;Foo=a=b==",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=a87bd80c:1|68fd508a:5;Foo=a=b==",
        ),
        ("foo=1;Bar=2;FOO=3;Empty=", "FOO=3;Bar=2;Empty="),
        // Nothing that an HTTP header may not hold is sent on.
        (
            "Foo=a\u{1}b;Grün=1;Bar=grün;Blank=a b;Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
        ),
    ] {
        assert_eq!(TraceHeader::parse(text).to_string(), printed, "{text:?}");
    }
}

#[test]
fn sampled_has_four_answers() {
    for (text, sampled, decision) in [
        ("Sampled=1", Sampled::Yes, Some(true)),
        ("Sampled=0", Sampled::No, Some(false)),
        ("Sampled=?", Sampled::Requested, None),
        ("Sampled=2", Sampled::Unknown, None),
        ("", Sampled::Unknown, None),
    ] {
        assert_eq!(TraceHeader::parse(text).sampled(), sampled);
        assert_eq!(sampled.decision(), decision);
    }
}

#[test]
fn extras_are_kept_while_they_fit() {
    let exact = format!("A={}", "a".repeat(254));
    assert_eq!(TraceHeader::parse(&exact).extras(), exact);
    assert_eq!(TraceHeader::parse(&format!("{exact}a")).extras(), "");

    let first = format!("A={}", "a".repeat(200));
    let text = format!("{first};B={};C=c", "b".repeat(60));
    assert_eq!(TraceHeader::parse(&text).extras(), format!("{first};C=c"));
}

#[test]
fn a_header_is_built_from_its_parts() {
    let root = TraceId::parse(ROOT).expect("valid");
    let header = TraceHeader::new(root)
        .with_parent(SegmentId::from_u64(7))
        .with_sampled(false.into());
    assert_eq!(
        header.to_string(),
        format!("Root={ROOT};Parent=0000000000000007;Sampled=0")
    );
    assert_eq!(
        (header.root(), header.parent()),
        (Some(root), Some(SegmentId::from_u64(7)))
    );
    assert_eq!(header.extras(), "");
}

#[test]
fn traceparent_is_read_as_w3c_says() {
    let trace = "4efaaf4d1e8720b39541901950019ee5";
    let parent = "53995c3f42cd8ad8";
    let same = format!("Root=1-4efaaf4d-1e8720b39541901950019ee5;Parent={parent}");
    for (text, printed) in [
        (
            format!("00-{trace}-{parent}-01"),
            Some(format!("{same};Sampled=1")),
        ),
        (
            format!(" 00-{trace}-{parent}-00\t"),
            Some(format!("{same};Sampled=0")),
        ),
        // Other flags do not matter.
        (
            format!("00-{trace}-{parent}-fe"),
            Some(format!("{same};Sampled=0")),
        ),
        (
            format!("00-{trace}-{parent}-ff"),
            Some(format!("{same};Sampled=1")),
        ),
        // Later versions may go on, after a dash.
        (
            format!("cc-{trace}-{parent}-01"),
            Some(format!("{same};Sampled=1")),
        ),
        (
            format!("cc-{trace}-{parent}-01-what"),
            Some(format!("{same};Sampled=1")),
        ),
        (format!("cc-{trace}-{parent}-01what"), None),
        (format!("00-{trace}-{parent}-01-what"), None),
        (format!("ff-{trace}-{parent}-01"), None),
        (format!("0-{trace}-{parent}-01"), None),
        (format!("00-{}-{parent}-01", "0".repeat(32)), None),
        (format!("00-{trace}-{}-01", "0".repeat(16)), None),
        (format!("00-{}-{parent}-01", trace.to_uppercase()), None),
        (format!("00-{trace}-{parent}-0g"), None),
        (format!("00-{trace}-{parent}-1"), None),
        (format!("00_{trace}_{parent}_01"), None),
        (format!("00-{trace}é{parent}-01"), None),
        (String::new(), None),
    ] {
        let header = TraceHeader::from_traceparent(&text);
        assert_eq!(header.map(|header| header.to_string()), printed, "{text:?}");
    }
}

#[test]
fn traceparent_needs_both_ids_and_a_decision() {
    let header = TraceHeader::parse(
        "Root=1-4efaaf4d-1e8720b39541901950019ee5;Parent=53995c3f42cd8ad8;Sampled=1",
    );
    assert_eq!(
        header.to_traceparent().as_deref(),
        Some("00-4efaaf4d1e8720b39541901950019ee5-53995c3f42cd8ad8-01")
    );
    let not_sampled = header.clone().with_sampled(Sampled::No);
    assert!(
        not_sampled
            .to_traceparent()
            .is_some_and(|text| text.ends_with("-00"))
    );
    assert_eq!(
        header
            .clone()
            .with_sampled(Sampled::Requested)
            .to_traceparent(),
        None
    );
    assert_eq!(
        header.with_parent(SegmentId::from_u64(0)).to_traceparent(),
        None
    );
    assert_eq!(TraceHeader::parse("Sampled=1").to_traceparent(), None);
    assert_eq!(
        TraceHeader::new(TraceId::from_u128(7)).to_traceparent(),
        None
    );
}

/// Text that comes close to a header: pieces of headers in any order.
fn near_header() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Root=".to_owned()),
        Just(ROOT.to_owned()),
        Just("Parent=".to_owned()),
        Just("53995c3f42cd8ad8".to_owned()),
        Just("Sampled=1".to_owned()),
        Just("Self=x".to_owned()),
        Just(";".to_owned()),
        Just("=".to_owned()),
        "[ -~]{0,40}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_printed_is_short_visible_and_reads_the_same(text in near_header()) {
        let header = TraceHeader::parse(&text);
        let printed = header.to_string();
        prop_assert!(printed.len() <= 331, "{} bytes: {printed}", printed.len());
        prop_assert!(printed.bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert!(header.extras().len() <= EXTRAS_BYTES);
        prop_assert_eq!(TraceHeader::parse(&printed), header);
    }

    #[test]
    fn any_text_is_read_without_harm(text in any::<String>()) {
        let printed = TraceHeader::parse(&text).to_string();
        prop_assert_eq!(TraceHeader::parse(&printed).to_string(), printed);
        TraceHeader::from_traceparent(&text);
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        TraceHeader::parse(&text);
        TraceHeader::from_traceparent(&text);
    }

    #[test]
    fn traceparent_goes_there_and_back(root in 1_u128.., parent in 1_u64.., is_sampled: bool) {
        let header = TraceHeader::new(TraceId::from_u128(root))
            .with_parent(SegmentId::from_u64(parent))
            .with_sampled(is_sampled.into());
        let text = header.to_traceparent().expect("has all parts");
        prop_assert_eq!(TraceHeader::from_traceparent(&text), Some(header));
    }
}
