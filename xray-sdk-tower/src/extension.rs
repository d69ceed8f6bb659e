//! What servers and frameworks leave in the extensions of a request.

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, Uri};

/// The address of the connection a request came by, put into the request's extensions for [`ServerLayer`] to find.
///
/// It is recorded as the client's address where no `X-Forwarded-For` header tells a better one. With axum's
/// `into_make_service_with_connect_info::<SocketAddr>()` and this crate's feature `axum` it is not needed. A server
/// made with hyper adds it where it accepts the connection; with tonic, a layer outside of [`ServerLayer`] can copy it
/// from `TcpConnectInfo`.
///
/// ```
/// use std::net::SocketAddr;
/// use xray_sdk_tower::PeerAddress;
///
/// fn with_peer<B>(mut request: http::Request<B>, peer: SocketAddr) -> http::Request<B> {
///     request.extensions_mut().insert(PeerAddress(peer));
///     request
/// }
/// # let request = with_peer(http::Request::new(()), SocketAddr::from(([127, 0, 0, 1], 80)));
/// # assert!(request.extensions().get::<PeerAddress>().is_some());
/// ```
///
/// [`ServerLayer`]: crate::ServerLayer
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(
    /// The address and port at the other end of the connection.
    pub SocketAddr,
);

/// The address at the other end of the connection, where somebody left it.
pub(crate) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let address = match extensions.get::<PeerAddress>() {
        Some(PeerAddress(address)) => *address,
        None => framework::peer(extensions)?,
    };
    Some(address.ip())
}

pub(crate) use framework::{original_uri, route};

#[cfg(feature = "axum")]
mod framework {
    use axum::extract::{ConnectInfo, MatchedPath, OriginalUri};

    use super::{Extensions, SocketAddr, Uri};

    pub(super) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
        extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(address)| *address)
    }

    /// The route that was chosen for the request, such as `/orders/{id}`.
    pub(crate) fn route(extensions: &Extensions) -> Option<&str> {
        extensions.get().map(MatchedPath::as_str)
    }

    /// The URI as it came in, where a nested router has cut its prefix off.
    pub(crate) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
        extensions.get().map(|OriginalUri(uri)| uri)
    }
}

#[cfg(not(feature = "axum"))]
mod framework {
    use super::{Extensions, SocketAddr, Uri};

    pub(super) fn peer(_: &Extensions) -> Option<SocketAddr> {
        None
    }

    pub(crate) fn route(_: &Extensions) -> Option<&str> {
        None
    }

    pub(crate) fn original_uri(_: &Extensions) -> Option<&Uri> {
        None
    }
}
