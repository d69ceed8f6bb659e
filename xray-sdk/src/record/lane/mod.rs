mod events;
mod write;

use std::mem;
use std::sync::Arc;

use crate::clock::{Source, Tick};
use crate::id::SegmentId;
use crate::record::approach::approach;
use crate::record::event::{Event, Texts};
use crate::record::identity::{About, Identity, Loan, Share};
use crate::record::outlet::{Outlet, hand_over};
use crate::record::raw::{self, Link, Linked, Rest, Sheet};

/// Events of one segment, recorded by one owner at a time and handed over as a whole.
///
/// A lane belongs to a handle or a future while that rests, and to the thread while it runs; nothing of it is shared,
/// so nothing in it is locked or counted. It fills two lines of a processor's cache, which are cold when a segment begins.
// As it stands here: what is written in each call, and by whoever hands over the next one, is in the first of them.
#[repr(C, align(64))]
pub(crate) struct Lane {
    /// What is recorded.
    sheet: Sheet,
    /// The one that was handed over after it.
    link: Link<Self>,
    /// Whose it is. In an empty lane whose it was, or nobody's.
    identity: Option<Share>,
    /// Tells whose it is, so that one word is compared: the address of its identity, and [`PART`] where it is not the segment's own lane. Zero
    /// in an empty lane that was nobody's yet.
    key: usize,
    /// Where its row of ids is: a row for each lane needs no look at the thread's.
    ids: u64,
    // Not beside the key: a compiler would read both at once, and a processor waits for what was written in two parts.
    /// The segment or subsegment that is current in this lane.
    pub(crate) node: SegmentId,
    /// Where it goes, and where the time comes from.
    outlet: Arc<Outlet>,
    /// The outlet's beat when it was taken.
    taken: u32,
    /// How many handles that share it are open.
    pub(crate) handles: u32,
    /// Handles share it, or did.
    pub(crate) is_shared: bool,
    /// To hand it over wakes the background thread.
    pub(crate) wakes: bool,
    /// Where it is handed over.
    shard: u8,
    /// How time is read here.
    source: Source,
    size: Size,
}

/// What a lane has room for before it grows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// A segment with a handful of subsegments.
    Segment,
    /// What is recorded away from there: one subsegment, a piece of spawned work.
    Part,
}

/// A lane that its owner kept for so many beats is handed over while it goes on, so that a long segment is seen.
pub(crate) const OLD_BEATS: u32 = 8;
/// A lane is handed over in parts when it holds more than this, so that a long segment does not hold its memory.
const PART_BYTES: usize = 32 * 1024;
/// A lane that cannot be handed over, because the bound on memory is reached, takes no more than this.
const FULL_BYTES: usize = 256 * 1024;
/// What a lane may keep reserved of events, and of text, when it goes back to the pool.
const KEPT_BYTES: usize = 4 * 1024;
/// What a lane takes beside its events and its text.
const AROUND_BYTES: usize = 160;

/// A bit that no address of an identity has.
const PART: usize = 1;

const OWNED: &str = "a lane has an identity from its beginning until it was written";

impl Size {
    /// How many events, and bytes of text.
    const fn room(self) -> (usize, usize) {
        match self {
            Self::Segment => (40, 512),
            Self::Part => (8, 192),
        }
    }

    /// The memory that an empty lane takes.
    pub(crate) const fn bytes(self) -> usize {
        let (events, text) = self.room();
        AROUND_BYTES + events * size_of::<Event>() + text
    }
}

impl Lane {
    /// An empty lane that is nobody's.
    pub(crate) fn new(size: Size, outlet: &Arc<Outlet>) -> Box<Self> {
        let (events, text) = size.room();
        Box::new(Self {
            sheet: Sheet::new(events, text),
            link: Link::new(),
            identity: None,
            key: 0,
            ids: 0,
            node: SegmentId::from_u64(0),
            outlet: outlet.clone(),
            taken: 0,
            handles: 0,
            is_shared: false,
            wakes: false,
            shard: 0,
            source: Source::Monotonic,
            size,
        })
    }

