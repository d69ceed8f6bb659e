//! A line to a broker that can be cut: what the broker's end looks like from here.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Connections of this machine that lead to the broker. Dropped, all of them are closed, and nobody listens any more.
pub(crate) struct Line {
    address: SocketAddr,
    _connections: JoinSet<()>,
}

impl Line {
    /// A line to the broker at `address`, which has a host and a port.
    pub(crate) async fn to(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let own = listener.local_addr().expect("it is bound");
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            // Dropped with this task, which closes them.
            let mut open = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let mut far = TcpStream::connect(&address).await.expect("the broker");
                open.spawn(async move { copy_bidirectional(&mut near, &mut far).await });
            }
        });
        Self {
            address: own,
            _connections: connections,
        }
    }

    /// The same URL, by this line.
    pub(crate) async fn of(url: &str) -> (Self, String) {
        let (before, place) = match url.rsplit_once('@') {
            Some((before, place)) => (format!("{before}@"), place),
            None => url
                .split_once("://")
                .map(|(scheme, place)| (format!("{scheme}://"), place))
                .expect("a URL"),
        };
        let (place, after) = place.split_once('/').unwrap_or((place, ""));
        let line = Self::to(place.to_owned()).await;
        let url = format!("{before}{}/{after}", line.address);
        (line, url)
    }
}
