use super::*;
use crate::document::tree;

const ID: u128 = 0x581c_f771_a006_6491_27e3_7190_3a2d_e979;

fn document(name: &str, id: u64, start: f64) -> Document {
    Document {
        trace_id: Some(TraceId::from_u128(ID)),
        end_time: Some(start + 1.0),
        ..Document::new(name, SegmentId::from_u64(id), start)
    }
}

fn segment(name: &str, id: u64, caller: Option<u64>, start: f64) -> Document {
    Document {
        parent_id: caller.map(SegmentId::from_u64),
        ..document(name, id, start)
    }
}

fn separate(name: &str, id: u64, parent: u64, start: f64) -> Document {
    Document {
        kind: Some(crate::document::Kind::Subsegment),
        parent_id: Some(SegmentId::from_u64(parent)),
        ..document(name, id, start)
    }
}

fn embedding(outer: Document, inner: impl IntoIterator<Item = Document>) -> Document {
    Document {
        subsegments: inner.into_iter().collect(),
        ..outer
    }
}

fn in_progress(document: Document) -> Document {
    Document {
        in_progress: true,
        end_time: None,
        ..document
    }
}

/// The tree of these documents, which must be the same in whatever order they arrive.
fn tree_in_any_order(documents: &[Document]) -> String {
    let text = tree(&Trace::assemble(documents.to_vec()));
    for first in 0..documents.len() {
        let mut others = documents.to_vec();
        others.rotate_left(first);
        assert_eq!(tree(&Trace::assemble(others.clone())), text);
        others.reverse();
        assert_eq!(tree(&Trace::assemble(others)), text);
    }
    text
}

#[test]
fn separate_subsegments_find_their_parents_in_any_order() {
    let text = tree_in_any_order(&[
        embedding(document("front", 1, 1.0), [document("load", 2, 1.1)]),
        separate("query", 3, 2, 1.2),
        separate("render", 4, 1, 1.5),
        separate("parse", 5, 3, 1.3),
    ]);
    assert_eq!(text, "front\n  load\n    query\n      parse\n  render\n");
}

#[test]
fn a_called_segment_stands_under_the_call() {
    let text = tree_in_any_order(&[
        embedding(
            segment("front", 1, None, 1.0),
            [document("orders", 2, 1.1), document("stock", 3, 1.2)],
        ),
        embedding(
            segment("orders service", 4, Some(2), 1.15),
            [document("shop@db", 5, 1.2)],
        ),
        segment("stock service", 6, Some(3), 1.25),
    ]);
    assert_eq!(
        text,
        "front\n  orders\n    orders service\n      shop@db\n  stock\n    stock service\n"
    );
}

#[test]
fn roots_are_what_nobody_in_the_trace_called() {
    let traces = Trace::assemble([
        segment("called", 3, Some(2), 1.2),
        embedding(
            segment("front", 1, Some(99), 1.0),
            [document("call", 2, 1.1)],
        ),
        separate("lost", 7, 98, 3.0),
    ]);
    let [trace] = &traces[..] else {
        panic!("one trace: {traces:?}");
    };
    let names: Vec<_> = trace
        .roots()
        .iter()
        .map(|root| root.name.as_str())
        .collect();
    assert_eq!(names, ["front", "lost"]);
    assert_eq!(trace.segments().len(), 3);
    assert_eq!((trace.start_time(), trace.end_time()), (1.0, Some(4.0)));
    assert_eq!(trace.duration(), Some(3.0));
}

#[test]
fn a_trace_lasts_until_its_last_activity_and_no_segment_has_to_know_of_it() {
    let call = document("background", 2, 3.0);
    let traces = Trace::assemble([embedding(document("front", 1, 1.0), [call.clone()])]);
    assert_eq!(traces[0].end_time(), Some(4.0));
    assert_eq!(traces[0].duration(), Some(3.0));
    let open = in_progress(document("front", 1, 1.0));
    let traces = Trace::assemble([embedding(open, [call])]);
    assert_eq!((traces[0].end_time(), traces[0].duration()), (None, None));
}

#[test]
fn the_complete_document_wins_however_late_the_one_in_progress_is() {
    let complete = Document {
        fault: true,
        ..document("front", 1, 1.0)
    };
    let text = tree_in_any_order(&[in_progress(document("front", 1, 1.0)), complete]);
    assert_eq!(text, "front fault\n");
}

#[test]
fn separate_subsegments_survive_the_completion_of_their_parent() {
    let text = tree_in_any_order(&[
        embedding(
            in_progress(document("front", 1, 1.0)),
            [in_progress(document("load", 2, 1.1))],
        ),
        separate("query", 3, 2, 1.2),
        Document {
            error: true,
            ..separate("load", 2, 1, 1.1)
        },
        document("front", 1, 1.0),
    ]);
    assert_eq!(text, "front\n  load error\n    query\n");
}

#[test]
fn of_two_complete_documents_the_last_remains() {
    let first = document("first", 1, 1.0);
    let last = document("last", 1, 1.0);
    assert_eq!(tree(&Trace::assemble([first, last])), "last\n");
}

