use super::*;
use crate::record::event::{Field, What};
use crate::record::lane::write::TEXT_BYTES;

fn lane() -> Box<Lane> {
    let mut lane = Lane::new(Size::Segment);
    lane.begin_part(&Identity::for_tests(&Outlet::for_tests()));
    lane
}

#[test]
fn a_copied_event_refers_to_its_own_text() {
    let mut from = lane();
    let node = from.node;
    from.field(node, Field::User, "first");
    from.field(node, Field::HttpUrl, "second");
    let mut to = lane();
    let event = from.events()[1];
    to.copy(&event, &from);
    let What::Text(Field::HttpUrl, words) = to.events()[0].what else {
        panic!("another event");
    };
    assert_eq!(to.words_of(&words), "second");
}

#[test]
fn text_without_end_is_cut_on_a_character() {
    let mut lane = lane();
    let node = lane.node;
    lane.field(node, Field::SqlQuery, &"é".repeat(TEXT_BYTES));
    assert_eq!(lane.text.len(), TEXT_BYTES);
    lane.field(
        node,
        Field::SqlQuery,
        &format!("a{}", "é".repeat(TEXT_BYTES)),
    );
    assert_eq!(lane.text.len(), 2 * TEXT_BYTES - 1);
}
