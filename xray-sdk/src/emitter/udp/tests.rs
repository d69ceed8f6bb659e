mod at_once;

use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

use super::*;
use crate::emitter::HostPort;

const HEADER: &str = "{\"format\":\"json\",\"version\":1}\n";
const SECOND: Duration = Duration::from_secs(1);

/// A daemon that writes nothing down.
struct Daemon(UdpSocket);

impl Daemon {
    fn start() -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    fn start_at(address: SocketAddr) -> Self {
        let socket = UdpSocket::bind(address).expect("a free port");
        // Bounds the wait of a test that fails.
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("not zero");
        Self(socket)
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("bound")
    }

    /// Ends it, and returns where it was.
    fn stop(self) -> SocketAddr {
        self.address()
    }

    /// Takes what waits to be read, if anything does.
    #[cfg(target_os = "linux")]
    fn try_receive(&self) -> Option<()> {
        self.0.set_nonblocking(true).expect("a socket");
        let received = self.0.recv(&mut [0; 70_000]);
        self.0.set_nonblocking(false).expect("a socket");
        received.ok().map(drop)
    }

    /// The next document.
    fn receive(&self) -> String {
        let mut datagram = vec![0; 70_000];
        let length = self
            .0
            .recv(&mut datagram)
            .expect("a datagram within the timeout");
        let text = String::from_utf8(datagram[..length].to_vec()).expect("text");
        text.strip_prefix(HEADER)
            .expect("the header line")
            .to_owned()
    }
}

/// A resolver whose time and answers the test sets.
#[derive(Clone)]
struct Script(Arc<Mutex<State>>);

struct State {
    now: Instant,
    addresses: Vec<SocketAddr>,
    questions: usize,
}

impl Script {
    fn new(addresses: impl Into<Vec<SocketAddr>>) -> Self {
        Self(Arc::new(Mutex::new(State {
            now: Instant::now(),
            addresses: addresses.into(),
            questions: 0,
        })))
    }

    fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn advance(&self, time: Duration) {
        self.with(|state| state.now += time);
    }

    fn answer(&self, addresses: impl Into<Vec<SocketAddr>>) {
        self.with(|state| state.addresses = addresses.into());
    }

    fn questions(&self) -> usize {
        self.with(|state| state.questions)
    }

    fn emitter(&self) -> UdpEmitter {
        let address = DaemonAddress::parse("daemon:2000").expect("valid");
        UdpEmitter::with(&address, Box::new(self.clone()), wire::connect)
    }
}

impl Resolver for Script {
    fn now(&self) -> Instant {
        self.with(|state| state.now)
    }

    fn addresses(&self, target: &HostPort) -> io::Result<Vec<SocketAddr>> {
        assert_eq!(target.to_string(), "daemon:2000");
        self.with(|state| {
            state.questions += 1;
            match state.addresses.is_empty() {
                true => Err(ErrorKind::NotFound.into()),
                false => Ok(state.addresses.clone()),
            }
        })
    }
}

fn emit(emitter: &mut UdpEmitter, documents: &[&str]) -> Report {
    emitter.emit(
        &documents
            .iter()
            .map(|document| document.as_bytes())
            .collect(),
    )
}

fn lost(loss: Loss) -> Report {
    let mut report = Report::default();
    report.add_lost(loss, 1);
    report
}

/// Where nobody listens.
fn nobody() -> SocketAddr {
    Daemon::start().stop()
}

#[test]
fn each_document_goes_out_as_one_datagram_in_order() {
    let daemon = Daemon::start();
    let address = DaemonAddress::parse(&daemon.address().to_string()).expect("valid");
    let mut emitter = UdpEmitter::new(&address);
    assert_eq!(emit(&mut emitter, &["{1}", "{2}", "{3}"]), Report::sent(3));
    for document in ["{1}", "{2}", "{3}"] {
        assert_eq!(daemon.receive(), document);
    }
    assert_eq!(emit(&mut emitter, &[]), Report::default());
}

#[test]
fn documents_of_all_sizes_arrive_whole() {
    let daemon = Daemon::start();
    let mut emitter = Script::new([daemon.address()]).emitter();
    let lengths = [100, 5_000, 120, 30_000, 4_800, 130, 10_000, 9_500, 0];
    let documents = lengths.map(|length| format!("{{{}}}", "x".repeat(length)));
    let documents = documents.each_ref().map(String::as_str);
    assert_eq!(emit(&mut emitter, &documents), Report::sent(9));
    let mut received = [(); 9].map(|()| daemon.receive().trim_end().to_owned());
    received.sort_by_key(String::len);
    let mut documents = documents;
    documents.sort_by_key(|document| document.len());
    assert_eq!(received, documents);
}

#[test]
fn ipv6_and_host_names_are_reached() {
    let localhost =
        UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    let mut places = vec![(Ipv4Addr::LOCALHOST, 0).into()];
    // Machines without IPv6 exist.
    places.extend(localhost.map(|_| SocketAddr::from((Ipv6Addr::LOCALHOST, 0))));
    for place in places {
        let daemon = Daemon::start_at(place);
        for host in [
            daemon.address().to_string(),
            format!("localhost:{}", daemon.address().port()),
        ] {
            let address = DaemonAddress::parse(&host).expect("valid");
            let report = emit(&mut UdpEmitter::new(&address), &["{}"]);
            // `localhost` may be an IPv6 address only, or an IPv4 address only.
            if report == Report::sent(1) {
                assert_eq!(daemon.receive(), "{}");
            } else {
                assert!(host.starts_with("localhost"), "{host}: {report:?}");
            }
        }
    }
}

