//! Which traces leave, and when; and what a store says that has no room.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use serde_json::json;
use xray_local::{Limits, RejectionCode, Server, TimeRange};

use crate::client::{DEADLINE, assert_refused, call, options, post, request};
use crate::folder::Folder;
use crate::kept_traces::{kept, put};
use crate::shop::{noise, small};

#[test]
fn the_oldest_traces_leave_when_there_is_no_more_room() {
    let folder = Folder::new();
    let limits = Limits {
        bytes: 2_000_000,
        ..Limits::on_disk()
    };
    let server = Server::start(kept(&folder).limits(limits)).expect("starts");
    for round in 0..100 {
        let documents: Vec<_> = (0..100)
            .map(|number| {
                let mut document = small(round * 100 + number);
                document["metadata"] = json!({"default": {"text": noise(number.into(), 500)}});
                document
            })
            .collect();
        put(&server, &documents);
        assert!(server.store().counts().bytes <= limits.bytes);
    }
    let counts = server.store().counts();
    assert_eq!(counts.stored, 10_000);
    assert_eq!(counts.evicted_traces + counts.traces as u64, 10_000);
    assert!(counts.traces > 1_000, "{counts:?}");
    let starts: Vec<_> = server
        .store()
        .summaries(&TimeRange::ALWAYS)
        .iter()
        .map(|trace| trace.start_time)
        .collect();
    let newest: Vec<_> = (0..10_000)
        .rev()
        .take(counts.traces)
        .map(f64::from)
        .collect();
    assert_eq!(starts, newest, "and the newest are there");
    server.stop();
    let bytes = fs::metadata(folder.path().join("traces.db"))
        .expect("is there")
        .len();
    assert!(bytes < 2 * limits.bytes, "room is used again: {bytes}");
}

#[test]
fn traces_leave_when_they_are_old() {
    for folder in [None, Some(Folder::new())] {
        let seconds = Arc::new(AtomicU64::new(1_000_000));
        let time = Arc::clone(&seconds);
        let told = Arc::new(AtomicU64::new(0));
        let hear = Arc::clone(&told);
        let mut options = options()
            .limits(Limits {
                age: Duration::from_secs(3_600),
                ..Limits::on_disk()
            })
            .notices(move |_| {
                hear.fetch_add(1, Ordering::Relaxed);
            })
            .clock(move || {
                SystemTime::UNIX_EPOCH + Duration::from_secs(time.load(Ordering::Relaxed))
            });
        if let Some(folder) = &folder {
            options = options.data(folder.path());
        }
        let server = Server::start(options).expect("starts");
        put(&server, &[small(1)]);
        seconds.fetch_add(1_800, Ordering::Relaxed);
        put(&server, &[small(2)]);
        assert_eq!(server.store().counts().traces, 2);
        seconds.fetch_add(1_801, Ordering::Relaxed);
        put(&server, &[small(3)]);
        let counts = server.store().counts();
        assert_eq!((counts.traces, counts.evicted_traces), (2, 1));
        seconds.fetch_add(3_600, Ordering::Relaxed);
        put(&server, &[small(4)]);
        assert_eq!(server.store().counts().traces, 2);
        assert_eq!(told.load(Ordering::Relaxed), 1, "told once");
    }
}

#[test]
fn a_trace_is_held_to_a_size_when_that_is_asked_for() {
    let limits = Limits {
        trace_bytes: 100_000,
        ..Limits::default()
    };
    let server = Server::start(options().limits(limits)).expect("starts");
    let mut large = small(1);
    large["metadata"] = json!({"default": {"text": "x".repeat(60_000)}});
    assert_eq!(server.store().insert(&large.to_string()), []);
    large["id"] = "00000000000000ff".into();
    let rejections = server.store().insert(&large.to_string());
    assert_eq!(rejections[0].code(), RejectionCode::InvalidSegment);
    assert!(
        rejections[0]
            .message()
            .contains("more than the 100000 that one may"),
        "{}",
        rejections[0]
    );
}