#[test]
fn duplicates_stand_once() {
    let whole = embedding(document("front", 1, 1.0), [document("load", 2, 1.1)]);
    let query = separate("query", 3, 2, 1.2);
    let text = tree_in_any_order(&[whole.clone(), query.clone(), whole, query]);
    assert_eq!(text, "front\n  load\n    query\n");
}

#[test]
fn an_id_that_comes_twice_in_one_document_loses_nothing() {
    let whole = embedding(
        document("front", 1, 1.0),
        [
            document("one", 2, 1.1),
            document("two", 2, 1.2),
            document("three", 1, 1.3),
        ],
    );
    assert_eq!(
        tree(&Trace::assemble([whole])),
        "front\n  one\n  two\n  three\n"
    );
}

#[test]
fn a_subsegment_with_the_id_of_a_segment_takes_nothing_from_it() {
    let front = embedding(document("front", 1, 1.0), [document("load", 2, 1.1)]);
    let text = tree_in_any_order(&[front.clone(), separate("call", 1, 1, 1.2)]);
    assert_eq!(text, "front\n  load\n  call\n");
    // Where a call and the segment behind it share an id, as of a sender that knows one id for both.
    let text = tree_in_any_order(&[
        front,
        separate("call", 3, 1, 1.2),
        segment("orders", 3, Some(1), 1.3),
        separate("query", 4, 3, 1.4),
    ]);
    assert_eq!(text, "front\n  load\n  call\n  orders\n    query\n");
    let inside = embedding(separate("work", 5, 1, 1.2), [document("step", 1, 1.3)]);
    let text = tree_in_any_order(&[document("front", 1, 1.0), inside]);
    assert_eq!(text, "front\n  work\n    step\n");
}

#[test]
fn orphans_stand_at_the_top_until_their_parent_comes() {
    let orphan = separate("query", 3, 2, 1.2);
    assert_eq!(tree(&Trace::assemble([orphan.clone()])), "query\n");
    let text = tree_in_any_order(&[orphan, document("front", 2, 1.0)]);
    assert_eq!(text, "front\n  query\n");
}

#[test]
fn circles_end() {
    let traces = Trace::assemble([
        separate("a", 1, 2, 1.0),
        separate("b", 2, 3, 2.0),
        separate("c", 3, 1, 3.0),
        separate("self", 4, 4, 4.0),
        embedding(segment("x", 5, Some(8), 5.0), [document("to y", 6, 5.1)]),
        embedding(segment("y", 7, Some(6), 5.2), [document("to x", 8, 5.3)]),
        embedding(segment("z", 9, Some(10), 6.0), [document("to z", 10, 6.1)]),
    ]);
    let text = tree(&traces);
    assert_eq!(text.lines().count(), 10, "{text}");
    assert_eq!(traces.len(), 1);
    assert!(
        text.contains("x\n  to y\n    y\n      to x\n")
            || text.contains("y\n  to x\n    x\n      to y\n")
    );
    assert!(text.contains("z\n  to z\n"));
}

#[test]
fn twenty_thousand_levels_do_not_exhaust_the_stack() {
    const LEVELS: u64 = 20_000;
    let chain = (2..LEVELS)
        .rev()
        .map(|id| separate("deep", id, id - 1, id as f64));
    let traces = Trace::assemble(chain.chain([document("front", 1, 1.0)]));
    let [front] = traces[0].segments() else {
        panic!("everything hangs from one segment");
    };
    assert_eq!(front.walk().count() as u64, LEVELS - 1);
    assert!(
        front
            .walk()
            .skip(1)
            .all(|deep| deep.parent_id == Some(SegmentId::from_u64(deep.id.to_u64() - 1)))
    );
    assert_eq!(front.to_json().matches("deep").count() as u64, LEVELS - 2);
    assert_eq!(traces[0].tree().lines().count() as u64, LEVELS - 1);
}

#[test]
fn traces_are_told_apart_and_stand_in_start_order() {
    let other = |document: Document| Document {
        trace_id: Some(TraceId::from_u128(7)),
        ..document
    };
    let nowhere = Document {
        trace_id: None,
        ..document("nowhere", 9, 0.0)
    };
    let text = tree_in_any_order(&[
        document("second", 1, 2.0),
        other(document("first", 1, 1.0)),
        other(separate("first's", 2, 1, 1.5)),
        nowhere,
    ]);
    assert_eq!(text, "first\n  first's\nsecond\n");
}

#[test]
fn a_line_has_the_status_and_what_went_wrong() {
    let mut failing = document("front", 1, 1.0);
    failing.http = Some(crate::document::Http {
        request: None,
        response: Some(crate::document::HttpResponse {
            status: Some(429),
            content_length: None,
        }),
    });
    failing.error = true;
    failing.throttle = true;
    assert_eq!(
        tree(&Trace::assemble([failing])),
        "front 429 error throttle\n"
    );
}
