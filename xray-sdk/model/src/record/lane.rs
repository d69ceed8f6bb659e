use std::sync::Arc;

use loom::sync::atomic::{AtomicU64, Ordering};

use crate::record::identity::{About, Identity, Share};
use crate::record::outlet::Outlet;
use crate::record::raw::{Link, Linked};
use crate::record::sync::shard_of_thread;

/// What a lane is to those who hand it on: something that one thread fills and another one reads and empties.
pub(crate) struct Lane {
    identity: Option<Share>,
    size: Size,
    link: Link<Self>,
    events: Vec<Event>,
    /// Written and read without an order of its own, so that a thread which got the lane without one may find what is old.
    text: AtomicU64,
    /// How many handles that share it are open.
    pub(crate) handles: u32,
    /// To hand it over wakes the background thread.
    pub(crate) wakes: bool,
}

pub(crate) struct Event {
    pub(crate) what: What,
}

pub(crate) struct What;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Segment,
    Part,
}

impl What {
    pub(crate) fn is_open(&self) -> bool {
        true
    }

    pub(crate) fn is_close(&self) -> bool {
        true
    }
}

impl Size {
    pub(crate) const fn bytes(self) -> usize {
        1024
    }
}

impl Lane {
    pub(crate) fn new(size: Size, _outlet: &Arc<Outlet>) -> Box<Self> {
        Box::new(Self {
            identity: None,
            size,
            link: Link::new(),
            events: Vec::new(),
            text: AtomicU64::new(0),
            handles: 0,
            wakes: false,
        })
    }

    pub(crate) fn fetch(&self) {}

    pub(crate) fn approach(&self) {}

    pub(crate) fn begin_segment(&mut self, outlet: &Arc<Outlet>, about: About<'_>) {
        self.begin(Identity::new(outlet.clone(), about));
    }

    pub(crate) fn begin_part(&mut self, identity: Share) {
        self.begin(identity);
    }

    fn begin(&mut self, identity: Share) {
        assert!(self.events.is_empty(), "it was emptied when it came back");
        assert_eq!(self.text.load(Ordering::Relaxed), 0);
        self.identity = Some(identity);
    }

    /// Records the segment or subsegment of this number.
    pub(crate) fn record(&mut self, number: u64) {
        self.events.push(Event { what: What });
        self.text.store(number, Ordering::Relaxed);
    }

    /// Records one more.
    pub(crate) fn record_too(&mut self, number: u64) {
        self.record(self.text() + number);
    }

    /// Whose it is.
    pub(crate) fn identity(&self) -> &Share {
        self.identity.as_ref().expect("it has begun")
    }

    /// What was recorded.
    pub(crate) fn text(&self) -> u64 {
        self.text.load(Ordering::Relaxed)
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(crate) fn bytes(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        self.identity().outlet()
    }

    pub(crate) fn shard(&self) -> usize {
        shard_of_thread()
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    pub(crate) fn rest(&mut self) {
        self.identity = None;
        self.handles = 0;
        self.events.clear();
        self.text.store(0, Ordering::Relaxed);
    }
}

impl Linked for Lane {
    fn link(&self) -> &Link<Self> {
        &self.link
    }

    fn approach(_next: *const Self) {}
}
