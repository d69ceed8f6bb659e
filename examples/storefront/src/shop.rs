//! The whole shop: three services on free loopback ports, a worker, and a recorder for each of them.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use xray_sdk::Recorder;
use xray_sdk::emitter::{DaemonAddress, UdpEmitter};
use xray_sdk::sampling::Always;

use crate::database::Database;
use crate::front;
use crate::orders;
use crate::queue::{self, Receiver, Sender};
use crate::report::Recorded;
use crate::stock;

/// How long work may take to come to its end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the services are built on.
pub(crate) struct Supplies {
    database: Database,
    queue: (Sender, Receiver),
}

impl Supplies {
    /// Those of the URLs, and inside the process without.
    pub(crate) async fn get(
        database: Option<&str>,
        queue: Option<&str>,
    ) -> Result<Supplies, Box<dyn Error>> {
        let database = match database {
            Some(url) => Database::at(url).await?,
            None => Database::in_memory().await?,
        };
        let queue = match queue {
            Some(url) => queue::at(url).await?,
            None => queue::in_process(),
        };
        Ok(Supplies { database, queue })
    }
}

/// An open shop.
pub(crate) struct Shop {
    /// Where the front listens.
    pub(crate) address: SocketAddr,
    recorders: [Recorder; 4],
    open: watch::Sender<()>,
    staff: JoinSet<()>,
}

impl Shop {
    /// Opens the shop on a database and a queue. Its recorders send to the X-Ray daemon at `daemon`.
    pub(crate) async fn open(
        daemon: &DaemonAddress,
        supplies: Supplies,
    ) -> Result<Shop, Box<dyn Error>> {
        let recorders = [
            recorder("front", daemon)?,
            recorder("orders", daemon)?,
            recorder("stock", daemon)?,
            recorder("worker", daemon)?,
        ];
        let [front, orders, stock, worker] = &recorders;
        let Supplies {
            database,
            queue: (sender, receiver),
        } = supplies;

        let mut staff = JoinSet::new();
        staff.spawn(receiver.work(worker.clone(), database.clone()));
        let (open, closed) = watch::channel(());
        let mut services = Services {
            staff: &mut staff,
            closed,
        };
        let orders = services
            .start(orders::service(orders, database.clone(), sender))
            .await?;
        let stock = services.start(stock::service(stock, database)).await?;
        let http = Client::builder()
            .no_proxy()
            .resolve("orders", orders)
            .resolve("stock", stock)
            .build()?;
        let address = services.start(front::service(front, http)).await?;
        Ok(Shop {
            address,
            recorders,
            open,
            staff,
        })
    }

    /// Lets requests and messages come to their end, and sends what the recorders still hold.
    pub(crate) async fn close(self) -> Vec<Recorded> {
        drop(self.open);
        if timeout(PATIENCE, self.staff.join_all()).await.is_err() {
            let seconds = PATIENCE.as_secs();
            eprintln!(
                "storefront: some work did not end within {seconds} s: does the queue's broker still answer?"
            );
        }
        let shut_down = |recorder: &Recorder| {
            recorder.shutdown(Duration::from_secs(5));
            Recorded {
                service: recorder.name().to_owned(),
                health: recorder.health(),
            }
        };
        self.recorders.iter().map(shut_down).collect()
    }
}

fn recorder(name: &str, daemon: &DaemonAddress) -> Result<Recorder, xray_sdk::Error> {
    let emitter = UdpEmitter::new(daemon);
    let recorder = Recorder::builder(name).emitter(emitter).sampler(Always);
    recorder.service_version(env!("CARGO_PKG_VERSION")).build()
}

/// Starts services that end when the shop is closed.
struct Services<'a> {
    staff: &'a mut JoinSet<()>,
    closed: watch::Receiver<()>,
}

impl Services<'_> {
    async fn start(&mut self, service: Router) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        let mut closed = self.closed.clone();
        // Nothing is ever sent: the wait ends when the sender is dropped.
        let closed = async move { closed.changed().await.unwrap_or_default() };
        let serving = axum::serve(listener, service).with_graceful_shutdown(closed);
        self.staff
            .spawn(async { serving.await.expect("axum's server never fails") });
        Ok(address)
    }
}
