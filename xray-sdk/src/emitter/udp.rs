use std::fmt;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use super::connection::{self, Connection};
use super::gauge::Reading;
use super::pace::{Demand, Pace, Step};
use super::packet::DATAGRAM_LIMIT;
use super::plan::Plan;
use super::route::{Resolver, Route, System};
use super::wire::{self, Wire};
use super::{Batch, DaemonAddress, Emitter, Loss, Report};

/// Sends documents to the X-Ray daemon, each in one datagram.
///
/// UDP tells nothing of what arrives, but it tells when nobody listens: a document that a local daemon refused counts as lost, and
/// a remote one's refusal counts as soon as it comes back. When sending fails, the other addresses of the daemon's host are tried,
/// then its name is resolved again, at most once a second; so delivery resumes when the daemon is back, at whatever address.
///
/// On Linux documents go out in groups, each by one system call. To a daemon on the same machine they go as segments of one packet
/// (`UDP_SEGMENT`), for which they are sorted by size, and filled up with blanks by an eighth at most: JSON allows blanks, but a daemon
/// may pass them on. To others they go by `sendmmsg`. What the system does not take is sent in the next simpler way.
///
/// A daemon that reads more slowly than documents come loses what its socket has no room for. Where it is on the same machine, Linux
/// shows the room: then documents wait while there is little, and what was dropped all the same counts as [`Loss::Overrun`]. A daemon
/// that reads nothing for two seconds is sent to nevertheless. Elsewhere bursts are kept within what a receiver with the system's
/// default buffer can hold: 32 documents of 1 kB every 2 ms.
///
/// A host name is resolved when the first document is sent, and again every minute. Nothing else makes it wait for long.
pub struct UdpEmitter {
    route: Route,
    connection: Option<Connection>,
    pace: Pace,
    /// What was seen to be lost and is not told yet.
    untold: Report,
    connect: Connect,
}

/// Opens a socket to an address.
type Connect = fn(SocketAddr) -> io::Result<Box<dyn Wire>>;

/// How often a document is offered that the system has no room for at the moment, and how long is waited in between. Where the system
/// waits itself for room, it has waited as long when it says so.
const OFFERS: usize = 10;
const OFFER_PAUSE: Duration = Duration::from_millis(1);

impl UdpEmitter {
    /// An emitter to the UDP part of `address`. Nothing is resolved or sent yet.
    pub fn new(address: &DaemonAddress) -> Self {
        Self::with(address, Box::new(System), wire::connect)
    }

    fn with(address: &DaemonAddress, resolver: Box<dyn Resolver>, connect: Connect) -> Self {
        Self {
            route: Route::new(address.udp().clone(), resolver),
            connection: None,
            pace: Pace::new(),
            untold: Report::default(),
            connect,
        }
    }

    /// The connection to the address in use, which is made if there is none.
    fn connection(&mut self) -> Result<&mut Connection, Loss> {
        let peer = self.route.address().ok_or(Loss::UnknownHost)?;
        let connection = match self.connection.take().filter(|known| known.peer == peer) {
            Some(known) => known,
            None => {
                let wire = (self.connect)(peer).map_err(|error| loss_of(&error))?;
                Connection::new(peer, wire)
            }
        };
        Ok(self.connection.insert(connection))
    }

    /// Sends a group, to the first address that does not refuse it. What the system has no room for at the moment is offered
    /// `offers` times.
    fn deliver(&mut self, mut group: &[&[u8]], offers: usize, report: &mut Report) {
        let mut tried = 0;
        let mut offered = 0;
        while !group.is_empty() {
            let loss = match self.connection() {
                Ok(connection) => match connection.send(group, report) {
                    Ok(()) => return,
                    Err(stopped) => {
                        group = &group[stopped.accepted..];
                        let loss = loss_of(&stopped.error);
                        offered = if stopped.accepted > 0 { 1 } else { offered + 1 };
                        if connection::is_full(&stopped.error) && offered < offers {
                            thread::sleep(OFFER_PAUSE);
                            continue;
                        }
                        if matches!(loss, Loss::TooLarge | Loss::Congested) {
                            // Another address, or another socket, would not help.
                            report.add_lost(loss, stopped.refused);
                            group = &group[stopped.refused..];
                            offered = 0;
                            continue;
                        }
                        loss
                    }
                },
                Err(Loss::UnknownHost) => {
                    report.add_lost(Loss::UnknownHost, group.len());
                    return;
                }
                Err(loss) => loss,
            };
            self.connection = None;
            if !self.route.advance(&mut tried) {
                report.add_lost(loss, group.len());
                return;
            }
        }
    }

