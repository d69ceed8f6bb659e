use super::*;
use crate::id::TraceId;
use crate::record::event::{Field, What};
use crate::record::identity::Kind;
use crate::record::lane::write::TEXT_BYTES;

fn lane() -> Box<Lane> {
    let outlet = Outlet::for_tests();
    let mut lane = Lane::new(Size::Segment, &outlet);
    lane.begin_part(Identity::for_tests(&outlet));
    lane
}

#[test]
fn a_copied_event_refers_to_its_own_text() {
    let mut from = lane();
    let node = from.node;
    from.field(node, Field::User, "first");
    from.field(node, Field::HttpUrl, "second");
    let mut to = lane();
    let (first, second) = (from.events()[0], from.events()[1]);
    to.copy(&second, from.text_from(first.what.text_bytes()));
    let What::Text(Field::HttpUrl, words) = to.events()[0].what else {
        panic!("another event");
    };
    assert_eq!(to.text_from(0).words(words), "second");
}

#[test]
fn text_without_end_is_cut_on_a_character() {
    let mut lane = lane();
    let node = lane.node;
    lane.field(node, Field::SqlQuery, &"é".repeat(TEXT_BYTES));
    assert_eq!(lane.sheet.text().len(), TEXT_BYTES);
    lane.field(
        node,
        Field::SqlQuery,
        &format!("a{}", "é".repeat(TEXT_BYTES)),
    );
    assert_eq!(lane.sheet.text().len(), 2 * TEXT_BYTES - 1);
}

fn about(number: u64) -> About<'static> {
    About {
        trace_id: TraceId::from_u128(u128::from(number)),
        segment_id: SegmentId::from_u64(number),
        kind: Kind::Segment,
        header: None,
        watch: None,
    }
}

#[test]
fn an_identity_serves_the_next_segment_when_all_references_are_back() {
    let outlet = Outlet::for_tests();
    let mut lane = Lane::new(Size::Segment, &outlet);
    lane.begin_segment(&outlet, about(1));
    let first = lane.key();
    let (lent, other) = (lane.lend(), lane.lend());
    lane.give_back(lent);
    drop(other);
    lane.begin_segment(&outlet, about(2));
    assert_eq!(lane.key(), first);
    assert_eq!(lane.identity().segment_id().to_u64(), 2);
    assert_eq!(lane.identity().trace_id().to_u128(), 2);
}

#[test]
fn a_reference_that_is_kept_stays_that_of_its_segment() {
    let outlet = Outlet::for_tests();
    let mut lane = Lane::new(Size::Segment, &outlet);
    lane.begin_segment(&outlet, about(1));
    let kept = lane.lend();
    kept.set_sent();
    lane.begin_segment(&outlet, about(2));
    assert_eq!((kept.segment_id().to_u64(), kept.is_sent()), (1, true));
    let own = lane.identity();
    assert_eq!((own.segment_id().to_u64(), own.is_sent()), (2, false));
}

#[test]
fn a_lane_takes_less_than_four_thousand_bytes() {
    assert!(Size::Segment.bytes() <= 4_000);
    assert!(size_of::<Lane>() == 128, "{}", size_of::<Lane>());
}
