//! What `ServerLayer` does to one request, without the sockets and the framework around it: around a service that answers at once.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{HeaderValue, Request, Response, header};
use tower_layer::Layer as _;
use tower_service::Service;
use xray_sdk::Recorder;
use xray_sdk::sampling::{Always, Never};
use xray_sdk_tower::ServerLayer;

use crate::contender::{Contender, Entry, Ready as Made};
use crate::ours::{Discard, NAME, recorder};
use crate::work;

/// The service alone, and with the layer.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new("service", "layer-none", "no layer", |_| {
        Ok(Box::new(Layered {
            service: Hello,
            recorder: None,
            answered: 0,
        }))
    }),
    Entry::new(NAME, "layer-sampled", "ServerLayer", |_| {
        layered(recorder(Discard, Always)?)
    }),
    Entry::new(NAME, "layer-unsampled", "ServerLayer", |_| {
        layered(recorder(Discard, Never)?)
    }),
];

fn layered(recorder: Recorder) -> Made {
    Ok(Box::new(Layered {
        service: ServerLayer::new(&recorder).layer(Hello),
        recorder: Some(recorder),
        answered: 0,
    }))
}

/// Answers at once, with a header, as any server does.
#[derive(Clone)]
pub(crate) struct Hello;

impl Service<Request<String>> for Hello {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        let mut response = Response::new(String::new());
        let kind = HeaderValue::from_static("text/plain");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        ready(Ok(response))
    }
}

/// Has `service` answer, as a runtime would; the answer is dropped.
pub(crate) fn answer<S: Service<Request<String>, Error = Infallible>>(
    service: &mut S,
    request: Request<String>,
) {
    let answer = pin!(service.call(request));
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => drop(black_box(answer)),
        Poll::Pending => unreachable!("it answers at once"),
    }
}

/// What browsers ask for.
pub(crate) fn request() -> Request<String> {
    let mut request = Request::new(String::new());
    *request.uri_mut() = http::Uri::from_static("/hello");
    let headers = request.headers_mut();
    headers.insert(header::HOST, HeaderValue::from_static("shop.example.com"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static("overhead/0.1"));
    request
}

struct Layered<S> {
    service: S,
    recorder: Option<Recorder>,
    answered: u64,
}

/// Longer than sending one burst takes on any machine.
const DEADLINE: Duration = Duration::from_secs(30);

impl<S: Service<Request<String>, Error = Infallible>> Contender for Layered<S> {
    fn burst(&mut self, _: &work::Request<'_>, operations: usize) {
        for _ in 0..operations {
            answer(&mut self.service, request());
        }
        self.answered += operations as u64;
    }

    fn drain(&mut self) {
        if let Some(recorder) = &self.recorder {
            recorder.flush(DEADLINE);
        }
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        let health = self.recorder.as_ref().map(Recorder::health);
        let counted = health.map_or(self.answered, |health| health.documents + health.unsampled);
        (counted == operations)
            .then_some(())
            .ok_or_else(|| format!("{counted} of {operations} requests were counted"))
    }
}