    /// The documents of a batch as they are to be sent, in view of who receives them.
    fn plan<'b>(&mut self, batch: &'b Batch) -> Plan<'b> {
        let connection = self.connection().ok();
        let segment_limit = connection.as_ref().and_then(|known| known.segment_limit());
        let has_sight = connection.is_some_and(|known| known.receiver.is_some());
        self.pace.begin(has_sight);
        let fits = |datagram: &&[u8]| datagram.len() <= DATAGRAM_LIMIT;
        Plan::new(batch.datagrams().filter(fits), segment_limit)
    }

    /// Waits until so much may be sent, and tells how much.
    fn wait_for_room(&mut self, demand: Demand, report: &mut Report) -> usize {
        loop {
            match self.pace.step(Instant::now(), demand) {
                Step::Send(room) => return room,
                Step::Wait(pause) => thread::sleep(pause),
                Step::Look => {
                    let reading = look(self.connection.as_mut(), report);
                    if let Some(pause) = self.pace.looked(Instant::now(), reading, demand) {
                        thread::sleep(pause);
                    }
                }
            }
        }
    }

    /// Whether there is room for all that is demanded, or a daemon that reads nothing, for which nobody waits.
    fn has_room(&mut self, demand: Demand) -> bool {
        let now = Instant::now();
        let mut step = self.pace.step(now, demand);
        if step == Step::Look {
            let reading = look(self.connection.as_mut(), &mut self.untold);
            if self.pace.looked(now, reading, demand).is_some() {
                return false;
            }
            if self.pace.has_given_up() {
                return true;
            }
            step = self.pace.step(now, demand);
        }
        matches!(step, Step::Send(room) if room >= demand.all)
    }
}

/// Looks at the receiver, when it can be seen, and counts what it had no room for.
fn look(connection: Option<&mut Connection>, report: &mut Report) -> Option<Reading> {
    let look = connection?.receiver.as_mut()?.look()?;
    report.take_back(Loss::Overrun, look.overrun);
    Some(look.reading)
}

impl Emitter for UdpEmitter {
    fn emit(&mut self, batch: &Batch) -> Report {
        let mut report = mem::take(&mut self.untold);
        if batch.is_empty() {
            return report;
        }
        let mut plan = self.plan(batch);
        report.add_lost(Loss::TooLarge, batch.len() - plan.len());
        while let Some(demand) = plan.demand() {
            let room = self.wait_for_room(demand, &mut report);
            let (group, charge) = plan.take(room);
            self.pace.spend(charge);
            self.deliver(group, OFFERS, &mut report);
        }
        look(self.connection.as_mut(), &mut report);
        report
    }

    /// Where the daemon is named by its address, and has room for all. A name has to be resolved, which may take seconds.
    fn emit_at_once(&mut self, batch: &Batch) -> Option<Report> {
        self.route.target().host().parse::<IpAddr>().ok()?;
        if batch.bytes() > self.pace.capacity() {
            return None;
        }
        let mut plan = self.plan(batch);
        if plan.demand_of_all().is_some_and(|all| !self.has_room(all)) {
            return None;
        }
        let mut report = mem::take(&mut self.untold);
        report.add_lost(Loss::TooLarge, batch.len() - plan.len());
        while plan.demand().is_some() {
            let (group, charge) = plan.take(usize::MAX);
            self.pace.spend(charge);
            self.deliver(group, 1, &mut report);
        }
        look(self.connection.as_mut(), &mut report);
        Some(report)
    }

    fn reopen(&mut self) {
        self.connection = None;
        self.route.forget();
    }
}

impl fmt::Debug for UdpEmitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UdpEmitter({})", self.route.target())
    }
}

fn loss_of(error: &io::Error) -> Loss {
    match error.kind() {
        _ if connection::is_refusal(error) => Loss::NoReceiver,
        _ if error.raw_os_error() == Some(MESSAGE_TOO_LONG) => Loss::TooLarge,
        _ if connection::is_congestion(error) => Loss::Congested,
        ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => Loss::Unreachable,
        _ => Loss::Refused,
    }
}

/// EMSGSIZE, for which std has no kind.
const MESSAGE_TOO_LONG: i32 = if cfg!(windows) {
    10_040
} else if cfg!(any(target_os = "linux", target_os = "android")) {
    90
} else {
    40
};

#[cfg(test)]
mod tests;
