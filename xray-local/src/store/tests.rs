mod full;

use xray_sdk::TraceId;
use xray_sdk::document::Trace;

use super::*;
use crate::query::TimeRange;
use crate::validate::RejectionCode;

mod search;

/// What a document takes.
fn cost(text: &str) -> u64 {
    record::cost(text.len())
}

fn document(trace: u32, id: u64, more: &str) -> String {
    format!(
        r#"{{"name":"a","id":"{id:016x}","trace_id":"1-{trace:08x}-{trace:024x}","start_time":{trace},"end_time":{trace}{more}}}"#
    )
}

fn id(trace: u32) -> TraceId {
    TraceId::from_u128(u128::from(trace) << 96 | u128::from(trace))
}

fn texts(store: &Store, trace: u32) -> Vec<String> {
    let snapshot = store.snapshot(id(trace)).expect("is stored");
    snapshot.texts().map(str::to_owned).collect()
}

#[test]
fn documents_are_kept_as_they_came() {
    let store = Store::new(Limits::default());
    let odd = document(1, 1, r#" , "unknown" : [ 1.0, {} ] "#);
    assert_eq!(store.insert(&odd), []);
    assert_eq!(texts(&store, 1), [odd]);
}

#[test]
fn what_nobody_can_keep_is_replaced_in_what_is_kept() {
    let store = Store::new(Limits::default());
    let more = |user: &str| format!(r#","user":"{user}","metadata":{{"a":{{"b":1}}}}"#);
    let list = format!(
        "[{},{}]",
        document(1, 1, &more(r"x\ud800")),
        document(1, 2, "")
    );
    assert_eq!(store.insert(&list), []);
    let kept = document(1, 1, &more(r"x\ufffd"));
    assert_eq!(texts(&store, 1), [kept, document(1, 2, "")]);
    let trace = store.trace(id(1)).expect("is stored");
    assert_eq!(trace.segments()[0].user.as_deref(), Some("x\u{fffd}"));
}

#[test]
fn the_last_of_several_documents_of_one_id_stays() {
    let store = Store::new(Limits::default());
    let open = document(1, 1, r#","in_progress":true"#);
    let closed = document(1, 1, "");
    for text in [&open, &closed, &open, &closed, &document(1, 2, "")] {
        assert_eq!(store.insert(text), []);
    }
    assert_eq!(
        texts(&store, 1),
        [open.clone(), closed.clone(), document(1, 2, "")]
    );
    let counts = store.counts();
    assert_eq!((counts.stored, counts.traces), (5, 1));
    let bytes = [&open, &closed, &document(1, 2, "")].map(|text| cost(text));
    assert_eq!(counts.bytes, bytes.iter().sum::<u64>());
}

#[test]
fn a_subsegment_does_not_take_the_place_of_the_segment_whose_id_it_has() {
    let store = Store::new(Limits::default());
    let segment = document(1, 1, "");
    let subsegment = document(
        1,
        1,
        r#","type":"subsegment","parent_id":"0000000000000001""#,
    );
    for text in [&segment, &subsegment, &segment, &subsegment] {
        assert_eq!(store.insert(text), []);
    }
    assert_eq!(texts(&store, 1), [segment, subsegment]);
}

#[test]
fn bytes_stay_within_their_limit() {
    let one = cost(&document(1, 1, ""));
    let store = Store::new(Limits {
        bytes: 3 * one,
        ..Limits::default()
    });
    for trace in 1..=5 {
        assert_eq!(store.insert(&document(trace, 1, "")), []);
        assert!(store.counts().bytes <= 3 * one);
    }
    let counts = store.counts();
    assert_eq!((counts.traces, counts.evicted_traces), (3, 2));
    assert!(store.trace(id(2)).is_none() && store.trace(id(3)).is_some());
}

#[test]
fn a_trace_that_outgrows_the_whole_store_is_refused_more() {
    let one = cost(&document(1, 1, ""));
    let store = Store::new(Limits {
        bytes: 2 * one,
        ..Limits::default()
    });
    for number in 1..=2 {
        assert_eq!(store.insert(&document(1, number, "")), []);
    }
    let rejections = store.insert(&document(1, 3, ""));
    assert_eq!(rejections[0].code(), RejectionCode::InvalidSegment);
    assert_eq!(rejections[0].id(), Some("0000000000000003"));
    assert_eq!(texts(&store, 1).len(), 2);
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    let store = Store::new(Limits::default());
    for trace in 1..=5 {
        store.insert(&document(trace, 1, ""));
    }
    let mut starts = Vec::new();
    let mut after = None;
    loop {
        let page = store.page(&TimeRange::began(1.0, 5.0), after, 2);
        starts.push(
            page.traces
                .iter()
                .map(|(.., start)| *start)
                .collect::<Vec<_>>(),
        );
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        starts,
        [[4.0, 3.0], [2.0, 1.0]],
        "and no empty page follows a full last one"
    );
}

#[test]
fn a_trace_moves_when_an_earlier_segment_of_it_comes() {
    let store = Store::new(Limits::default());
    store.insert(&document(10, 1, ""));
    store.insert(&document(20, 1, ""));
    let early = document(20, 2, "").replace("\"start_time\":20", "\"start_time\":5");
    assert_eq!(store.insert(&early), []);
    let ids: Vec<_> = store.traces().iter().map(Trace::id).collect();
    assert_eq!(ids, [id(10), id(20)]);
}

#[test]
fn only_the_latest_rejections_are_kept_and_all_are_counted() {
    let store = Store::new(Limits::default());
    for number in 0..150 {
        store.insert(&format!(r#"{{"id":"{number}"}}"#));
    }
    assert_eq!(store.counts().rejected, 150);
    let rejections = store.rejections();
    assert_eq!(rejections.len(), 100);
    assert_eq!(rejections.last().and_then(Rejection::id), Some("149"));
}

#[test]
fn a_waiter_is_woken_by_what_is_stored() {
    let store = Store::new(Limits::default());
    let writer = store.clone();
    let (asked, is_asked) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        is_asked.recv().expect("the waiter asks first");
        writer.insert(&document(1, 1, ""));
    });
    let reached = store.wait_until(
        |store| {
            let _ = asked.send(());
            store.counts().traces == 1
        },
        Duration::from_secs(10),
    );
    assert!(reached);
    thread.join().expect("ends");
}

#[test]
fn what_nobody_waits_for_any_more_is_not_looked_up() {
    let store = Store::new(Limits::default());
    for trace in 1..=5 {
        store.insert(&document(trace, 1, ""));
    }
    let (asker, wanted) = Asker::new();
    let asked = store.clone().asked_by(asker);
    let find = |store: &Store| store.find(&TimeRange::ALWAYS, None, None, 10).processed;
    let drawn = |store: &Store| store.service_graph(&TimeRange::ALWAYS).services().len();
    assert_eq!((find(&asked), drawn(&asked)), (5, drawn(&store)));
    drop(wanted);
    assert_eq!((find(&asked), drawn(&asked)), (0, 0));
    assert_eq!(find(&store), 5, "others go on");
}
