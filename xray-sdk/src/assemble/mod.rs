//! From recorded lanes to documents, off the request path.

pub(crate) mod block;
mod by_id;
mod cause;
mod document;
mod draft;
mod entry;
mod finding;
mod list;
mod metadata;
mod progress;
mod secret;
mod subject;
mod text;
mod tree;

use std::cmp::Reverse;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use block::{Blocks, Common};
use by_id::ById;
use document::Documents;
use finding::{Findings, count};
use subject::Alone;
use tree::{Place, Tree};

use crate::clock::Scale;
use crate::id::SegmentId;
use crate::record::lane::Lane;
use crate::record::outlet::{Counts, Outlet};

/// Gathers the lanes of each segment, and writes its documents when it is complete or large.
pub(crate) struct Assembler {
    outlet: Arc<Outlet>,
    common: Common,
    scale: Scale,
    limit: usize,
    /// What is open for so long is shown in progress.
    shown_after: Option<Duration>,
    /// Segments of which something is open, or has not arrived.
    pending: ById<Tree>,
    /// Those of them that were sent, and of which more is to be sent when the round ends.
    due: Vec<SegmentId>,
    spare: Option<Tree>,
    documents: Documents,
    /// What documents in progress had to change: counted nowhere, for it is changed again when they are complete.
    uncounted: Counts,
}

/// How long what was recorded of a subsegment waits for its opening, where the segment was sent: that may be in a lane which is still written.
/// Twice the age at which those are handed over.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many subsegments of one segment wait so.
const WAITING: usize = 1_000;
/// So many closed subsegments of an open segment are sent ahead of it, as the official SDKs do (Java, Node: 100).
const STREAMED: usize = 100;

impl Assembler {
    /// `limit` is the most bytes of one document; what is open longer than `shown_after` is shown in progress.
    pub(crate) fn new(
        outlet: Arc<Outlet>,
        common: Common,
        limit: usize,
        shown_after: Option<Duration>,
    ) -> Self {
        Self {
            scale: outlet.clock.scale(),
            outlet,
            common,
            limit: document::limit_of(limit),
            shown_after,
            pending: ById::default(),
            due: Vec::new(),
            spare: None,
            documents: Documents::default(),
            uncounted: Counts::default(),
        }
    }

    /// Changes what all documents from now on have in common.
    pub(crate) fn set_common(&mut self, common: Common) {
        self.common = common;
    }

    /// Takes over the system's time for what is written from now on.
    pub(crate) fn follow_time(&mut self) {
        self.scale = self.outlet.clock.scale();
    }

    /// Takes what one owner recorded, and gives to `sink` the documents that are complete now.
    // A function of its own, for the guard of `benches` counts its instructions.
    #[inline(never)]
    pub(crate) fn take(&mut self, lane: Box<Lane>, sink: &mut dyn FnMut(&[u8])) {
        if self.write_alone(&lane, sink) {
            return self.outlet.written(lane);
        }
        let segment_id = lane.identity().segment_id();
        let mut tree = match self.pending.remove(&segment_id) {
            Some(tree) => tree,
            None => self.spare.take().unwrap_or_default(),
        };
        tree.add(lane);
        let closed = tree
            .segment()
            .is_some_and(|segment| segment.closed.is_some());
        if closed || tree.identity().is_sent() {
            // The segment's own lane ended with its close.
            tree.await_no_more();
            tree.find_late();
        }
        let identity = tree.identity();
        let was_sent = identity.is_sent();
        if closed && !was_sent {
            identity.set_sent();
            identity.ended(|| tree.has_failed());
            count(&self.outlet.counts.segments, 1);
        }
        let is_due = if identity.is_sent() {
            if tree.waiting_count() > WAITING {
                tree.give_up(|_| true);
            }
            tree.over_count() > 0
        } else {
            tree.over_count() >= STREAMED && tree.is_mostly_over()
        };
        if is_due && was_sent && tree.nodes().len() > STREAMED {
            // What stays is copied each time: where that is much, it is once a round.
            if self.due.last() != Some(&segment_id) {
                self.due.push(segment_id);
            }
        } else if is_due {
            self.send(&mut tree, is_closed, Kept::Open, sink);
        }
        self.put(segment_id, tree);
    }

