//! Whatever documents come, all that is read of them can be read.

use proptest::prelude::*;
use serde_json::{Value, json};
use xray_local::{Limits, Store, TimeRange, TimelineStyle, map, timeline};

/// Ids from a small set, so that documents meet: as parents, as duplicates, in circles.
fn id() -> impl Strategy<Value = String> {
    (0..8_u8).prop_map(|number| format!("{number:016x}"))
}

fn trace_id() -> impl Strategy<Value = String> {
    (0..3_u8).prop_map(|number| format!("1-0000000{number}-{number:024x}"))
}

fn time() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..10.0, Just(0.0), 0.0..253_402_300_799.0]
}

/// A segment or subsegment with a few of the fields that others look at.
fn entity() -> impl Strategy<Value = Value> {
    (
        (id(), "[a-cé .]{1,3}", time(), prop::option::of(time())),
        prop::option::of(prop::sample::select(vec!["aws", "remote", "local"])),
        prop::option::of(200..600_u16),
        any::<[bool; 4]>(),
    )
        .prop_map(|((id, name, start, end), namespace, status, [fault, error, throttle, traced])| {
            let mut document = json!({
                "id": id, "name": name, "start_time": start, "in_progress": end.is_none(), "fault": fault, "error": error,
                "throttle": throttle, "traced": traced, "annotations": {"key": status}, "user": name,
            });
            for (key, value) in [
                ("end_time", json!(end)),
                ("namespace", json!(namespace)),
                ("http", json!({"response": {"status": status}})),
            ] {
                document[key] = value;
            }
            document
        })
}

fn tree() -> impl Strategy<Value = Value> {
    entity().prop_recursive(4, 12, 3, |below| {
        (entity(), prop::collection::vec(below, 0..3)).prop_map(|(mut document, below)| {
            document["subsegments"] = json!(below);
            document
        })
    })
}

fn document() -> impl Strategy<Value = Value> {
    (tree(), trace_id(), prop::option::of(id()), any::<bool>()).prop_map(
        |(mut document, trace_id, parent, is_subsegment)| {
            document["trace_id"] = json!(trace_id);
            document["parent_id"] = json!(parent);
            if is_subsegment && parent.is_some() {
                document["type"] = json!("subsegment");
            }
            document
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_documents_can_be_read_in_every_way(
        documents in prop::collection::vec(document(), 1..12),
        width in 0..200_usize,
        colour: bool,
    ) {
        let store = Store::new(Limits::default());
        for document in &documents {
            prop_assert_eq!(store.insert(&document.to_string()), []);
        }
        let traces = store.traces();
        prop_assert_eq!(traces.len(), store.counts().traces);
        let segments: usize = traces.iter().map(|trace| trace.segments().iter().flat_map(|segment| segment.walk()).count()).sum();
        let rows: usize = traces
            .iter()
            .map(|trace| timeline(trace, TimelineStyle { width, colour }).lines().count() - 1)
            .sum();
        prop_assert_eq!(rows, segments, "each segment and subsegment has one line");

        let summaries = serde_json::to_value(store.summaries(&TimeRange::ALWAYS)).expect("can be written");
        for summary in summaries.as_array().expect("a list") {
            prop_assert!(summary["StartTime"].is_number());
            prop_assert!(summary["Http"].is_object());
        }
        let graph = store.service_graph(&TimeRange::ALWAYS);
        let drawn = map(&graph);
        for service in graph.services() {
            prop_assert!(service.start_time <= service.end_time);
            prop_assert!(!service.id.is_client() || drawn.contains("client"));
            let Some(statistics) = service.summary_statistics else { continue };
            let counted = statistics.ok_count + statistics.error_statistics.total_count + statistics.fault_statistics.total_count;
            prop_assert_eq!(counted, statistics.total_count);
        }
    }
}
