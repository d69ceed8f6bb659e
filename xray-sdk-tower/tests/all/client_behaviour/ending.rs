//! When a subsegment closes.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use http::Method;
use http_body_util::BodyExt as _;
use xray_sdk::subsegment;

use crate::errand::{Client, Errand};
use crate::expose::{content_length, is_aborted};

pub(crate) async fn the_subsegment_closes_when_it_should<C: Client>() {
    let errand = Errand::<C>::new().await;
    let work = async {
        let response = errand.client.send(errand.request("/chunks")).await;
        subsegment("head is here").run(|_| ());
        let body = response.expect("an answer").into_body();
        let body = body.collect().await.expect("a whole body").to_bytes();
        assert_eq!(body, "onetwo");
    };
    errand.in_segment(work).await;
    let segment = errand.capture.documents().remove(0);
    let [call, head] = &segment.subsegments[..] else {
        panic!("two subsegments:\n{}", errand.capture.tree());
    };
    if C::CLOSES_WITH_BODY {
        assert!(
            call.end_time >= head.end_time,
            "open until the body is read"
        );
        assert_eq!(content_length(call), Some(6), "counted");
    } else {
        assert!(
            call.end_time <= Some(head.start_time),
            "closed with the head"
        );
        assert_eq!(content_length(call), None, "nobody knows it then");
    }
}

pub(crate) async fn an_answer_without_a_body_ends_with_its_head<C: Client>() {
    for (method, path) in [
        (Method::HEAD, "/hello"),
        (Method::GET, "/empty"),
        (Method::GET, "/status/200"),
    ] {
        let errand = Errand::<C>::new().await;
        let mut asked = errand.request(path);
        *asked.method_mut() = method;
        let response = errand.in_segment(errand.client.send(asked)).await;
        assert!(!is_aborted(&errand.call()), "{path}");
        drop(response);
    }
}

pub(crate) async fn an_answer_that_is_dropped_half_way_ends_the_subsegment<C: Client>() {
    let errand = Errand::<C>::new().await;
    let work = async {
        let response = errand.client.send(errand.request("/endless")).await;
        let mut body = response.expect("an answer").into_body();
        let frame = body.frame().await.expect("a frame");
        assert!(frame.expect("which is good").is_data());
    };
    errand.in_segment(work).await;
    assert_eq!(errand.capture.tree(), "checkout\n  127.0.0.1 200\n");
    assert_eq!(is_aborted(&errand.call()), C::CLOSES_WITH_BODY);
}

pub(crate) async fn a_call_that_is_dropped_at_any_await_has_one_subsegment<C: Client>() {
    let errand = Errand::<C>::new().await;
    for polls in 1.. {
        let asked = errand.request("/steps/7");
        let answered = errand
            .in_segment(drop_after(polls, errand.exchange(asked)))
            .await;
        let mut documents = errand.capture.documents();
        assert_eq!(documents.len(), polls, "one segment for each call");
        let segment = documents.remove(polls - 1);
        assert_eq!(segment.subsegments.len(), 1, "dropped after {polls} polls");
        let call = &segment.subsegments[0];
        assert!(!call.fault && !segment.fault, "giving up is no fault");
        // After the head it depends on the client, and on how much of the short body was there, whether that was all.
        assert!(call.status().is_some() || is_aborted(call));
        if answered {
            assert!(!is_aborted(call));
            break;
        }
    }
}

/// Polls as often as `work` wants it, but at most `polls` times, and drops it. Whether it came to its end.
async fn drop_after<F: Future>(polls: usize, work: F) -> bool {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match work.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
