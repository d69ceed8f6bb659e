use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use xray_sdk::document::Document;
use xray_sdk::testing::Capture;
use xray_sdk_tower::ServerLayer;

use crate::watch::{Event, WatchLayer};

/// What goes around every server under test: the first is the outer one.
pub(crate) type Layers = (WatchLayer, ServerLayer);

/// A way to serve [`site::answer`](crate::site::answer).
pub(crate) trait Server {
    const HTTP2: bool;

    /// Answers the connections of `listener`, with the site inside of `layers`, for as long as it is polled.
    fn serve(listener: TcpListener, layers: Layers) -> impl Future<Output = ()> + Send + 'static;
}

/// A running server, what it records, and a client that is not traced.
pub(crate) struct Shop {
    pub(crate) capture: Capture,
    address: SocketAddr,
    client: Client<HttpConnector, Empty<Bytes>>,
    events: UnboundedReceiver<Event>,
    server: JoinHandle<()>,
}

/// How long a test waits for what must happen. Only a test that fails waits that long.
const PATIENCE: Duration = Duration::from_secs(20);

impl Shop {
    pub(crate) async fn open<S: Server>() -> Self {
        let capture = Capture::new("shop");
        let layer = ServerLayer::new(capture.recorder());
        Self::open_with::<S>(capture, layer).await
    }

    pub(crate) async fn open_with<S: Server>(capture: Capture, layer: ServerLayer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let (sender, events) = unbounded_channel();
        Self {
            capture,
            address,
            client: Client::builder(TokioExecutor::new())
                .http2_only(S::HTTP2)
                .build_http(),
            events,
            server: tokio::spawn(S::serve(listener, (WatchLayer(sender), layer))),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn request(&self, path: &str) -> http::request::Builder {
        Request::get(self.url(path))
    }

    /// Sends a request that is all but built; its answer's body is still to be read.
    pub(crate) fn send(
        &self,
        request: http::request::Builder,
    ) -> impl Future<Output = Result<Response<Incoming>, Error>> + 'static {
        self.client
            .request(request.body(Empty::new()).expect("a request"))
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn exchange(&self, request: http::request::Builder) -> Response<Bytes> {
        let (head, body) = self.send(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Response::from_parts(head, body)
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Bytes> {
        self.exchange(self.request(path)).await
    }

    /// Waits until a request has reached the server.
    pub(crate) async fn called(&mut self) {
        self.wait_for(Event::Called).await;
    }

    /// Waits until the server has let go of a request, whatever the reason.
    pub(crate) async fn over(&mut self) {
        self.wait_for(Event::Over).await;
    }

    async fn wait_for(&mut self, event: Event) {
        let waiting =
            async { while self.events.recv().await.expect("a running server") != event {} };
        if timeout(PATIENCE, waiting).await.is_err() {
            panic!("the server did not get to {event:?}");
        }
    }

    /// The one segment that was recorded.
    pub(crate) fn segment(&self) -> Document {
        let mut documents = self.capture.documents();
        assert_eq!(documents.len(), 1, "documents:\n{}", self.capture.tree());
        documents.remove(0)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.server.abort();
    }
}