#[test]
fn a_trace_that_had_no_room_says_so_until_it_leaves() {
    let folder = Folder::new();
    let start = || {
        let limits = Limits {
            trace_bytes: 100_000,
            traces: 2,
            ..Limits::on_disk()
        };
        Server::start(options().data(folder.path()).limits(limits)).expect("starts")
    };
    let exceeded = |server: &Server, number: u32| {
        let answer = call(
            server,
            "/Traces",
            &json!({"TraceIds": [small(number)["trace_id"]]}),
        );
        answer["Traces"][0]["LimitExceeded"].clone()
    };
    let server = start();
    let mut large = small(1);
    large["metadata"] = json!({"default": {"text": "x".repeat(60_000)}});
    put(&server, &[large.clone(), small(2)]);
    assert_eq!(exceeded(&server, 1), false);
    large["id"] = "00000000000000ff".into();
    for _ in 0..2 {
        assert_eq!(server.store().insert(&large.to_string()).len(), 1);
    }
    assert_eq!(
        (exceeded(&server, 1), exceeded(&server, 2)),
        (json!(true), json!(false))
    );
    server.stop();

    let server = start();
    assert_eq!(
        (exceeded(&server, 1), exceeded(&server, 2)),
        (json!(true), json!(false))
    );
    // The first two leave, and what was said of the first with them.
    put(&server, &[small(3), small(4)]);
    put(&server, &[small(1)]);
    assert_eq!(exceeded(&server, 1), false);
}

#[test]
fn a_trace_that_x_ray_would_cut_is_whole_and_marked() {
    let server = Server::start(options()).expect("starts");
    let trace = small(1)["trace_id"].clone();
    for number in 0..9 {
        let mut document = small(1);
        document["id"] = format!("{:016x}", 100 + number).into();
        document["metadata"] = json!({"default": {"text": "x".repeat(60_000)}});
        put(&server, &[document]);
        let answer = call(&server, "/Traces", &json!({"TraceIds": [trace]}));
        assert_eq!(
            answer["Traces"][0]["LimitExceeded"],
            number == 8,
            "{number}"
        );
        assert_eq!(
            answer["Traces"][0]["Segments"].as_array().map(Vec::len),
            Some(number + 1)
        );
    }
}

#[test]
fn a_folder_that_is_taken_away_is_told_and_nothing_is_said_to_be_stored() {
    let folder = Folder::new();
    let path = folder.path().join("traces");
    let (tell, told) = mpsc::channel();
    let hear = move |text: &str| {
        // The test may be over.
        let _ = tell.send(text.to_owned());
    };
    let server = Server::start(options().data(&path).notices(hear)).expect("starts");
    put(&server, &[small(1)]);
    let away = folder.path().join("elsewhere");
    fs::rename(&path, &away).expect("can be moved");
    let told_of = told
        .recv_timeout(DEADLINE)
        .expect("it is told while nothing comes");
    assert!(
        told_of.contains("taken away under the running server"),
        "{told_of}"
    );
    let input = json!({"TraceSegmentDocuments": [small(2).to_string()]});
    let refused = post(&server, "/TraceSegments", &input);
    assert_refused(&refused, 503, "ServiceUnavailableException", "taken away");
    let health = request(server.address(), "GET", "/local/health", &[], "").json();
    assert!(health["store"]["trouble"].is_string(), "{health}");
    let doctor = request(server.address(), "GET", "/local/doctor", &[], "").body;
    assert!(doctor.contains("taken away"), "{doctor}");

    fs::create_dir(&path).expect("can be made");
    fs::write(path.join("traces.db"), "another").expect("can be written");
    let refused = post(&server, "/TraceSegments", &input);
    assert_refused(&refused, 503, "ServiceUnavailableException", "another file");
    fs::remove_dir_all(&path).expect("can be taken away");
    fs::rename(&away, &path).expect("can be moved");
    put(&server, &[small(2)]);
    assert_eq!(server.store().counts().traces, 2);
    assert_eq!(
        told.recv_timeout(DEADLINE).as_deref(),
        Ok("documents are stored again")
    );
}

#[test]
fn traces_that_are_kept_for_seconds_leave_within_a_tenth_of_that_while_nothing_comes() {
    let seconds = Arc::new(AtomicU64::new(1_700_000_000));
    let time = Arc::clone(&seconds);
    let limits = Limits {
        age: Duration::from_secs(3),
        ..Limits::default()
    };
    let options = options()
        .limits(limits)
        .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(time.load(Ordering::Relaxed)));
    let server = Server::start(options).expect("starts");
    put(&server, &[small(1)]);
    assert_eq!(server.store().counts().traces, 1);
    seconds.fetch_add(4, Ordering::Relaxed);
    let have_left = |store: &xray_local::Store| store.counts().traces == 0;
    assert!(server.store().wait_until(have_left, DEADLINE));
}
