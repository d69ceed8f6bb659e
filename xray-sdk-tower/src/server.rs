use std::fmt::Display;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::HOST;
use http::{Extensions, HeaderMap, Method, Request, Response, Uri};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use xray_sdk::sampling::SamplingRequest;
use xray_sdk::{Enter as _, Entity, Recorder, Text};

use crate::body::TracedBody;
use crate::exchange::Exchange;
use crate::extension;
use crate::future::ServerFuture;
use crate::head::Head;
use crate::message;
use crate::naming::Naming;
use crate::room;

/// Opens a segment for every request that a server answers.
///
/// It fits around anything that is a tower service of HTTP requests: a `Router` of axum, a `Server` of tonic, a service
/// given to hyper. All that the service does for a request, while it is called, while its future is polled and while its
/// response's body is sent, is recorded below the segment.
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use xray_sdk::{Recorder, current};
/// use xray_sdk_tower::ServerLayer;
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let recorder = Recorder::from_env("checkout")?;
/// let app: Router = Router::new()
///     .route("/orders/{id}", get(async || { current().annotate("kind", "order"); "an order" }))
///     .layer(ServerLayer::new(&recorder));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// axum::serve(listener, app).await?;
/// # Ok(())
/// # }
/// ```
///
/// # What is recorded
///
/// - The trace is the one that the request continues, by its `X-Amzn-Trace-Id` or else its `traceparent` header; without
///   them it is a new one. A caller's decision on sampling is final, else the recorder's sampler decides, by the
///   request's host (without port), method and path and the segment's name.
/// - Method; URL without query, user name and password; user agent; the caller's address, which is the first of
///   `X-Forwarded-For`, else the connection's (see [`PeerAddress`](crate::PeerAddress)).
/// - Status, with what it says on error, fault and throttling; length of the body; for gRPC the status of the call.
/// - With the feature `axum` and the layer inside of a router, the route as the annotation `http_route`.
/// - An error of the service or of its body, with its text; both are handed on untouched.
///
/// # When the segment closes
///
/// With the last frame of the response's body, or with its head where no body follows (HEAD, 204, 304, an empty body,
/// and 101, after which the connection carries something else). When the caller goes away before that, the segment
/// closes there and then, and has the metadata `aborted: true` in the namespace `xray`; that is no fault. A panic closes
/// it as a fault.
///
/// # What the caller gets
///
/// The response has the header `X-Amzn-Trace-Id` with the trace's id, and with the decision on sampling where the
/// caller asked for it by `Sampled=?`. A new trace that is not sampled has no id, and there is no header.
///
/// # What it costs
///
/// Nothing is boxed. A request that is not sampled costs no allocation; where it continues a caller's trace, two: for what is passed on, and
/// for the text of the response's header. One that is sampled costs one, for that text.
#[derive(Debug, Clone)]
pub struct ServerLayer {
    // One reference to count, where frameworks clone their services for each request.
    shared: Arc<Shared>,
}

#[derive(Debug, Clone)]
struct Shared {
    recorder: Recorder,
    naming: Naming,
}

impl ServerLayer {
    /// A layer that records with `recorder`, and names segments by its name.
    pub fn new(recorder: &Recorder) -> Self {
        Self {
            shared: Arc::new(Shared {
                recorder: recorder.clone(),
                naming: Naming::default(),
            }),
        }
    }

    /// Names segments in another way than by the recorder's name.
    pub fn naming(mut self, naming: Naming) -> Self {
        Arc::make_mut(&mut self.shared).naming = naming;
        self
    }

    /// Opens the segment of a request.
    fn begin(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Exchange {
        let Shared { recorder, naming } = &*self.shared;
        let uri = || extension::original_uri(extensions).unwrap_or(uri);
        let host = || message::authority(uri(), || headers.get(HOST)).map(message::host);
        let name = naming.name(recorder.name(), host);
        // Without a branch where most have no header: what is moved there, all that is known so far, is more than that.
        let header = message::trace_header(headers).unwrap_or_default();
        let mut segment = recorder
            .segment(Text::copied(&name))
            .continuing(header)
            .request_with(|| SamplingRequest {
                service: &name,
                host: host(),
                method: Some(method.as_str()),
                path: Some(uri().path()),
                ..SamplingRequest::default()
            })
            .begin();
        if segment.is_recording() {
            describe(&mut segment, method, uri(), headers, extensions);
        }
        Exchange::served(segment, method)
    }
}

/// Records what is asked for, who sent the request, and for which route.
fn describe(
    segment: &mut Entity,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    extensions: &Extensions,
) {
    let head = Head::of(headers);
    let authority = message::authority(uri, || head.host);
    let url = room::url(message::scheme(uri, &head), authority, uri.path());
    segment.http_request_in_pieces(method.as_str(), url);
    if let Some(agent) = message::text(head.user_agent) {
        segment.user_agent(agent);
    }
    let forwarded = message::with_forwarded_for(&head, |address| {
        segment.client_ip(address, true);
    });
    if forwarded.is_none()
        && let Some(address) = extension::peer(extensions)
    {
        room::with_ip(address, |address| {
            segment.client_ip(address, false);
        });
    }
    if let Some(route) = extension::route(extensions) {
        segment.annotate("http_route", route);
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = TracedServer<S>;

    fn layer(&self, inner: S) -> TracedServer<S> {
        TracedServer {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service whose requests have a segment each. Made by [`ServerLayer`].
#[derive(Debug, Clone)]
pub struct TracedServer<S> {
    inner: S,
    layer: ServerLayer,
}

impl<S, B, RB> Service<Request<B>> for TracedServer<S>
where
    S: Service<Request<B>, Response = Response<RB>>,
    S::Error: Display,
    RB: Body,
{
    type Response = Response<TracedBody<RB>>;
    type Error = S::Error;
    type Future = ServerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut exchange = self.layer.begin(
            request.method(),
            request.uri(),
            request.headers(),
            request.extensions(),
        );
        let inner = {
            // A service may work, and open subsegments, before it returns its future.
            let _entered = exchange.enter();
            self.inner.call(request)
        };
        ServerFuture::new(inner, exchange)
    }
}
