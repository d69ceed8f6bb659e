use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::HOST;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use xray_sdk::{Enter, Subsegment, Text};

use crate::body::TracedBody;
use crate::exchange::Exchange;
use crate::future::ClientFuture;
use crate::message;
use crate::room;

/// What a subsegment is called when nothing tells which host the request goes to.
pub(crate) const UNKNOWN_HOST: &str = "unknown";

/// Opens a subsegment for every request that a client sends, and sends the trace along.
///
/// It fits around anything that is a tower service of HTTP requests: hyper-util's `Client`, tonic's `Channel`, and, with
/// the feature `reqwest`, `reqwest::Client`.
///
/// ```no_run
/// use bytes::Bytes;
/// use http_body_util::Empty;
/// use hyper_util::{client::legacy::Client, rt::TokioExecutor};
/// use tower::{Layer as _, Service as _};
/// use xray_sdk_tower::ClientLayer;
///
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
/// let mut client = ClientLayer::new().layer(client);
/// let response = client.call(http::Request::get("http://stock/items/7").body(Empty::new())?).await?;
/// # Ok(())
/// # }
/// ```
///
/// # What is recorded
///
/// The subsegment has the name of the host without its port, the namespace `remote`, method, URL without query, user name
/// and password, status, length of the response's body, and for gRPC the status of the call. When the call fails, the
/// error is recorded with the chain of its sources, and handed on untouched. It must implement
/// [`std::error::Error`]: a layer that boxes errors, such as a timeout of tower, goes outside of this one. Retries go
/// outside too, so that each attempt has its subsegment.
///
/// The subsegment closes with the last frame of the response's body, or with its head where no body follows. A call that
/// is dropped before that closes there and then, and has the metadata `aborted: true` in the namespace `xray`.
///
/// # What is sent
///
/// `X-Amzn-Trace-Id` with the subsegment as the parent, in place of any such header the request has. In a trace that is
/// not sampled there is no subsegment, but the header still goes out, so that the next service does not sample either.
///
/// Nothing is boxed. A call in a trace that is not sampled costs no allocation; where the trace is a caller's, one for the text of the header.
///
/// Outside of any segment nothing is recorded, and the request is left as it is. The recorder's strategy for a missing
/// context (`AWS_XRAY_CONTEXT_MISSING`) decides what happens then; unless chosen otherwise it is logged once.
#[derive(Debug, Clone, Default)]
pub struct ClientLayer {
    authority: Option<Arc<str>>,
}

impl ClientLayer {
    /// A layer that names subsegments by the host in the request's URI or its `Host` header.
    pub fn new() -> Self {
        Self::default()
    }

    /// The host, with its port if it has one, of requests that do not name theirs.
    ///
    /// tonic's `Channel` gets requests with a path alone, and adds the host after this layer has seen them. Without this
    /// they go by the name of the gRPC service they call.
    ///
    /// ```
    /// use tower::Layer as _;
    /// use xray_sdk_tower::ClientLayer;
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    /// # runtime.block_on(async {
    /// let channel = tonic::transport::Endpoint::from_static("http://stock:50051").connect_lazy();
    /// let channel = ClientLayer::new().authority("stock:50051").layer(channel);
    /// // and then: StockClient::new(channel)
    /// # let _ = channel;
    /// # });
    /// ```
    pub fn authority(self, authority: impl AsRef<str>) -> Self {
        Self {
            authority: Some(message::without_user(authority.as_ref()).into()),
        }
    }

    /// Opens the subsegment of a request and writes the tracing header; `None` when nothing is to be recorded.
    fn begin<B>(&self, request: &mut Request<B>) -> Option<Exchange> {
        if !xray_sdk::current().is_recording() {
            // It has no name that anybody would see: to find one is most of what it would cost.
            send_along(&begin(UNKNOWN_HOST), request.headers_mut());
            return None;
        }
        let host = || request.headers().get(HOST);
        let authority = message::authority(request.uri(), host).or(self.authority.as_deref());
        let name = match authority {
            Some(authority) => message::host(authority),
            None => message::grpc_service(request.uri(), request.headers()).unwrap_or(UNKNOWN_HOST),
        };
        let mut subsegment = begin(name);
        if subsegment.is_recording() {
            let uri = request.uri();
            let scheme = uri.scheme_str().unwrap_or("http");
            let url = room::url(scheme, authority, uri.path());
            subsegment.http_request_in_pieces(request.method().as_str(), url);
        }
        send_along(&subsegment, request.headers_mut());
        exchange(subsegment, request.method())
    }
}

/// Begins the subsegment of a call.
pub(crate) fn begin(host: &str) -> Subsegment {
    xray_sdk::subsegment(Text::copied(host)).remote().begin()
}

/// Writes the tracing header of a call, where there is a trace.
pub(crate) fn send_along(subsegment: &Subsegment, headers: &mut HeaderMap) {
    if let Some(header) = subsegment.header() {
        message::set_trace_header(headers, &header);
    }
}

/// The exchange of a call that is recorded. One that is not needs no company: its caller's context stays.
pub(crate) fn exchange(subsegment: Subsegment, method: &http::Method) -> Option<Exchange> {
    subsegment
        .is_recording()
        .then(|| Exchange::asked(subsegment, method))
}

impl<S> Layer<S> for ClientLayer {
    type Service = TracedClient<S>;

    fn layer(&self, inner: S) -> TracedClient<S> {
        TracedClient {
            inner,
            layer: self.clone(),
        }
    }
}

/// A client whose requests have a subsegment each. Made by [`ClientLayer`].
#[derive(Debug, Clone)]
pub struct TracedClient<S> {
    pub(crate) inner: S,
    layer: ClientLayer,
}

impl<S, B, RB> Service<Request<B>> for TracedClient<S>
where
    S: Service<Request<B>, Response = Response<RB>>,
    S::Error: Error,
    RB: Body,
{
    type Response = Response<TracedBody<RB>>;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut exchange = self.layer.begin(&mut request);
        let inner = {
            let _entered = exchange.as_mut().map(Enter::enter);
            self.inner.call(request)
        };
        ClientFuture::new(inner, exchange)
    }
}
