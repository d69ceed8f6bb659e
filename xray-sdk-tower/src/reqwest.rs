//! reqwest's client, as a tower service and as it is.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use reqwest::{Error, Request, RequestBuilder, Response, Url};
use tower_layer::Layer as _;
use tower_service::Service;
use xray_sdk::{Enter, Within};

use crate::client::{self, ClientLayer, TracedClient, UNKNOWN_HOST};
use crate::exchange::Exchange;
use crate::message;

/// Adds [`traced`](Self::traced) to reqwest's `RequestBuilder`.
///
/// ```no_run
/// use xray_sdk_tower::Traced as _;
///
/// # async fn call() -> Result<(), reqwest::Error> {
/// let client = reqwest::Client::new();
/// let page = client.get("http://stock/items/7").traced().send().await?;
/// # Ok(())
/// # }
/// ```
pub trait Traced: sealed::Sealed {
    /// Lets the request have a subsegment when it is sent, and send the trace along.
    ///
    /// It is recorded as [`ClientLayer`] does it, but for one thing: the subsegment closes with the response's head, as
    /// reqwest reads the body later and by itself.
    fn traced(self) -> TracedRequest;
}

impl Traced for RequestBuilder {
    fn traced(self) -> TracedRequest {
        TracedRequest { builder: self }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for reqwest::RequestBuilder {}
}

/// A request of reqwest that will have a subsegment. Made by [`Traced::traced`].
#[derive(Debug)]
#[must_use = "nothing is sent until `send` is called"]
pub struct TracedRequest {
    builder: RequestBuilder,
}

impl TracedRequest {
    /// Sends the request. The subsegment begins here, below what is current here.
    ///
    /// A request that could not be built is not sent, and has no subsegment.
    ///
    /// # Errors
    ///
    /// What [`RequestBuilder::send`] returns, untouched.
    pub fn send(self) -> impl Future<Output = Result<Response, Error>> + Send {
        let (client, request) = self.builder.build_split();
        let response = request.map(|request| ClientLayer::new().layer(client).call(request));
        async { response?.await }
    }
}

impl<S> Service<Request> for TracedClient<S>
where
    S: Service<Request, Response = Response, Error = Error>,
{
    type Response = Response;
    type Error = Error;
    type Future = ReqwestFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let mut exchange = begin(&mut request);
        let inner = {
            let _entered = exchange.as_mut().map(Enter::enter);
            self.inner.call(request)
        };
        ReqwestFuture {
            within: Within::new(inner, exchange),
        }
    }
}

fn begin(request: &mut Request) -> Option<Exchange> {
    let host = request.url().host_str().unwrap_or(UNKNOWN_HOST);
    let mut subsegment = client::begin(message::host(host));
    if subsegment.is_recording() {
        let url = without_secrets(request.url());
        subsegment.http_request(request.method().as_str(), url.as_str());
    }
    client::send_along(&subsegment, request.headers_mut());
    client::exchange(subsegment, request.method())
}

/// A URL without query, fragment, user name and password.
fn without_secrets(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for URLs that cannot have a user, so there is none to remove.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

pin_project! {
    /// A response of reqwest that a [`TracedClient`] is waiting for.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct ReqwestFuture<F> {
        #[pin]
        within: Within<F, Exchange>,
    }
}

impl<F: Future<Output = Result<Response, Error>>> Future for ReqwestFuture<F> {
    type Output = Result<Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut within = self.project().within;
        let mut answer = ready!(within.as_mut().poll_inside(|inner| inner.poll(cx)));
        if let Some(exchange) = within.handle().take() {
            match &mut answer {
                Ok(response) => complete(exchange, response),
                Err(error) => fail(exchange, error),
            }
        }
        Poll::Ready(answer)
    }
}

fn complete(mut exchange: Exchange, response: &Response) {
    let length = response.content_length();
    exchange.head(response.status(), response.headers(), length);
    exchange.complete();
}

/// Records why there is no response. The error's text names the URL, so its secrets are kept out meanwhile.
fn fail(mut exchange: Exchange, error: &mut Error) {
    let url = error.url().cloned();
    if let Some(url) = error.url_mut() {
        *url = without_secrets(url);
    }
    exchange.fail_with_sources(error);
    if let (Some(own), Some(url)) = (error.url_mut(), url) {
        *own = url;
    }
}
