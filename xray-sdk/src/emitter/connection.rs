use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Instant;

use super::receiver::Receiver;
use super::wire::{self, SEND_TIMEOUT, Wire};
use super::{Loss, Report};

/// A connected socket, sending in the best way that the system and the route allow.
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    pub(super) wire: Box<dyn Wire>,
    /// What can be seen of who receives, where that is on this machine.
    pub(super) receiver: Option<Receiver>,
    way: Way,
    /// How many documents the latest call sent that one refusal may still take back.
    answerable: usize,
}

/// How groups of datagrams go out. A way that the system refuses once is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As segments of one, as long as none is longer than this.
    Segments(usize),
    /// Several by one call.
    Many,
    OneByOne,
}

/// Sending ended early.
#[derive(Debug)]
pub(super) struct Stopped {
    /// So many of the datagrams went out.
    pub(super) accepted: usize,
    /// So many after them were refused together.
    pub(super) refused: usize,
    pub(super) error: io::Error,
}

impl Connection {
    pub(super) fn new(peer: SocketAddr, wire: Box<dyn Wire>) -> Self {
        Self {
            peer,
            way: wire.segment_limit().map_or(Way::Many, Way::Segments),
            receiver: wire.gauge().map(Receiver::new),
            wire,
            answerable: 0,
        }
    }

    /// The longest datagram of a group that can go out as segments of one; none when that cannot be.
    pub(super) fn segment_limit(&self) -> Option<usize> {
        match self.way {
            Way::Segments(limit) => Some(limit),
            Way::Many | Way::OneByOne => None,
        }
    }

    /// Sends a group, and counts in the report what went out.
    pub(super) fn send(&mut self, group: &[&[u8]], report: &mut Report) -> Result<(), Stopped> {
        let mut taken_back = 0;
        let result = self.send_group(group, report, &mut taken_back);
        let accepted = match &result {
            Ok(()) => group.len(),
            Err(stopped) => stopped.accepted,
        };
        report.add_sent(accepted);
        report.take_back(Loss::NoReceiver, taken_back.min(accepted));
        if let Some(receiver) = &mut self.receiver {
            receiver.sent(accepted);
        }
        result
    }

    fn send_group(
        &mut self,
        group: &[&[u8]],
        report: &mut Report,
        taken_back: &mut usize,
    ) -> Result<(), Stopped> {
        let longest = group.first().map_or(0, |first| first.len());
        let are_segments = self.segment_limit().is_some_and(|limit| longest <= limit);
        if group.len() > 1 && are_segments && self.send_segments(group, report)? {
            return Ok(());
        }
        self.send_each(group, report, taken_back)
    }

    /// Sends all by one call; false when the system does not take them so, which is not tried again, or has no room for so many.
    fn send_segments(&mut self, group: &[&[u8]], report: &mut Report) -> Result<bool, Stopped> {
        let stopped = |error| Stopped {
            accepted: 0,
            refused: group.len(),
            error,
        };
        loop {
            match self.wire.send_segmented(group) {
                Ok(()) => break,
                Err(error) if is_interruption(&error) => {}
                Err(error) if self.take_answer(&error, report) => {}
                Err(error) if is_congestion(&error) => return Ok(false),
                Err(error) if is_unsupported(&error) => {
                    self.way = Way::Many;
                    return Ok(false);
                }
                Err(error) => return Err(stopped(error)),
            }
        }
        // The kernel looks for the receiver once for all of them, and so answers once.
        self.answerable = group.len();
        match self.wire.take_error() {
            // A daemon on this machine refuses at once: then they may still go elsewhere.
            Some(error) => Err(stopped(error)),
            None => Ok(true),
        }
    }

    fn send_each(
        &mut self,
        group: &[&[u8]],
        report: &mut Report,
        taken_back: &mut usize,
    ) -> Result<(), Stopped> {
        let stopped = |accepted, error| Stopped {
            accepted,
            refused: 1,
            error,
        };
        let mut accepted = 0;
        while accepted < group.len() {
            let began = Instant::now();
            let count = match self.send_some(&group[accepted..]) {
                Ok(count) => count,
                Err(error) if is_interruption(&error) => continue,
                Err(error) if self.take_answer(&error, report) => continue,
                Err(error) => return Err(stopped(accepted, error)),
            };
            accepted += count;
            self.answerable = 1;
            if accepted == group.len() {
                break;
            }
            // The system stopped, and leaves out why. The next one alone tells whether it is still so.
            let was_quick = began.elapsed() < SEND_TIMEOUT;
            if let Err(error) = self.wire.send(group[accepted]) {
                if is_interruption(&error) {
                    continue;
                }
                if !is_refusal(&error) {
                    return Err(stopped(accepted, error));
                }
                *taken_back += 1;
                continue;
            }
            if let Some(error) = self.wire.take_error() {
                // A daemon on this machine refused this one, and the one before which the system stopped.
                return Err(stopped(accepted - 1, error));
            }
            // What is over at once was the answer to a datagram before, from far away. What took its time was the network.
            *taken_back += usize::from(was_quick);
            accepted += 1;
        }
        match self.wire.take_error() {
            Some(error) => Err(stopped(accepted - 1, error)),
            None => Ok(()),
        }
    }

    /// Sends as many as the system takes, by one call where it can.
    fn send_some(&mut self, datagrams: &[&[u8]]) -> io::Result<usize> {
        if self.way != Way::OneByOne {
            match self.wire.send_many(datagrams) {
                Err(error) if datagrams.len() > 1 && is_unsupported(&error) => {
                    self.way = Way::OneByOne;
                }
                result => return result,
            }
        }
        wire::one_by_one(&*self.wire, datagrams)
    }

    /// Whether this error is the answer to something sent before: the system did not try to send what was to be sent.
    fn take_answer(&mut self, error: &io::Error, report: &mut Report) -> bool {
        let is_answer = self.answerable > 0 && is_refusal(error);
        if is_answer {
            report.take_back(Loss::NoReceiver, std::mem::take(&mut self.answerable));
        }
        is_answer
    }
}

/// Whether a daemon's machine said that nobody listens. Windows calls it a reset.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}

/// Whether a signal came before anything was sent.
fn is_interruption(error: &io::Error) -> bool {
    error.kind() == ErrorKind::Interrupted
}

/// Whether the system has no room at the moment, and said so at once or after it waited.
pub(super) fn is_congestion(error: &io::Error) -> bool {
    is_full(error) || matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Whether the system's buffers are full, or those of the network device: it says so at once.
pub(super) fn is_full(error: &io::Error) -> bool {
    error.kind() == ErrorKind::OutOfMemory || error.raw_os_error() == Some(NO_BUFFERS)
}

/// ENOBUFS, for which std has no kind.
const NO_BUFFERS: i32 = if cfg!(windows) {
    10_055
} else if cfg!(any(target_os = "linux", target_os = "android")) {
    105
} else {
    55
};

/// Whether an error may mean the way of sending, and not what was sent: the call is unknown or forbidden, or the network device, the
/// route or a rule of the firewall does not take segments. When it means more, the next way says so again.
fn is_unsupported(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
    ) || error
        .raw_os_error()
        .is_some_and(|number| UNSUPPORTED.contains(&number))
}

/// EIO, EMSGSIZE, ENOPROTOOPT and EOPNOTSUPP, as Linux numbers them: the only system with more than one way.
const UNSUPPORTED: [i32; 4] = [5, 90, 92, 95];

#[cfg(test)]
mod tests;
