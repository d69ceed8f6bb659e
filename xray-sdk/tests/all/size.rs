//! Documents that would not fit into one datagram.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use xray_sdk::document::{AnnotationValue, Document};
use xray_sdk::testing::Capture;
use xray_sdk::{SegmentId, Subsegment, subsegment};

/// The most bytes of a document over UDP: 65,507 less the header line.
const LIMIT: usize = 65_507 - 30;
const DEADLINE: Duration = Duration::from_secs(30);

fn assert_fits(capture: &Capture) {
    for bytes in capture.bytes() {
        assert!(bytes.len() <= LIMIT, "{} bytes", bytes.len());
    }
}

/// The parent of every segment and subsegment that arrived.
fn parents(capture: &Capture) -> HashMap<SegmentId, Option<SegmentId>> {
    let mut parents = HashMap::new();
    let mut stack: Vec<(Document, Option<SegmentId>)> = capture
        .documents()
        .into_iter()
        .map(|document| {
            let parent = document.parent_id;
            (document, parent)
        })
        .collect();
    while let Some((document, parent)) = stack.pop() {
        let before = parents.insert(document.id, parent);
        assert_eq!(before, None, "{} arrived twice", document.id);
        let id = document.id;
        stack.extend(
            document
                .subsegments
                .into_iter()
                .map(|child| (child, Some(id))),
        );
    }
    parents
}

#[test]
fn five_megabytes_of_siblings_and_nested_subsegments_arrive_whole() {
    let capture = Capture::new("import");
    let note = "n".repeat(220);
    let mut expected = HashMap::new();
    let mut segment = capture.recorder().segment("import").begin();
    let root = segment.id().expect("recorded");
    expected.insert(root, None);
    {
        let _entered = segment.enter();
        for _ in 0..100 {
            let mut parent = xray_sdk::current().id();
            // Groups of 200: a chain of 50, each link with three siblings.
            nest(50, &note, &mut expected, &mut parent);
        }
    }
    segment.end();
    assert_eq!(expected.len(), 20_001);
    assert_fits(&capture);
    let arrived = parents(&capture);
    assert_eq!(arrived.len(), expected.len());
    for (id, parent) in &expected {
        assert_eq!(arrived[id], *parent, "the parent of {id}");
    }
    let bytes: usize = capture.bytes().iter().map(Vec::len).sum();
    assert!(bytes > 5_000_000, "{bytes}");
    let health = capture.recorder().health();
    assert_eq!((health.trimmed, health.lost_total()), (0, 0), "{health:?}");
}

fn nest(
    levels: usize,
    note: &str,
    expected: &mut HashMap<SegmentId, Option<SegmentId>>,
    parent: &mut Option<SegmentId>,
) {
    if levels == 0 {
        return;
    }
    subsegment("step").run(|step| {
        step.metadata("note", note);
        let id = step.id();
        expected.insert(id.expect("recorded"), *parent);
        for _ in 0..3 {
            subsegment("part").run(|part| {
                part.metadata("note", note);
                expected.insert(part.id().expect("recorded"), id);
            });
        }
        nest(levels - 1, note, expected, &mut id.clone());
    });
}

#[test]
fn a_deep_chain_arrives_whole() {
    let capture = Capture::new("import");
    let mut segment = capture.recorder().segment("import").begin();
    let mut chain: Vec<Subsegment> = Vec::new();
    for _ in 0..2_000 {
        let next = match chain.last_mut() {
            Some(last) => last.subsegment("step").begin(),
            None => segment.subsegment("step").begin(),
        };
        chain.push(next);
    }
    while let Some(step) = chain.pop() {
        step.end();
    }
    segment.end();
    let arrived = parents(&capture);
    assert_eq!(arrived.len(), 2_001);
    let ids: HashSet<_> = arrived.keys().copied().collect();
    let unknown = arrived
        .values()
        .flatten()
        .filter(|parent| !ids.contains(parent));
    assert_eq!(unknown.count(), 0, "every parent arrived");
}

