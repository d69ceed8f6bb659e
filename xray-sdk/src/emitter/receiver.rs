use super::gauge::{Gauge, Reading};

/// A receiver on this machine, of which the kernel shows the queue and what it dropped.
pub(super) struct Receiver {
    gauge: Box<dyn Gauge>,
    /// Its socket and that socket's drops, as they were last seen.
    seen: Option<(u64, u32)>,
    /// How many documents it was sent since it was looked at, and between that and the look before.
    since: usize,
    before: usize,
}

/// What a look shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) reading: Reading,
    /// How many documents, of those it was sent, it had no room for since the look before.
    pub(super) overrun: usize,
}

impl Receiver {
    /// Takes a first look: what was dropped until now is not ours.
    pub(super) fn new(mut gauge: Box<dyn Gauge>) -> Self {
        let reading = gauge.read().ok();
        Self {
            gauge,
            seen: reading.map(|reading| (reading.socket, reading.drops)),
            since: 0,
            before: 0,
        }
    }

    /// Counts documents that it was sent.
    pub(super) fn sent(&mut self, documents: usize) {
        self.since += documents;
    }

    /// Looks at it; none when there is no receiver to be seen.
    pub(super) fn look(&mut self) -> Option<Look> {
        let reading = self.gauge.read().ok()?;
        let known = match self.seen {
            Some((socket, drops)) if socket == reading.socket => drops,
            // Made since: it has dropped nothing before.
            _ => 0,
        };
        self.seen = Some((reading.socket, reading.drops));
        // The kernel may deliver after the call that sent, and others send too.
        let ours = self.since + self.before;
        let overrun = ours.min(reading.drops.wrapping_sub(known) as usize);
        self.before = self.since;
        self.since = 0;
        Some(Look { reading, overrun })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io::{self, ErrorKind};

    use super::*;

    /// A socket and its drops for each look, and none where nobody listens.
    struct Script(VecDeque<Option<(u64, u32)>>);

    impl Gauge for Script {
        fn read(&mut self) -> io::Result<Reading> {
            let next = self.0.pop_front().flatten();
            let (socket, drops) = next.ok_or(ErrorKind::NotFound)?;
            Ok(Reading {
                socket,
                queued: 0,
                capacity: 0,
                drops,
            })
        }
    }

    fn receiver(script: impl Into<VecDeque<Option<(u64, u32)>>>) -> Receiver {
        Receiver::new(Box::new(Script(script.into())))
    }

    fn overrun(receiver: &mut Receiver, sent: usize) -> Option<usize> {
        receiver.sent(sent);
        receiver.look().map(|look| look.overrun)
    }

    #[test]
    fn what_was_dropped_before_is_not_counted() {
        let mut receiver = receiver([Some((1, 500)), Some((1, 500)), Some((1, 507))]);
        assert_eq!(overrun(&mut receiver, 10), Some(0));
        assert_eq!(overrun(&mut receiver, 10), Some(7));
    }

    #[test]
    fn what_others_lost_is_not_counted_beyond_what_was_sent() {
        let mut receiver = receiver([Some((1, 0)), Some((1, 50)), Some((1, 150)), Some((1, 250))]);
        assert_eq!(overrun(&mut receiver, 100), Some(50));
        assert_eq!(overrun(&mut receiver, 0), Some(100));
        assert_eq!(overrun(&mut receiver, 0), Some(0));
    }

    #[test]
    fn a_daemon_that_was_started_again_counts_from_nothing() {
        let mut receiver = receiver([Some((1, 9)), None, Some((2, 3))]);
        assert_eq!(overrun(&mut receiver, 5), None);
        assert_eq!(overrun(&mut receiver, 5), Some(3));
    }

    #[test]
    fn drops_that_wrap_around_are_counted() {
        let mut receiver = receiver([Some((1, u32::MAX)), Some((1, 1))]);
        assert_eq!(overrun(&mut receiver, 5), Some(2));
    }
}
