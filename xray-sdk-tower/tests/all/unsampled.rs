//! What the sampler is told of requests that are not recorded: whether they failed.

use std::convert::Infallible;
use std::fmt::Display;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use xray_sdk::sampling::{Decision, Sampler, SamplingRequest};
use xray_sdk::testing::Capture;
use xray_sdk_tower::{ClientLayer, ServerLayer};

use crate::script::{Script, Step};

/// Records nothing, and notes how each segment ended.
#[derive(Clone, Default)]
struct Observer(Arc<Mutex<Vec<bool>>>);

impl Sampler for Observer {
    fn decide(&self, _request: &SamplingRequest<'_>) -> Decision {
        Decision::not_sampled().observed()
    }

    fn observe(&self, _decision: &Decision, is_fault: bool) {
        self.0.lock().expect("no test panicked").push(is_fault);
    }
}

/// Whether the sampler is told of a fault, when a server has this service and its whole answer was read.
async fn is_fault<S, B>(service: S) -> bool
where
    S: Service<Request<()>, Response = Response<B>>,
    S::Error: Display,
    B: Body<Data = Bytes, Error: Display>,
{
    let observer = Observer::default();
    let capture = Capture::with_sampler("shop", observer.clone());
    let server = ServerLayer::new(capture.recorder()).layer(service);
    if let Ok(answer) = server.oneshot(Request::new(())).await {
        // Whether it fails is seen by the sampler.
        let _ = answer.into_body().collect().await;
    }
    assert_eq!(capture.tree(), "", "nothing is recorded");
    let seen = observer.0.lock().expect("no test panicked");
    assert_eq!(seen.len(), 1, "each segment ends once");
    seen[0]
}

/// A service that gives this answer.
fn answering<B: Clone>(
    answer: Response<B>,
) -> impl Service<Request<()>, Response = Response<B>, Error = Infallible> {
    service_fn(move |_| std::future::ready(Ok(answer.clone())))
}

fn status(status: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status.try_into().expect("a status");
    response
}

fn grpc(name: &'static str, code: &'static str) -> Response<Full<Bytes>> {
    let mut response = status(200);
    let headers = response.headers_mut();
    headers.insert("content-type", "application/grpc".parse().expect("a value"));
    headers.insert(name, code.parse().expect("a value"));
    response
}

#[tokio::test]
async fn a_fault_is_told_by_its_http_status() {
    for (code, expected) in [
        (200, false),
        (404, false),
        (429, false),
        (500, true),
        (503, true),
    ] {
        assert_eq!(is_fault(answering(status(code))).await, expected, "{code}");
    }
}

#[tokio::test]
async fn a_fault_is_told_by_the_grpc_status_of_an_answer_without_a_body() {
    for (code, expected) in [("0", false), ("5", false), ("13", true), ("14", true)] {
        let answer = grpc("grpc-status", code);
        assert_eq!(is_fault(answering(answer)).await, expected, "{code}");
    }
}

#[tokio::test]
async fn a_fault_is_told_by_the_grpc_status_after_the_body() {
    for (code, expected) in [("0", false), ("5", false), ("13", true)] {
        let service = service_fn(async move |_: Request<()>| {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", code.parse().expect("a value"));
            let body = Full::new(Bytes::from_static(b"one"))
                .with_trailers(async move { Some(Ok::<_, Infallible>(trailers)) });
            let (head, ()) = grpc("x-none", "0").map(|_| ()).into_parts();
            Ok::<_, Infallible>(Response::from_parts(head, body))
        });
        assert_eq!(is_fault(service).await, expected, "{code}");
    }
}

#[tokio::test]
async fn a_service_that_fails_is_a_fault() {
    let service = service_fn(async |_: Request<()>| {
        Err::<Response<Full<Bytes>>, _>(io::Error::other("no stock"))
    });
    assert!(is_fault(service).await);
}

#[tokio::test]
async fn a_body_that_fails_is_a_fault() {
    let service = service_fn(async |_: Request<()>| {
        let body = Script::new([Step::Chunk("one"), Step::Fail]);
        Ok::<_, Infallible>(Response::new(body))
    });
    assert!(is_fault(service).await);
}

#[tokio::test]
async fn what_a_call_to_another_service_ends_with_is_no_fault_of_the_caller() {
    let observer = Observer::default();
    let capture = Capture::with_sampler("shop", observer.clone());
    let segment = capture.recorder().own_segment();
    let calls = async {
        let answers = ClientLayer::new().layer(service_fn(async |_: Request<()>| {
            io::Result::Ok(status(500))
        }));
        let answer = answers.oneshot(Request::new(())).await.expect("an answer");
        drop(answer);
        let fails = ClientLayer::new().layer(service_fn(async |_: Request<()>| {
            Err::<Response<Full<Bytes>>, _>(io::Error::other("refused"))
        }));
        fails.oneshot(Request::new(())).await.expect_err("it fails");
    };
    segment.run(calls).await;
    assert_eq!(*observer.0.lock().expect("no test panicked"), [false]);
}