#[test]
fn a_value_too_large_for_a_datagram_is_cut_marked_and_counted() {
    let capture = Capture::new("import");
    capture.recorder().segment("import").run_sync(|segment| {
        segment
            .metadata("before", "kept")
            .metadata("dump", &"x".repeat(200_000))
            .metadata("after", "kept");
    });
    assert_fits(&capture);
    let document = &capture.documents()[0];
    let metadata = serde_json::to_value(&document.metadata).expect("json");
    assert_eq!(metadata["default"]["before"], "kept");
    assert_eq!(metadata["default"]["after"], "kept");
    let dump = metadata["default"]["dump"].as_str().expect("text");
    assert!(
        dump.starts_with("\"xxx") && dump.len() > 1_000,
        "a part is shown"
    );
    assert_eq!(
        metadata["xray_sdk"]["trimmed"],
        serde_json::json!(["default.dump"])
    );
    let health = capture.recorder().health();
    assert_eq!(health.trimmed, 1);
    assert_eq!(health.notices.len(), 1, "{:?}", health.notices);
    assert!(health.notices[0].contains("default.dump"));
}

#[test]
fn texts_that_x_ray_takes_a_part_of_are_cut_marked_and_counted() {
    let capture = Capture::new("import");
    let long = "x".repeat(5_000);
    capture.recorder().segment("import").run_sync(|segment| {
        segment
            .annotate("note", &long)
            .set_user(&long)
            .http_request("GET", &long);
    });
    let document = &capture.documents()[0];
    assert_eq!(document.user.as_ref().map(String::len), Some(250));
    let metadata = serde_json::to_value(&document.metadata).expect("json");
    assert_eq!(
        metadata["xray_sdk"]["trimmed"],
        serde_json::json!(["user", "url", "note"])
    );
    let health = capture.recorder().health();
    assert_eq!((health.trimmed, health.notices.len()), (3, 1), "{health:?}");
}

#[test]
fn annotations_without_end_are_left_out_and_counted() {
    let capture = Capture::new("import");
    capture.recorder().segment("import").run_sync(|segment| {
        for number in 0..2_000 {
            segment.annotate(format!("key_{number}"), "\u{1}".repeat(1_000));
        }
    });
    assert_fits(&capture);
    let document = &capture.documents()[0];
    assert!(document.annotations.len() >= 8);
    let left_out = 2_000 - document.annotations.len() as u64;
    assert_eq!(capture.recorder().health().trimmed, left_out);
}

#[test]
fn everything_at_its_longest_fits() {
    let capture = Capture::new("import");
    let long = "\u{1}ü\"\\".repeat(20_000);
    capture.recorder().segment(&long).run_sync(|segment| {
        segment
            .set_user(&long)
            .http_request(&long, &long)
            .user_agent(&long)
            .client_ip(&long, true)
            .http_status(599)
            .sql(&xray_sdk::document::Sql {
                connection_string: Some(long.as_str().into()),
                url: Some(long.as_str().into()),
                sanitized_query: Some(long.as_str().into()),
                database_type: Some(long.as_str().into()),
                database_version: Some(long.as_str().into()),
                driver_version: Some(long.as_str().into()),
                user: Some(long.as_str().into()),
                preparation: Some(long.as_str().into()),
            })
            .metadata_in(&long, &long, &long)
            .aws(&long, &long)
            .annotate(&long, &long)
            .record_message(&long, &long)
            .record_error(&std::io::Error::other(long.clone()));
    });
    assert_fits(&capture);
    assert_eq!(capture.documents().len(), 1);
}

#[test]
fn a_long_segment_sends_what_is_closed_before_it_ends() {
    let capture = Capture::new("import");
    let mut segment = capture.recorder().segment("import").begin();
    {
        let _entered = segment.enter();
        for _ in 0..5_000 {
            subsegment("step").run(|step| {
                step.annotate("number", 1);
            });
        }
    }
    let before = capture.documents().len();
    assert!(
        before > 4_000,
        "{before} documents while the segment is open"
    );
    assert!(
        capture
            .documents()
            .iter()
            .all(|document| document.parent_id == segment.id())
    );
    segment.end();
    assert_eq!(parents(&capture).len(), 5_001);
}

