//! What the next service is told, and which segment a call belongs to.

use std::sync::Arc;

use tokio::task::JoinSet;
use xray_sdk::sampling::Never;
use xray_sdk::testing::Capture;
use xray_sdk::{Sampled, TraceHeader, subsegment};

use crate::errand::{Client, Errand};

pub(crate) async fn the_next_service_continues_from_the_subsegment<C: Client>() {
    let errand = Errand::<C>::new().await;
    let trace = "1-5759e988-bd862e3fe1be46a994272793";
    let header = TraceHeader::parse(&format!("Root={trace};Sampled=1;Lineage=a87bd80c:1"));
    let segment = errand
        .capture
        .recorder()
        .segment("checkout")
        .continuing(header);
    let response = segment.run(errand.get("/sent")).await;
    let expected = format!(
        "Root={trace};Parent={};Sampled=1;Lineage=a87bd80c:1",
        errand.call().id
    );
    assert_eq!(response.body(), &expected);
}

pub(crate) async fn a_header_that_is_there_already_is_replaced<C: Client>() {
    let errand = Errand::<C>::new().await;
    let mut asked = errand.request("/sent");
    let other = "Root=1-00000001-000000000000000000000001;Sampled=0";
    asked
        .headers_mut()
        .insert(TraceHeader::NAME, other.parse().expect("a value"));
    let response = errand.in_segment(errand.exchange(asked)).await;
    let sent = TraceHeader::parse(std::str::from_utf8(response.body()).expect("text"));
    assert_eq!(sent.parent(), Some(errand.call().id));
}

pub(crate) async fn a_call_in_an_unsampled_trace_says_so_and_records_nothing<C: Client>() {
    let errand = Errand::<C>::recorded_by(Capture::with_sampler("checkout", Never)).await;
    let response = errand.in_segment(errand.get("/sent")).await;
    let sent = TraceHeader::parse(std::str::from_utf8(response.body()).expect("text"));
    assert_eq!(sent.sampled(), Sampled::No);
    assert!(sent.root().is_some());
    assert_eq!(errand.capture.tree(), "");
}

pub(crate) async fn outside_of_a_segment_a_request_stays_as_it_is<C: Client>() {
    let errand = Errand::<C>::new().await;
    assert_eq!(errand.get("/sent").await.body(), "no header");
    assert_eq!(errand.capture.tree(), "");
}

pub(crate) async fn calls_side_by_side_are_siblings<C: Client>() {
    let errand = Errand::<C>::new().await;
    let work = async {
        tokio::join!(
            errand.get("/steps/1"),
            errand.get("/steps/2"),
            errand.get("/hello")
        );
        subsegment("afterwards").run(|_| ());
    };
    errand.in_segment(work).await;
    let tree = "checkout\n  127.0.0.1 200\n  127.0.0.1 200\n  127.0.0.1 200\n  afterwards\n";
    assert_eq!(errand.capture.tree(), tree);
}

pub(crate) async fn segments_at_the_same_time_do_not_mix<C: Client>() {
    const SEGMENTS: usize = 20;
    let errand = Arc::new(Errand::<C>::new().await);
    let mut segments = JoinSet::new();
    for _ in 0..SEGMENTS {
        let errand = errand.clone();
        segments.spawn(async move { errand.in_segment(errand.get("/sent")).await.into_body() });
    }
    let sent = segments.join_all().await;
    let documents = errand.capture.documents();
    assert_eq!(documents.len(), SEGMENTS);
    for segment in documents {
        assert_eq!(segment.subsegments.len(), 1);
        let trace = segment.trace_id.expect("a segment names its trace");
        let header = format!(
            "Root={trace};Parent={};Sampled=1",
            segment.subsegments[0].id
        );
        assert!(
            sent.iter().any(|sent| sent == &header),
            "nobody got {header}"
        );
    }
}