    /// Sends what is over of segments that were sent before, at the end of a round.
    fn send_due(&mut self, sink: &mut dyn FnMut(&[u8])) {
        for id in mem::take(&mut self.due) {
            self.change(id, |assembler, tree| {
                if tree.over_count() > 0 {
                    assembler.send(tree, is_closed, Kept::Open, sink);
                }
            });
        }
    }

    /// Writes a segment that is whole in this lane, with nothing else: as most are where requests do little. False where it is not, or
    /// something else arrived of it before.
    #[inline]
    fn write_alone(&mut self, lane: &Lane, sink: &mut dyn FnMut(&[u8])) -> bool {
        let alone = match Alone::of(lane) {
            Some(alone) if !self.pending.contains_key(&alone.subject.id) => alone,
            _ => return false,
        };
        let identity = alone.subject.identity;
        identity.set_sent();
        identity.ended(|| alone.has_failed());
        let outlet = &*self.outlet;
        count(&outlet.counts.segments, 1);
        let blocks = Blocks {
            scale: self.scale,
            common: &self.common,
            findings: Findings {
                outlet,
                counts: &outlet.counts,
            },
            limit: self.limit,
        };
        self.documents.write_alone(&alone, blocks, sink);
        count(&outlet.counts.nodes, 1);
        true
    }

    /// Keeps what is left of a segment.
    fn put(&mut self, id: SegmentId, mut tree: Tree) {
        if tree.is_empty() {
            // What asks for something and tells nothing makes no node.
            for lane in tree.take_lanes() {
                self.outlet.written(lane);
            }
            tree.forget();
            // One that was very large would keep its memory for nothing.
            self.spare = Some(tree).filter(Tree::is_small);
        } else {
            let waits = tree.identity().is_sent() && tree.waiting_count() > 0;
            tree.set_waiting(waits.then(|| self.outlet.clock.now()));
            self.pending.insert(id, tree);
        }
    }

    fn bytes(&self) -> usize {
        self.pending.values().map(Tree::bytes).sum()
    }

    /// At the end of a round: sends what is due, gives back the memory of what waited in vain and, when all that is gathered takes too much, of the largest segments: first of what is
    /// over in them, then of what is open, which is sent as it is.
    pub(crate) fn relieve(&mut self, sink: &mut dyn FnMut(&[u8])) {
        self.send_due(sink);
        let most = self.outlet.bytes_limit() / 2;
        // A lane takes more than what is written in it.
        let is_pressed = self.outlet.queued_bytes() > most;
        let now = self.outlet.clock.now();
        let in_vain = |(id, tree): (&SegmentId, &Tree)| {
            let since = tree.waiting_since()?;
            (is_pressed || now >= since.after(PATIENCE)).then_some(*id)
        };
        let in_vain: Vec<_> = self.pending.iter().filter_map(in_vain).collect();
        for id in in_vain {
            self.change(id, |assembler, tree| {
                tree.give_up(|_| true);
                assembler.send(tree, is_closed, Kept::Open, sink);
            });
        }
        let mut bytes = self.bytes();
        if bytes <= most {
            return;
        }
        let sizes = self.pending.iter().map(|(id, tree)| (tree.bytes(), *id));
        let mut largest: Vec<_> = sizes.collect();
        largest.sort_unstable_by_key(|(bytes, _)| Reverse(*bytes));
        for is_open in [false, true] {
            for (_, id) in &largest {
                if bytes <= most {
                    return;
                }
                let freed = self.change(*id, |assembler, tree| {
                    let before = tree.bytes();
                    match is_open {
                        false if tree.over_count() > 0 => {
                            // Alone: the complete document of the segment replaces all that stands in one in progress.
                            assembler.send(tree, is_closed, Kept::Open, sink);
                        }
                        true if tree.has_open_values() && !tree.is_relieved() => {
                            assembler.send_unfinished(tree, Kept::Little, sink);
                        }
                        _ => {}
                    }
                    before.saturating_sub(tree.bytes())
                });
                bytes = bytes.saturating_sub(freed.unwrap_or(0));
            }
        }
    }

    /// Does something with a segment, and keeps what is left of it.
    fn change<R>(
        &mut self,
        id: SegmentId,
        change: impl FnOnce(&mut Self, &mut Tree) -> R,
    ) -> Option<R> {
        let mut tree = self.pending.remove(&id)?;
        let result = change(self, &mut tree);
        self.put(id, tree);
        Some(result)
    }