#[test]
fn a_segment_larger_than_the_memory_allowed_is_sent_in_progress_and_ends() {
    let capture = Capture::with("import", |builder| builder.queue_bytes(1024 * 1024));
    let mut segment = capture.recorder().segment("import").begin();
    for number in 0..2_000 {
        segment.metadata(format!("key_{number}"), &"x".repeat(1_000));
        if number % 100 == 0 {
            capture.recorder().flush(DEADLINE);
        }
    }
    segment.end();
    let documents = capture.documents();
    assert!(documents[0].in_progress);
    let last = documents.last().expect("documents");
    assert!(!last.in_progress && last.end_time.is_some());
    let health = capture.recorder().health();
    assert!(health.incomplete >= 1 && health.refused == 0, "{health:?}");
    let told = health
        .notices
        .iter()
        .filter(|text| text.contains("raise queue_bytes"));
    assert_eq!(told.count(), 1, "{health:?}");
}

#[test]
fn what_closed_before_a_segment_was_sent_for_want_of_memory_is_not_lost_to_its_complete_document() {
    let capture = Capture::with("import", |builder| builder.queue_bytes(1024 * 1024));
    capture.recorder().segment("import").run_sync(|segment| {
        subsegment("step").run(|_| ());
        for number in 0..700 {
            segment.metadata(format!("key_{number}"), &"x".repeat(1_000));
        }
        assert!(
            capture
                .documents()
                .iter()
                .any(|document| document.in_progress)
        );
    });
    let mut documents = capture.documents();
    // As the service does, that keeps of each id the complete document only.
    documents.retain(|document| !document.in_progress);
    let names: Vec<_> = documents
        .iter()
        .flat_map(Document::walk)
        .map(|node| &node.name)
        .collect();
    assert_eq!(names, ["step", "import"]);
}

#[test]
fn what_a_document_had_repaired_counts_once_where_it_has_to_be_split() {
    let capture = Capture::new("import");
    // Little as it is recorded, and six times as much when it is escaped: that the whole does not fit is seen while it is written.
    let control = "\u{1}".repeat(8_000);
    capture.recorder().segment("import").run_sync(|segment| {
        segment.annotate("user.id", 7);
        segment.set_user(&"u".repeat(300));
        for name in ["first", "second"] {
            subsegment(name).run(|part| {
                part.metadata("control", &control);
            });
        }
    });
    assert_fits(&capture);
    assert_eq!(parents(&capture).len(), 3);
    let health = capture.recorder().health();
    let counts = (health.split, health.repaired, health.trimmed);
    assert_eq!(counts, (1, 1, 1), "{health:?}");
}

#[test]
fn what_is_little_of_an_open_segment_outlives_want_of_memory() {
    let capture = Capture::with("import", |builder| builder.queue_bytes(1024 * 1024));
    let health = || capture.recorder().health();
    capture.recorder().segment("import").run_sync(|segment| {
        segment.http_request("PUT", "https://example.com/import");
        segment.set_user("first").annotate("tenant", "a");
        segment.set_user("second").annotate("tenant", "b");
        segment.metadata("first", "not kept, for there is more of its kind");
        subsegment("open").run(|open| {
            open.annotate("step", 1).metadata("note", "kept");
            while health().incomplete == 0 {
                segment.metadata("large", &"x".repeat(100_000));
                capture.recorder().flush(DEADLINE);
            }
            let incomplete = health().incomplete;
            capture.recorder().flush(DEADLINE);
            let message = "there is nothing more to give up";
            assert_eq!(health().incomplete, incomplete, "{message}");
        });
        segment.http_status(200);
    });
    let mut documents = capture.documents();
    documents.retain(|document| !document.in_progress && document.name == "import");
    let [document] = &documents[..] else {
        panic!("{documents:?}");
    };
    assert_eq!(document.user.as_deref(), Some("second"));
    assert_eq!(
        document.annotations["tenant"],
        AnnotationValue::Text("b".to_owned())
    );
    // What was handed over later may be there.
    let metadata = document.metadata.get("default");
    assert!(metadata.is_none_or(|default| default.get("first").is_none()));
    let http = document.http.as_ref().expect("recorded");
    let request = http.request.as_ref().expect("recorded");
    assert_eq!(request.method.as_deref(), Some("PUT"));
    let open = &document.subsegments[0];
    assert_eq!(open.metadata["default"]["note"], "kept");
    assert_eq!(open.annotations["step"], AnnotationValue::Integer(1));
}
