//! The server: a UDP socket and a TCP port of the same number, before one store.

mod access;
mod body;
mod computed;
mod doctor;
mod entrance;
mod guard;
mod http;
mod options;
mod page;
mod patient;
mod question;
mod removal;
mod router;
mod seats;
mod tail;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use xray_daemon::{Counts, Receiver, Socket};

use crate::api::Backend;
use crate::control::Control;
use crate::error::Error;
use crate::store::{Intake, Settler, Store};
use crate::viewer::Inflow;
use body::Bodies;
use entrance::Entrance;
use guard::Guard;
use http::Http;
pub use options::Options;
use router::router;
use seats::{Room, Seats};

/// How many numbers are tried for port 0 before there is said to be none that TCP and UDP both can have.
const ATTEMPTS: usize = 32;

/// A running server. It has threads of its own and needs no async runtime, nor minds one; it ends when it is stopped or dropped.
///
/// ```
/// use std::net::UdpSocket;
/// use std::time::Duration;
/// use xray_local::{Options, Server};
///
/// let server = Server::start(Options::default().bind("127.0.0.1:0".parse()?))?;
/// let program = UdpSocket::bind("127.0.0.1:0")?;
/// program.send_to(
///     b"{\"format\":\"json\",\"version\":1}\n\
///       {\"name\":\"shop\",\"id\":\"70de5b6f19ff9a0a\",\"trace_id\":\"1-581cf771-a006649127e371903a2de979\",\
///        \"start_time\":1478293361.271,\"end_time\":1478293361.449}",
///     server.address(),
/// )?;
///
/// assert!(server.store().wait_until(|store| store.counts().traces == 1, Duration::from_secs(5)));
/// assert_eq!(server.store().traces()[0].tree(), "shop\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    address: SocketAddr,
    store: Store,
    parts: Option<Parts>,
}

/// What must end in this order: the receiver hands its last documents to the intake, the intake stores them, and calls see them and may settle them.
struct Parts {
    receiver: Receiver,
    intake: Intake,
    http: Http,
    settler: Settler,
}

impl Server {
    /// Binds the address for UDP and TCP, and begins to receive and to answer.
    ///
    /// # Errors
    ///
    /// When the address can be reached from other machines and that is not allowed ([`Error::is_remote_address`]), when
    /// it is taken ([`Error::is_address_in_use`]) or is none of this machine, when a file that keeps sampling rules or other settings holds something else
    /// ([`Error::is_kept_file`]), when the folder of traces cannot be used ([`Error::is_data_folder`]), or when the operating system refuses a thread.
    pub fn start(options: Options) -> Result<Self, Error> {
        if !options.allow_remote && !options.address.ip().is_loopback() {
            return Err(Error::remote(options.address));
        }
        // First of all, for what is sent from now on waits in the socket.
        let (listener, socket) = bind(options.address)?;
        let address = socket.address();
        let store = store(&options)?;
        let control = Control::start(
            options.rules,
            store.sealer().as_ref(),
            options.clock.clone(),
        )?;
        let (sink, intake) = Intake::start(store.clone()).map_err(Error::start)?;
        let settler = Settler::start(store.clone()).map_err(Error::start)?;
        let queue = sink.gauge();
        let receiver = socket
            .receive(sink)
            .map_err(|error| Error::receive(address, error))?;
        let inflow = Inflow {
            received: receiver.live_counts(),
            queue,
        };
        let guard = Guard::new(address.ip(), options.hosts);
        let seats = Seats::new(Room::default(), options.notice);
        let bodies = Bodies::new(seats.clone());
        let entrance = Entrance::new(guard, options.admission.0, options.clock, bodies);
        let backend = Backend {
            store: store.clone(),
            control,
        };
        let router = router(backend, inflow, seats.clone(), entrance);
        let http = Http::start(listener, router, seats).map_err(Error::start)?;
        Ok(Self {
            address,
            store,
            parts: Some(Parts {
                receiver,
                intake,
                http,
                settler,
            }),
        })
    }

    /// The address in use, with the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to send to from this machine: loopback where the server listens on every address.
    pub fn local_address(&self) -> SocketAddr {
        let mut address = self.address;
        match address {
            SocketAddr::V4(_) if address.ip().is_unspecified() => {
                address.set_ip(Ipv4Addr::LOCALHOST.into());
            }
            SocketAddr::V6(_) if address.ip().is_unspecified() => {
                address.set_ip(Ipv6Addr::LOCALHOST.into());
            }
            _ => {}
        }
        address
    }

    /// Where the X-Ray API is: what AWS's clients take as `AWS_ENDPOINT_URL_XRAY`.
    pub fn url(&self) -> String {
        format!("http://{}", self.local_address())
    }

    /// What is stored. A clone of it outlives the server.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What became of the datagrams so far.
    pub fn received(&self) -> Counts {
        self.parts
            .as_ref()
            .map(|parts| parts.receiver.counts())
            .unwrap_or_default()
    }

    /// Ends the server: what had arrived is stored, calls that are being answered may finish for up to two seconds.
    /// Blocks for as long, so an async program calls it where blocking is allowed.
    pub fn stop(mut self) -> Counts {
        self.end()
    }

    fn end(&mut self) -> Counts {
        let Some(parts) = self.parts.take() else {
            return Counts::default();
        };
        let counts = parts.receiver.stop();
        drop(parts.intake);
        drop(parts.http);
        drop(parts.settler);
        counts
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(feature = "disk")]
fn store(options: &Options) -> Result<Store, Error> {
    let Some(folder) = &options.data else {
        return Ok(in_memory(options));
    };
    let (clock, notice) = (options.clock.clone(), options.notice.clone());
    Store::on_disk(
        folder,
        options.encryption_key.as_ref(),
        options.limits,
        clock,
        notice,
    )
    .map_err(|error| Error::data(folder.clone(), error.trouble(), error))
}

#[cfg(not(feature = "disk"))]
fn store(options: &Options) -> Result<Store, Error> {
    Ok(in_memory(options))
}

fn in_memory(options: &Options) -> Store {
    let (clock, notice) = (options.clock.clone(), options.notice.clone());
    Store::in_memory(options.limits, clock, notice)
}

/// Binds TCP and UDP to the same number.
fn bind(address: SocketAddr) -> Result<(TcpListener, Socket), Error> {
    let attempts = if address.port() == 0 { ATTEMPTS } else { 1 };
    // Numbers that only TCP could have, kept so that they are not picked again.
    let mut unfit = Vec::new();
    loop {
        let listener = TcpListener::bind(address).map_err(|error| Error::bind(address, error))?;
        let picked = listener
            .local_addr()
            .map_err(|error| Error::bind(address, error))?;
        match Socket::bind(picked) {
            Ok(socket) => return Ok((listener, socket)),
            Err(error) if error.is_address_in_use() && unfit.len() + 1 < attempts => {
                unfit.push(listener);
            }
            Err(error) => return Err(Error::receive(picked, error)),
        }
    }
}