#[test]
fn the_largest_document_goes_out_and_a_larger_one_is_counted() {
    let daemon = Daemon::start();
    let mut emitter = Script::new([daemon.address()]).emitter();
    let largest = "x".repeat(emitter.document_limit());
    let larger = format!("{largest}x");
    let mut report = lost(Loss::TooLarge);
    report.add_sent(2);
    assert_eq!(emit(&mut emitter, &[&larger, &largest, "{}"]), report);
    assert!(daemon.receive() == largest);
    assert_eq!(daemon.receive(), "{}");
}

#[test]
fn a_dead_daemon_costs_what_is_sent_meanwhile_and_nothing_after() {
    let daemon = Daemon::start();
    let mut emitter = Script::new([daemon.address()]).emitter();
    assert_eq!(emit(&mut emitter, &["before"]), Report::sent(1));
    assert_eq!(daemon.receive(), "before");

    let address = daemon.stop();
    assert_eq!(emit(&mut emitter, &["meanwhile"]), lost(Loss::NoReceiver));
    assert_eq!(emit(&mut emitter, &["meanwhile"]), lost(Loss::NoReceiver));

    let daemon = Daemon::start_at(address);
    assert_eq!(emit(&mut emitter, &["after"]), Report::sent(1));
    assert_eq!(daemon.receive(), "after");
}

#[test]
fn a_refusal_that_comes_late_takes_back_the_document_before() {
    let daemon = Daemon::start();
    let mut emitter = Script::new([daemon.address()]).emitter();
    emit(&mut emitter, &["before"]);

    // What a remote daemon's refusal looks like: the datagram went out, and the answer waits at the socket.
    let address = daemon.stop();
    let connection = emitter.connection.as_ref().expect("connected");
    connection.wire.send(b"refused later").expect("goes out");

    let daemon = Daemon::start_at(address);
    let mut report = Report::default();
    report.take_back(Loss::NoReceiver, 1);
    report.add_sent(1);
    assert_eq!(emit(&mut emitter, &["after"]), report);
    assert_eq!((report.returned_count(), report.sent_count()), (1, 1));
    assert_eq!(daemon.receive(), "after");
}

#[test]
fn all_addresses_of_a_host_are_tried() {
    let daemon = Daemon::start();
    let script = Script::new([nobody(), nobody(), daemon.address()]);
    let mut emitter = script.emitter();
    assert_eq!(emit(&mut emitter, &["{1}", "{2}"]), Report::sent(2));
    assert_eq!(
        (daemon.receive(), daemon.receive()),
        ("{1}".into(), "{2}".into())
    );

    // The one in use goes, and one that was tried before comes.
    let gone = daemon.stop();
    let back = Daemon::start();
    script.answer([nobody(), back.address(), gone]);
    script.advance(SECOND);
    assert_eq!(emit(&mut emitter, &["{3}"]), Report::sent(1));
    assert_eq!(back.receive(), "{3}");
    assert_eq!(script.questions(), 2);
}

#[test]
fn a_daemon_that_moved_is_found_again_without_loss() {
    let old = Daemon::start();
    let script = Script::new([old.address()]);
    let mut emitter = script.emitter();
    emit(&mut emitter, &["{}"]);

    old.stop();
    let new = Daemon::start();
    script.answer([new.address()]);
    // Not before a second has passed since the name was asked for.
    assert_eq!(emit(&mut emitter, &["early"]), lost(Loss::NoReceiver));
    assert_eq!(script.questions(), 1);

    script.advance(SECOND);
    assert_eq!(emit(&mut emitter, &["moved"]), Report::sent(1));
    assert_eq!(new.receive(), "moved");
    assert_eq!(script.questions(), 2);
}

#[test]
fn a_daemon_that_moved_and_left_a_silent_address_is_found_within_a_minute() {
    let (silent, new) = (Daemon::start(), Daemon::start());
    let script = Script::new([silent.address()]);
    let mut emitter = script.emitter();
    emit(&mut emitter, &["{}"]);
    script.answer([new.address()]);
    script.advance(Duration::from_secs(59));
    emit(&mut emitter, &["swallowed"]);
    script.advance(SECOND);
    emit(&mut emitter, &["found"]);
    assert_eq!(new.receive(), "found");
}

#[test]
fn a_name_without_an_address_is_asked_for_once_a_second() {
    let script = Script::new([]);
    let mut emitter = script.emitter();
    for _ in 0..3 {
        assert_eq!(emit(&mut emitter, &["{}"]), lost(Loss::UnknownHost));
    }
    assert_eq!(script.questions(), 1);

    let daemon = Daemon::start();
    script.answer([daemon.address()]);
    script.advance(SECOND);
    assert_eq!(emit(&mut emitter, &["{}"]), Report::sent(1));
    assert_eq!((script.questions(), daemon.receive()), (2, "{}".into()));
}

#[test]
fn a_name_that_loses_its_address_keeps_the_last_one() {
    let daemon = Daemon::start();
    let script = Script::new([daemon.address()]);
    let mut emitter = script.emitter();
    emit(&mut emitter, &["{1}"]);
    script.answer([]);
    script.advance(Duration::from_secs(600));
    assert_eq!(emit(&mut emitter, &["{2}"]), Report::sent(1));
    assert_eq!(
        (daemon.receive(), daemon.receive()),
        ("{1}".into(), "{2}".into())
    );
    assert_eq!(script.questions(), 2);
}
