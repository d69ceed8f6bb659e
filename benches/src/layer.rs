//! What `ServerLayer` does to one request, without the sockets and the framework around it: around a service that answers at once.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{HeaderValue, Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use tower_layer::Layer as _;
use tower_service::Service;
use xray_sdk::Recorder;
use xray_sdk::sampling::{Always, Never};
use xray_sdk_tower::{ClientLayer, ServerLayer, TracedClient};

use crate::contender::{Contender, Entry, Ready as Made};
use crate::ours::{Discard, NAME, recorder};
use crate::work;

/// The service alone, and with the layer; the same where the service calls another one.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::new("service", "layer-none", "no layer", |_| {
        Ok(Layered::ready(Hello, None))
    }),
    Entry::new(NAME, "layer-sampled", "ServerLayer", |_| {
        layered(recorder(Discard, Always)?, Hello)
    }),
    Entry::new(NAME, "layer-unsampled", "ServerLayer", |_| {
        layered(recorder(Discard, Never)?, Hello)
    }),
    Entry::new("service", "call-none", "with a call; no layers", |_| {
        Ok(Layered::ready(Calls(Hello), None))
    }),
    Entry::new(NAME, "call-sampled", "ServerLayer, ClientLayer", |_| {
        layered(recorder(Discard, Always)?, Calls::traced())
    }),
    Entry::new(NAME, "call-unsampled", "ServerLayer, ClientLayer", |_| {
        layered(recorder(Discard, Never)?, Calls::traced())
    }),
];

fn layered<S, B>(recorder: Recorder, service: S) -> Made
where
    S: Service<Request<String>, Response = Response<B>, Error = Infallible> + 'static,
    B: Body<Error = Infallible> + 'static,
{
    let service = ServerLayer::new(&recorder).layer(service);
    Ok(Layered::ready(service, Some(recorder)))
}

/// Answers at once, with a header and a body, as any server does.
#[derive(Clone)]
pub(crate) struct Hello;

/// The answer's body: one frame.
pub(crate) struct Words(Option<&'static str>);

impl Body for Words {
    type Data = &'static [u8];
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Infallible>>> {
        let words = self.0.take();
        Poll::Ready(words.map(|words| Ok(Frame::data(words.as_bytes()))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.map_or(0, str::len) as u64)
    }
}

impl Service<Request<String>> for Hello {
    type Response = Response<Words>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Words>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        let mut response = Response::new(Words(Some("Hello, World!")));
        let kind = HeaderValue::from_static("text/plain");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        ready(Ok(response))
    }
}

/// Answers as that does, when another service has answered.
#[derive(Clone)]
pub(crate) struct Calls<C>(pub(crate) C);

impl Calls<TracedClient<Hello>> {
    pub(crate) fn traced() -> Self {
        Self(ClientLayer::new().layer(Hello))
    }
}

impl<C, B> Service<Request<String>> for Calls<C>
where
    C: Service<Request<String>, Response = Response<B>, Error = Infallible>,
    B: Body<Error = Infallible>,
{
    type Response = Response<Words>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Words>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        answer(&mut self.0, request);
        Hello.call(Request::new(String::new()))
    }
}

/// Has `service` answer, as a runtime would, and takes the answer's body to its end, as a server does that sends it.
pub(crate) fn answer<S, B>(service: &mut S, request: Request<String>)
where
    S: Service<Request<String>, Response = Response<B>, Error = Infallible>,
    B: Body<Error = Infallible>,
{
    let mut cx = Context::from_waker(Waker::noop());
    let answer = pin!(service.call(request));
    let Poll::Ready(Ok(answer)) = answer.poll(&mut cx) else {
        unreachable!("it answers at once");
    };
    let (head, body) = black_box(answer).into_parts();
    black_box((body.is_end_stream(), body.size_hint()));
    let mut body = pin!(body);
    while !body.is_end_stream() {
        let frame = body.as_mut().poll_frame(&mut cx);
        assert!(
            matches!(black_box(&frame), Poll::Ready(Some(_))),
            "all is there at once"
        );
    }
    drop(head);
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

impl<S, B> Layered<S>
where
    S: Service<Request<String>, Response = Response<B>, Error = Infallible> + 'static,
    B: Body<Error = Infallible> + 'static,
{
    fn ready(service: S, recorder: Option<Recorder>) -> Box<dyn Contender> {
        Box::new(Self {
            service,
            recorder,
            answered: 0,
        })
    }
}

impl<S, B> Contender for Layered<S>
where
    S: Service<Request<String>, Response = Response<B>, Error = Infallible>,
    B: Body<Error = Infallible>,
{
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
