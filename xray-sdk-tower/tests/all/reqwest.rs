use ::reqwest::{Error, Url};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::{Layer as _, ServiceExt as _};
use xray_sdk::testing::Capture;
use xray_sdk_tower::{ClientLayer, Traced as _, TracedClient};

use crate::client_behaviour::client_behaviours;
use crate::errand::{BoxError, Client, Reply, refusing_address};
use crate::expose::{exceptions, request};

/// reqwest's client as a tower service.
struct AsService(TracedClient<::reqwest::Client>);

/// reqwest's client as it is.
struct AsIs(::reqwest::Client);

impl Client for AsService {
    const CLOSES_WITH_BODY: bool = false;

    fn to(_: &str) -> Self {
        Self(ClientLayer::new().layer(::reqwest::Client::new()))
    }

    async fn send(&self, request: Request<()>) -> Result<Reply, BoxError> {
        let request = ::reqwest::Request::try_from(request.map(|()| ""))?;
        Ok(reply(self.0.clone().oneshot(request).await?))
    }

    fn is_refusal(error: &BoxError) -> bool {
        error.downcast_ref().is_some_and(Error::is_connect)
    }
}

impl Client for AsIs {
    const CLOSES_WITH_BODY: bool = false;

    fn to(_: &str) -> Self {
        Self(::reqwest::Client::new())
    }

    async fn send(&self, request: Request<()>) -> Result<Reply, BoxError> {
        let (head, ()) = request.into_parts();
        let request = self.0.request(head.method, head.uri.to_string());
        Ok(reply(request.headers(head.headers).traced().send().await?))
    }

    fn is_refusal(error: &BoxError) -> bool {
        error.downcast_ref().is_some_and(Error::is_connect)
    }
}

fn reply(response: ::reqwest::Response) -> Reply {
    Response::from(response).map(|body: ::reqwest::Body| body.map_err(Into::into).boxed_unsync())
}

mod service {
    use super::*;
    client_behaviours!(AsService);
}

mod builder {
    use super::*;
    client_behaviours!(AsIs);
}

#[tokio::test]
async fn an_error_keeps_its_query_and_the_recorded_text_has_none() {
    let capture = Capture::new("checkout");
    let url = refusing_address().await + "/items/7?card=4111111111111111";
    let call = ::reqwest::Client::new().get(&url).traced().send();
    let calling = capture.recorder().segment("checkout").run(call);
    let error = calling.await.expect_err("nobody listens");
    assert_eq!(error.url().map(Url::as_str), Some(url.as_str()));
    // The call began outside of the segment: it is not part of it.
    assert_eq!(capture.tree(), "checkout\n");

    let call = async { ::reqwest::Client::new().get(&url).traced().send().await };
    let error = capture.recorder().segment("checkout").run(call).await;
    assert_eq!(
        error.expect_err("nobody listens").url().map(Url::as_str),
        Some(url.as_str())
    );
    let segment = capture.documents().pop().expect("a segment");
    let call = &segment.subsegments[0];
    assert!(!request(call).url.as_deref().expect("a url").contains('?'));
    for exception in exceptions(call) {
        let message = exception.message.as_deref().expect("a text");
        assert!(!message.contains("4111"), "{message}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_built_is_not_sent_and_not_recorded() {
    let capture = Capture::new("checkout");
    let call = async { ::reqwest::Client::new().get("no url").traced().send().await };
    let answer = capture.recorder().segment("checkout").run(call).await;
    assert!(answer.expect_err("no url").is_builder());
    assert_eq!(capture.tree(), "checkout\n");
}
