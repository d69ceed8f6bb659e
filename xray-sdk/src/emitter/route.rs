//! Which of the daemon's addresses is used, and when its name is resolved again.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::HostPort;

/// A name is not asked for more often than this, however often sending fails.
const PAUSE: Duration = Duration::from_secs(1);

/// A name is asked for again after this time even when nothing fails: a daemon that moved may leave an address behind that
/// swallows everything.
const VALIDITY: Duration = Duration::from_secs(60);

/// The outside, as far as a route needs it.
pub(super) trait Resolver: Send {
    fn now(&self) -> Instant;

    fn addresses(&self, target: &HostPort) -> io::Result<Vec<SocketAddr>>;
}

/// The operating system's clock and its resolver, which may wait for a name server.
pub(super) struct System;

impl Resolver for System {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn addresses(&self, target: &HostPort) -> io::Result<Vec<SocketAddr>> {
        (target.host(), target.port())
            .to_socket_addrs()
            .map(Iterator::collect)
    }
}

/// The way to a host that may have several addresses, and may change them.
pub(super) struct Route {
    target: HostPort,
    resolver: Box<dyn Resolver>,
    addresses: Vec<SocketAddr>,
    /// The place in `addresses` of the one that is used.
    current: usize,
    /// When the name was asked for last.
    asked: Option<Instant>,
}

impl Route {
    pub(super) fn new(target: HostPort, resolver: Box<dyn Resolver>) -> Self {
        Self {
            target,
            resolver,
            addresses: Vec::new(),
            current: 0,
            asked: None,
        }
    }

    pub(super) fn target(&self) -> &HostPort {
        &self.target
    }

    /// Forgets the addresses: the name is asked for again.
    pub(super) fn forget(&mut self) {
        self.addresses.clear();
        self.asked = None;
    }

    /// The address to use now; none when the name has none.
    pub(super) fn address(&mut self) -> Option<SocketAddr> {
        if self.addresses.is_empty() {
            self.resolve(PAUSE);
        } else {
            self.resolve(VALIDITY);
        }
        self.addresses.get(self.current).copied()
    }

    /// Goes on to the next address, after `tried` of them failed for one document. Answers whether there is one that was not tried:
    /// the name is asked for again before it says no.
    pub(super) fn advance(&mut self, tried: &mut usize) -> bool {
        *tried += 1;
        self.current = (self.current + 1) % self.addresses.len().max(1);
        if *tried < self.addresses.len() {
            return true;
        }
        *tried = 0;
        let old = self.addresses.clone();
        self.resolve(PAUSE);
        self.addresses != old
    }

    /// Asks for the name's addresses unless that was done less than `pause` ago. Without an answer the old ones stay.
    fn resolve(&mut self, pause: Duration) {
        let is_due = |asked| self.resolver.now().saturating_duration_since(asked) >= pause;
        if !self.asked.is_none_or(is_due) {
            return;
        }
        let found = self.resolver.addresses(&self.target).unwrap_or_default();
        // After the question, which may have taken longer than the pause.
        self.asked = Some(self.resolver.now());
        if found.is_empty() {
            return;
        }
        let used = self.addresses.get(self.current);
        self.current = found
            .iter()
            .position(|address| Some(address) == used)
            .unwrap_or(0);
        self.addresses = found;
    }
}