    /// Makes it the empty lane of a segment that begins. What is left of the one before is used again, when nobody refers to it.
    #[inline(always)]
    pub(crate) fn begin_segment(&mut self, outlet: &Arc<Outlet>, about: About<'_>) {
        self.node = about.segment_id;
        self.ids = about.segment_id.to_u64();
        self.shard = about.shard() as u8;
        match &self.identity {
            Some(identity) if Arc::ptr_eq(&self.outlet, outlet) && identity.is_whole() => {
                identity.renew(about);
            }
            _ => self.become_new(outlet, about),
        }
        self.begin();
    }

    #[cold]
    #[inline(never)]
    fn become_new(&mut self, outlet: &Arc<Outlet>, about: About<'_>) {
        self.be_of(Identity::new(outlet.clone(), about));
    }

    #[inline(always)]
    fn be_of(&mut self, identity: Share) {
        if !Arc::ptr_eq(&self.outlet, identity.outlet()) {
            self.outlet = identity.outlet().clone();
        }
        self.key = identity.address();
        self.identity = Some(identity);
    }

    /// Has the processor fetch what is written first of it, for it is to be taken next.
    #[inline(always)]
    pub(crate) fn fetch(&self) {
        self.sheet.fetch();
        raw::fetch(&self.taken);
        if let Some(identity) = &self.identity {
            raw::fetch(&**identity);
        }
    }

    /// A reference to whose it is, to be [given back](Self::give_back) if that is no trouble.
    #[inline(always)]
    pub(crate) fn lend(&mut self) -> Loan {
        self.share().lend()
    }

    /// Takes back what was lent, or any other reference to whose it is. That to another is what comes back.
    #[inline(always)]
    pub(crate) fn give_back(&mut self, identity: Loan) -> Option<Loan> {
        match &mut self.identity {
            Some(own) => own.take_back(identity),
            None => Some(identity),
        }
    }

    /// Makes it an empty lane of this segment.
    #[inline(always)]
    pub(crate) fn begin_part(&mut self, identity: Share) {
        self.node = identity.segment_id();
        self.ids = SegmentId::random().to_u64();
        self.shard = identity.shard() as u8;
        self.be_of(identity);
        self.key |= PART;
        self.begin();
    }

    #[inline(always)]
    fn begin(&mut self) {
        self.source = self.outlet.clock.source();
        self.taken = self.outlet.beat();
    }

    /// Puts it back where it [rests](Identity::rest) between the calls of handles that share it.
    #[inline(always)]
    pub(crate) fn put_back(self: Box<Self>) {
        Rest::put_back_within(self, |lane| &lane.identity().rest);
    }

    /// A new id, for a subsegment that begins here.
    #[inline(always)]
    pub(crate) fn new_id(&mut self) -> SegmentId {
        SegmentId::following(&mut self.ids)
    }

    /// Reads the clock.
    #[inline(always)]
    pub(crate) fn tick(&self) -> Tick {
        match self.source.tick() {
            Some(tick) => tick,
            None => self.clock_tick(),
        }
    }

    #[cold]
    #[inline(never)]
    fn clock_tick(&self) -> Tick {
        self.outlet.clock.tick()
    }

    /// Whose it is.
    #[inline(always)]
    pub(crate) fn identity(&self) -> &Identity {
        self.identity.as_ref().expect(OWNED)
    }

    /// A part of its reference to whose it is.
    #[inline(always)]
    pub(crate) fn share(&mut self) -> &mut Share {
        self.identity.as_mut().expect(OWNED)
    }

    /// Whose it is, in one word: tells the segment's own lane from all others, and others from those of other segments.
    #[inline(always)]
    pub(crate) fn key(&self) -> usize {
        self.key
    }

    /// The same, and tells lanes of handles of one segment apart, of which each has its own: by what is current in them.
    #[inline(always)]
    pub(crate) fn tag(&self) -> usize {
        Self::tag_of(self.key, self.node)
    }

    /// The [tag](Self::tag) of the lane with this key, while this is current in it.
    #[inline(always)]
    pub(crate) fn tag_of(key: usize, node: SegmentId) -> usize {
        match key & PART {
            0 => key,
            _ => key ^ node.to_u64() as usize,
        }
    }