    /// Sends what is open and is to be seen, in progress; all of it stays. What is not asked for is looked at only in a
    /// round with a new beat.
    pub(crate) fn show_open(&mut self, is_beat: bool, sink: &mut dyn FnMut(&[u8])) {
        let now = self.outlet.clock.now();
        let age = self.shown_after.filter(|_| is_beat);
        let scale = self.scale;
        let due = |(id, tree): (&SegmentId, &mut Tree)| {
            tree.is_to_be_shown(now, scale, age).then_some(*id)
        };
        let due: Vec<_> = self.pending.iter_mut().filter_map(due).collect();
        for id in due {
            self.change(id, |assembler, tree| assembler.show(tree, sink));
        }
    }

    fn show(&mut self, tree: &mut Tree, sink: &mut dyn FnMut(&[u8])) {
        if tree.over_count() > 0 {
            // Alone: the complete document of the segment replaces all that stands in the one that follows here.
            self.send(tree, is_closed, Kept::Open, sink);
        }
        // What is told here is told again at the end: whatever the end must not repeat is as it was.
        let told = tree.exceptions.clone();
        let blocks = Blocks {
            scale: self.scale,
            common: &self.common,
            findings: Findings {
                outlet: &self.outlet,
                counts: &self.uncounted,
            },
            limit: self.limit,
        };
        let in_progress = &self.outlet.counts.in_progress;
        self.documents
            .write(tree, blocks, &is_opened, &mut |document| {
                count(in_progress, 1);
                sink(document);
            });
        tree.exceptions = told;
    }

    /// Sends all that is left, as it is.
    pub(crate) fn finish(&mut self, sink: &mut dyn FnMut(&[u8])) {
        let left: Vec<_> = self.pending.keys().copied().collect();
        for id in left {
            self.change(id, |assembler, tree| {
                tree.give_up(|_| true);
                assembler.send_unfinished(tree, Kept::Nothing, sink);
            });
        }
    }

    /// Sends a segment with what is open in it.
    fn send_unfinished(&mut self, tree: &mut Tree, kept: Kept, sink: &mut dyn FnMut(&[u8])) {
        tree.await_no_more();
        let findings = Findings {
            outlet: &self.outlet,
            counts: &self.outlet.counts,
        };
        match kept {
            Kept::Little => findings.relieved(tree.open_count() as u64),
            Kept::Open | Kept::Nothing => findings.incomplete(tree.open_count() as u64),
        }
        self.send(tree, is_opened, kept, sink);
        if !tree.is_empty() {
            tree.progress.set_shown(tree.shape_of_open());
        }
    }

    fn send(
        &mut self,
        tree: &mut Tree,
        is_sent: impl Fn(&Tree, Place) -> bool,
        kept: Kept,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        let outlet = &*self.outlet;
        let findings = Findings {
            outlet,
            counts: &outlet.counts,
        };
        let blocks = Blocks {
            scale: self.scale,
            common: &self.common,
            findings,
            limit: self.limit,
        };
        self.documents.write(tree, blocks, &is_sent, sink);
        findings.late(tree);
        let places = 0..tree.nodes().len();
        let closed = match tree.is_over() {
            true => places.len(),
            false => places.filter(|place| is_closed(tree, *place)).count(),
        };
        let stays = |tree: &Tree, place| !is_closed(tree, place) && !tree.is_late(place);
        let is_relief = matches!(kept, Kept::Little);
        let kept = match kept {
            _ if tree.is_over() => None,
            Kept::Open => tree.keep(stays, Tree::copy_node),
            Kept::Little => tree.keep(stays, Tree::copy_little),
            Kept::Nothing => None,
        };
        count(&outlet.counts.nodes, closed as u64);
        for lane in tree.take_lanes() {
            outlet.written(lane);
        }
        tree.reset();
        if let Some(lane) = kept {
            outlet.adopt(&lane);
            tree.add(lane);
        }
        tree.set_relieved(is_relief);
    }
}

/// What stays of a segment of which something was sent.
#[derive(Clone, Copy)]
enum Kept {
    /// All that was recorded of what is still open.
    Open,
    /// That it is open, so that its end can be sent, and what is little: for want of memory the rest went out with it in progress.
    Little,
    Nothing,
}

fn is_closed(tree: &Tree, place: Place) -> bool {
    let node = tree.node(place);
    node.opened.is_some() && node.closed.is_some()
}

fn is_opened(tree: &Tree, place: Place) -> bool {
    tree.node(place).opened.is_some()
}
