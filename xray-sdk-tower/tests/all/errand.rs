use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::service_fn;
use xray_sdk::document::Document;
use xray_sdk::testing::Capture;

use crate::{hyper, site};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Reply = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// A client that is traced.
pub(crate) trait Client: Send + Sync + 'static {
    /// Whether the subsegment stays open until the answer's body ends, or closes with its head.
    const CLOSES_WITH_BODY: bool;

    /// A client of the server at `address`, which is a URL without path.
    fn to(address: &str) -> Self;

    /// Sends a request with a full URL; the answer's body is still to be read.
    fn send(&self, request: Request<()>) -> impl Future<Output = Result<Reply, BoxError>> + Send;

    /// Whether it is the library's own error that says that nobody listens.
    fn is_refusal(error: &BoxError) -> bool;
}

/// A server that is not traced, and a traced client that knows its address.
pub(crate) struct Errand<C> {
    pub(crate) capture: Capture,
    pub(crate) client: C,
    pub(crate) address: String,
    server: JoinHandle<()>,
}

impl<C: Client> Errand<C> {
    pub(crate) async fn new() -> Self {
        Self::recorded_by(Capture::new("checkout")).await
    }

    pub(crate) async fn recorded_by(capture: Capture) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!(
            "http://{}",
            listener.local_addr().expect("a bound listener")
        );
        let service =
            service_fn(async |request: Request<_>| Ok(site::answer(request.into_parts().0).await));
        Self {
            capture,
            client: C::to(&address),
            address,
            server: tokio::spawn(hyper::serve(listener, service)),
        }
    }

    pub(crate) fn request(&self, path: &str) -> Request<()> {
        let url = format!("{}{path}", self.address);
        Request::get(url).body(()).expect("a request")
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn exchange(&self, request: Request<()>) -> Response<Bytes> {
        let (head, body) = self
            .client
            .send(request)
            .await
            .expect("an answer")
            .into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Response::from_parts(head, body)
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Bytes> {
        self.exchange(self.request(path)).await
    }

    /// Does `work` in a segment.
    pub(crate) async fn in_segment<F: Future>(&self, work: F) -> F::Output {
        self.capture.recorder().segment("checkout").run(work).await
    }

    /// The one subsegment of the one segment that was recorded.
    pub(crate) fn call(&self) -> Document {
        let mut documents = self.capture.documents();
        assert_eq!(documents.len(), 1, "documents:\n{}", self.capture.tree());
        let mut subsegments = documents.remove(0).subsegments;
        assert_eq!(
            subsegments.len(),
            1,
            "subsegments:\n{}",
            self.capture.tree()
        );
        subsegments.remove(0)
    }
}

impl<C> Drop for Errand<C> {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An address where nobody listens.
pub(crate) async fn refusing_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!(
        "http://{}",
        listener.local_addr().expect("a bound listener")
    )
}