    /// Whether it is the segment's own, in which the segment itself is: there is one at a time, and its parts are queued one after the other.
    #[inline(always)]
    pub(crate) fn is_main(&self) -> bool {
        self.key & PART == 0
    }

    /// Whether it is of the segment whose identity has this address.
    #[inline(always)]
    pub(crate) fn is_of(&self, address: usize) -> bool {
        self.key & !PART == address
    }

    #[inline(always)]
    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    #[inline]
    pub(crate) fn events(&self) -> &[Event] {
        self.sheet.events()
    }

    /// The text that is kept from this byte on.
    #[inline]
    pub(crate) fn text_from(&self, start: usize) -> Texts<'_> {
        Texts(self.sheet.text().get(start..).unwrap_or_default())
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.sheet.events().is_empty()
    }

    /// What is recorded, to be written to where there is room.
    #[inline(always)]
    pub(crate) fn sheet(&mut self) -> &mut Sheet {
        &mut self.sheet
    }

    /// Makes room for some events with so many bytes of text, by handing over what is held when that is much: a long segment does not hold its
    /// memory. False when the bound on memory leaves none, which is counted.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, text: usize) -> bool {
        let has_room = self.has_room();
        match has_room {
            true => self.sheet.grow(text),
            false => self.outlet.refuse(),
        }
        has_room
    }

    /// As [`make_room`](Self::make_room), for what has to be recorded also beyond the bound.
    #[cold]
    #[inline(never)]
    fn make_room_to_end(&mut self) {
        self.has_room();
        self.sheet.grow(0);
    }

    fn has_room(&mut self) -> bool {
        self.bytes() <= PART_BYTES || self.hand_over_part() || self.bytes() <= FULL_BYTES
    }

    fn hand_over_part(&mut self) -> bool {
        let identity = self.share().divide();
        let Ok(mut fresh) = Outlet::lane(identity) else {
            return false;
        };
        fresh.node = self.node;
        fresh.key = self.key;
        // One row for all parts: its ids tell in which lane they were opened.
        fresh.ids = self.ids;
        fresh.is_shared = self.is_shared;
        fresh.handles = self.handles;
        mem::swap(self, &mut *fresh);
        hand_over(fresh);
        true
    }

    /// Hands over what is held when that is old. Asked where a subsegment begins, where work is carried elsewhere and where a segment is left.
    #[inline(always)]
    pub(crate) fn hand_over_old(&mut self) {
        if self.is_old() {
            self.hand_over_now();
        }
    }

    #[inline(always)]
    pub(crate) fn is_old(&self) -> bool {
        self.outlet.beat().wrapping_sub(self.taken) > OLD_BEATS
    }

    /// Hands over what is held, if there is anything and the bound on memory leaves room for more.
    #[cold]
    #[inline(never)]
    pub(crate) fn hand_over_now(&mut self) {
        self.taken = self.outlet.beat();
        if !self.is_empty() {
            self.hand_over_part();
        }
    }

    /// The memory that the recorded events take.
    #[inline(always)]
    pub(crate) fn bytes(&self) -> usize {
        self.sheet.bytes()
    }

    /// Makes it empty, when its content was written, and gives up the memory that other segments hardly need. What is left is for whoever takes it.
    pub(crate) fn rest(&mut self) {
        match self.size {
            Size::Segment => self.key &= !PART,
            Size::Part => self.identity = None,
        }
        self.is_shared = false;
        self.handles = 0;
        let (events, text) = self.sheet.room();
        if events > KEPT_BYTES || text > KEPT_BYTES {
            let (events, text) = self.size.room();
            self.sheet = Sheet::new(events, text);
        } else {
            self.sheet.clear();
        }
    }

    /// Where it is handed over.
    #[inline(always)]
    pub(crate) fn shard(&self) -> usize {
        usize::from(self.shard)
    }
}

impl Linked for Lane {
    #[inline(always)]
    fn link(&self) -> &Link<Self> {
        &self.link
    }

    #[inline(always)]
    fn approach(next: *const Self) {
        approach(next);
    }
}

#[cfg(test)]
mod tests;
