//! Work on other threads and in spawned tasks.

use std::collections::HashMap;

use xray_sdk::testing::Capture;
use xray_sdk::{InSubsegment as _, Sampled, current, subsegment};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_spawned_tasks_have_the_right_parents() {
    let capture = Capture::new("fan-out");
    let work = async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..10_000_u32 {
            tasks.spawn(
                async move {
                    tokio::task::yield_now().await;
                    subsegment("inside").run(|inside| {
                        inside.annotate("number", number);
                    });
                    tokio::task::yield_now().await;
                    (number, current().id())
                }
                .in_subsegment("task"),
            );
        }
        tasks.join_all().await
    };
    let ids: HashMap<_, _> = capture
        .recorder()
        .segment("fan-out")
        .run(work)
        .await
        .into_iter()
        .collect();
    let traces = capture.traces();
    let [trace] = &traces[..] else {
        panic!("{} traces", traces.len());
    };
    let [root] = trace.segments() else {
        panic!(
            "{} segments, or parents that are unknown",
            trace.segments().len()
        );
    };
    assert_eq!(root.subsegments.len(), 10_000);
    for task in &root.subsegments {
        let [inside] = &task.subsegments[..] else {
            panic!("one subsegment below each task: {task:?}");
        };
        let number = inside.annotations["number"].as_number().expect("a number") as u32;
        assert_eq!(ids[&number], Some(task.id));
    }
}

/// Its end is queued before the task's own lane: what is recorded by a handle has to be in the handle's. A segment of this size is written in
/// parts, and what comes of a part later is too late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_handle_in_a_task_records_arrives_with_its_end() {
    let capture = Capture::new("fan-out");
    let work = async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..1_000_u32 {
            tasks.spawn(
                async move {
                    let mut handle = subsegment("handle").begin();
                    handle.annotate("number", number);
                    handle.http_status(204);
                    handle.sql(&xray_sdk::document::Sql {
                        user: Some("ada".into()),
                        ..Default::default()
                    });
                }
                .in_current(),
            );
        }
        tasks.join_all().await;
    };
    capture.recorder().segment("fan-out").run(work).await;
    let traces = capture.traces();
    let parts = traces.iter().flat_map(xray_sdk::document::Trace::segments);
    let handles: Vec<_> = parts
        .flat_map(|part| part.walk())
        .filter(|part| part.name == "handle")
        .collect();
    assert_eq!(handles.len(), 1_000);
    let whole = handles.iter().filter(|handle| {
        let status = handle.http.as_ref().and_then(|http| http.response.as_ref());
        handle.annotations.contains_key("number") && status.is_some() && handle.sql.is_some()
    });
    assert_eq!(whole.count(), 1_000);
}

#[tokio::test]
async fn a_spawned_task_that_outlives_the_request_still_arrives() {
    let capture = Capture::new("checkout");
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let task = capture.recorder().segment("checkout").run_sync(|_| {
        tokio::spawn(
            async {
                subsegment("before").run(|_| ());
                let _ = wait.await;
                subsegment("after").run(|_| ());
            }
            .in_current(),
        )
    });
    assert_eq!(capture.tree(), "checkout\n");
    let _ = go.send(());
    task.await.expect("the task ends");
    assert_eq!(capture.tree(), "checkout\n  before\n  after\n");
}

#[test]
fn closures_are_carried_to_other_threads() {
    let capture = Capture::new("checkout");
    capture.recorder().segment("checkout").run_sync(|_| {
        subsegment("parallel").run(|_| {
            let threads: Vec<_> = (0..4)
                .map(|_| current().carry(|| subsegment("part").run(|_| ())))
                .map(std::thread::spawn)
                .collect();
            for thread in threads {
                thread.join().expect("ends");
            }
        });
    });
    assert_eq!(
        capture.tree(),
        "checkout\n  parallel\n    part\n    part\n    part\n    part\n"
    );
    assert_eq!(
        capture.bytes().len(),
        1,
        "all were there when the segment closed"
    );
}

#[tokio::test]
async fn an_unsampled_decision_is_carried_too() {
    let capture = Capture::with_sampler("checkout", xray_sdk::sampling::Never);
    let header = capture
        .recorder()
        .segment("checkout")
        .run(async {
            tokio::spawn(async { current().header() }.in_current())
                .await
                .expect("ends")
        })
        .await
        .expect("a header");
    assert_eq!(header.sampled(), Sampled::No);
}

#[tokio::test]
async fn concurrent_requests_on_one_thread_do_not_mix() {
    let capture = Capture::new("api");
    let request = |name: &'static str| {
        let recorder = capture.recorder().clone();
        async move {
            recorder
                .segment(name)
                .run(async move {
                    for _ in 0..20 {
                        async {
                            tokio::task::yield_now().await;
                            current().annotate("segment", name);
                        }
                        .in_subsegment("step")
                        .await;
                    }
                })
                .await;
        }
    };
    tokio::join!(request("a"), request("b"), request("c"));
    let documents = capture.documents();
    assert_eq!(documents.len(), 3);
    for document in documents {
        assert_eq!(document.subsegments.len(), 20);
        for step in &document.subsegments {
            assert_eq!(
                step.annotations["segment"].as_text(),
                Some(document.name.as_str())
            );
        }
    }
}

#[tokio::test]
async fn a_future_made_before_the_segment_records_where_it_is_polled() {
    let capture = Capture::new("checkout");
    let work = async { current().annotate("a", 1).is_recording() }.in_subsegment("work");
    assert!(capture.recorder().segment("checkout").run(work).await);
    assert_eq!(capture.tree(), "checkout\n  work\n");
}
