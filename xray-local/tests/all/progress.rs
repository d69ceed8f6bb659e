use xray_local::{Server, TimeRange, TimelineStyle, TraceSummary, timeline};
use xray_sdk::sampling::Always;
use xray_sdk::{Origins, Recorder, TraceId, subsegment};

use crate::client::{DEADLINE, server};

/// A recorder that sends to `server` over UDP.
fn recorder(server: &Server) -> Recorder {
    Recorder::builder("import")
        .sampler(Always)
        .origins(Origins::none())
        .daemon_address(&server.address().to_string())
        .build()
        .expect("a recorder")
}

/// The trace as it is drawn, and its summary, once `stored` documents have come.
fn seen(server: &Server, trace: TraceId, stored: u64) -> (String, TraceSummary) {
    let store = server.store();
    assert!(store.wait_until(|store| store.counts().stored >= stored, DEADLINE));
    let trace = store.trace(trace).expect("the trace");
    let style = TimelineStyle {
        width: 100,
        colour: false,
    };
    let summary = store.summaries(&TimeRange::ALWAYS).remove(0);
    (timeline(&trace, style), summary)
}

#[test]
fn a_segment_is_seen_in_progress_while_it_runs_and_then_replaced() {
    let server = server();
    let recorder = recorder(&server);
    let mut segment = recorder.segment("import").begin();
    let id = segment.trace_id().expect("recorded");
    {
        let _entered = segment.enter();
        subsegment("read").run(|_| ());
        subsegment("write").run(|write| {
            write.send_in_progress();
            let (drawn, summary) = seen(&server, id, 2);
            let lines: Vec<&str> = drawn.lines().collect();
            assert!(lines[0].ends_with("  in progress"), "{drawn}");
            let is_open = |line: &str| line.ends_with("...  in progress");
            assert!(
                lines[1].starts_with("import .") && is_open(lines[1]),
                "{drawn}"
            );
            assert!(
                lines[2].starts_with("  read .") && !is_open(lines[2]),
                "{drawn}"
            );
            assert!(
                lines[3].starts_with("  write .") && is_open(lines[3]),
                "{drawn}"
            );
            assert!(summary.is_partial && summary.response_time.is_none());
        });
    }
    segment.end();

    let (drawn, summary) = seen(&server, id, 3);
    assert!(!drawn.contains("in progress"), "{drawn}");
    let names: Vec<_> = drawn
        .lines()
        .skip(1)
        .map(|line| line.split(" .").next())
        .collect();
    assert_eq!(names, [Some("import"), Some("  read"), Some("  write")]);
    assert!(!summary.is_partial && summary.response_time.is_some());
    let traces = server.store().traces();
    assert_eq!((traces.len(), traces[0].segments().len()), (1, 1));
    assert!(
        recorder.flush(DEADLINE),
        "what is sent is counted a moment later"
    );
    let health = recorder.health();
    assert_eq!(
        (health.segments, health.in_progress, health.documents),
        (1, 1, 3)
    );
}
