use ::tonic::body::Body;
use ::tonic::service::Routes;
use ::tonic::transport::server::{TcpConnectInfo, TcpIncoming};
use ::tonic::transport::{Channel, Endpoint, Error, Server as Tonic};
use http::Request;
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tower::util::MapRequestLayer;
use tower::{Layer as _, ServiceExt as _};
use xray_sdk_tower::{ClientLayer, PeerAddress, TracedClient};

use crate::axum::router;
use crate::client_behaviour::client_behaviours;
use crate::errand::{BoxError, Client, Reply};
use crate::server_behaviour::server_behaviours;
use crate::shop::{Layers, Server};

/// tonic's server, which answers whatever HTTP asks beside gRPC.
struct Transport;

impl Server for Transport {
    const HTTP2: bool = true;

    async fn serve(listener: TcpListener, layers: Layers) {
        Tonic::builder()
            .layer(MapRequestLayer::new(with_peer))
            .layer(layers)
            .add_routes(Routes::from(router()))
            .serve_with_incoming(TcpIncoming::from(listener))
            .await
            .expect("a server");
    }
}

fn with_peer(mut request: Request<Body>) -> Request<Body> {
    let info = request.extensions().get::<TcpConnectInfo>();
    if let Some(peer) = info.and_then(TcpConnectInfo::remote_addr) {
        request.extensions_mut().insert(PeerAddress(peer));
    }
    request
}

server_behaviours!(Transport);

struct TonicClient(TracedClient<Channel>);

impl Client for TonicClient {
    const CLOSES_WITH_BODY: bool = true;

    fn to(address: &str) -> Self {
        let endpoint = Endpoint::from_shared(address.to_owned()).expect("an address");
        Self(ClientLayer::new().layer(endpoint.connect_lazy()))
    }

    async fn send(&self, request: Request<()>) -> Result<Reply, BoxError> {
        let response = self
            .0
            .clone()
            .oneshot(request.map(|()| Body::empty()))
            .await?;
        Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
    }

    fn is_refusal(error: &BoxError) -> bool {
        error.is::<Error>()
    }
}

mod client {
    use super::*;
    client_behaviours!(TonicClient);
}
