mod arrival;
mod keep;
mod late;
mod open;

use crate::assemble::by_id::ById;
use crate::assemble::cause::Written;
use crate::assemble::list::{List, Lists, Run};
use crate::assemble::progress::Progress;
use crate::assemble::subject::Subject;
use crate::clock::{Moment, Tick};
use crate::id::SegmentId;
use crate::record::event::{Event, Length, Mark, Namespace, Texts, What, Words};
use crate::record::identity::{Identity, Share};
use crate::record::lane::Lane;

/// The segments and subsegments that the lanes of one segment tell of.
#[derive(Default)]
pub(crate) struct Tree {
    #[allow(
        clippy::vec_box,
        reason = "lanes come boxed and go back to the pool so"
    )]
    lanes: Vec<Box<Lane>>,
    nodes: Vec<Node>,
    /// The ids of the nodes, in their places.
    ids: Vec<SegmentId>,
    /// Where each id is, once there are more than a [`FEW`].
    index: ById<Place>,
    runs: Lists,
    open: usize,
    /// Nodes whose opening is not here.
    unopened: usize,
    /// Those of them that are [late](Node::is_late).
    late: usize,
    /// Since when it is kept only for openings that may still come.
    waits_since: Option<Moment>,
    /// For want of memory it went out in progress, and nothing came since.
    is_relieved: bool,
    /// Nodes that [await](Awaits) a part of the segment's own lane.
    awaiting: Vec<Place>,
    /// Whether some of it is an exception.
    has_exceptions: bool,
    pub(crate) exceptions: Written,
    pub(crate) progress: Progress,
}

/// A node's place in the tree.
pub(crate) type Place = usize;

pub(crate) struct Node {
    pub(crate) id: SegmentId,
    pub(crate) opened: Option<Opened>,
    pub(crate) closed: Option<Tick>,
    /// Something that was recorded of it before its close may not have arrived.
    awaits: Option<Awaits>,
    /// It was sent already, and what is here came after that.
    is_late: bool,
    pub(crate) parent: Option<Place>,
    /// Its children, each a list through `next`.
    first_child: Place,
    last_child: Place,
    next: Place,
    events: List,
    /// What was recorded of it elsewhere while it [awaits](Awaits) a part of the segment's own lane: it comes after all of that.
    elsewhere: List,
}

/// A node of which something was recorded in the segment's own lane, and its end elsewhere: it is not over before that lane's next part has
/// arrived, in which what was recorded before may be.
#[derive(Clone, Copy)]
enum Awaits {
    Close,
    /// It closed then.
    Part(Tick),
}

/// What the opening of a node told.
#[derive(Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) parent: SegmentId,
    pub(crate) name: Words,
    pub(crate) at: Tick,
    pub(crate) namespace: Namespace,
    lane: u32,
    /// Where its name begins, if that is not static.
    text: u32,
}

const TOLD: &str = "a tree is asked for what its lanes tell";

const NONE: usize = usize::MAX;

/// So many ids are found sooner by a look at each.
const FEW: usize = 24;

impl Tree {
    /// Whose the lanes are. Not of an empty tree.
    pub(crate) fn identity(&self) -> &Identity {
        self.lanes.first().expect(TOLD).identity()
    }

    /// A reference to that.
    pub(crate) fn share(&mut self) -> Share {
        self.lanes.first_mut().expect(TOLD).share().divide()
    }

    /// Makes the tree empty, for another use. Its lanes were taken before.
    pub(crate) fn reset(&mut self) {
        self.nodes.clear();
        self.ids.clear();
        self.index.clear();
        self.runs.clear();
        self.has_exceptions = false;
        (self.open, self.unopened, self.late) = (0, 0, 0);
        self.awaiting.clear();
    }

    /// Makes an empty tree one that another segment may use.
    pub(crate) fn forget(&mut self) {
        self.progress = Progress::default();
        self.exceptions = Written::default();
        self.waits_since = None;
        self.is_relieved = false;
    }

    /// Finds each node's parent and children.
    pub(crate) fn arrange(&mut self) {
        for node in &mut self.nodes {
            node.parent = None;
            (node.first_child, node.last_child, node.next) = (NONE, NONE, NONE);
        }
        for place in 0..self.nodes.len() {
            let parent = self.nodes[place]
                .opened
                .and_then(|opened| self.find(opened.parent))
                .filter(|parent| *parent != place);
            let Some(parent) = parent else {
                continue;
            };
            self.nodes[place].parent = Some(parent);
            match std::mem::replace(&mut self.nodes[parent].last_child, place) {
                NONE => self.nodes[parent].first_child = place,
                last => self.nodes[last].next = place,
            }
        }
    }

    /// The children of a node, as they were [arranged](Self::arrange).
    pub(crate) fn children(&self, place: Place) -> impl Iterator<Item = Place> + use<'_> {
        std::iter::successors(self.first_child(place), |child| self.sibling(*child))
    }

    /// The first of them.
    pub(crate) fn first_child(&self, place: Place) -> Option<Place> {
        Some(self.nodes[place].first_child).filter(|child| *child != NONE)
    }

    /// The child of the same parent that follows.
    pub(crate) fn sibling(&self, place: Place) -> Option<Place> {
        Some(self.nodes[place].next).filter(|next| *next != NONE)
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(crate) fn node(&self, place: Place) -> &Node {
        &self.nodes[place]
    }

    /// The segment itself, as far as it is known here.
    pub(crate) fn segment(&self) -> Option<&Node> {
        let place = self.find(self.identity().segment_id())?;
        Some(&self.nodes[place])
    }

    /// Whether the segment itself is a fault, by what is gathered of it.
    pub(crate) fn has_failed(&self) -> bool {
        self.segment().is_some_and(|segment| {
            self.events_of(segment)
                .any(|(event, _)| event.what.is_fault())
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether an exception was recorded of something in it.
    pub(crate) fn has_exceptions(&self) -> bool {
        self.has_exceptions
    }

    /// Whether it takes little memory when it is empty.
    pub(crate) fn is_small(&self) -> bool {
        self.nodes.capacity() <= 1024
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lanes.iter().map(|lane| lane.bytes()).sum()
    }

    /// What is known of a node beside its values, when its opening is here.
    #[inline]
    pub(crate) fn subject(&self, place: Place) -> Option<Subject<'_>> {
        let node = &self.nodes[place];
        let opened = node.opened.as_ref()?;
        Some(Subject {
            identity: self.identity(),
            id: node.id,
            parent: opened.parent,
            name: self.texts_of(opened).words(opened.name),
            namespace: opened.namespace,
            began: opened.at,
            closed: node.closed,
        })
    }

    fn texts_of(&self, opened: &Opened) -> Texts<'_> {
        self.lanes[opened.lane as usize].text_from(opened.text as usize)
    }

    /// What was recorded of a node between its opening and its close, each with its text.
    pub(crate) fn events_of<'a>(
        &'a self,
        node: &Node,
    ) -> impl Iterator<Item = (&'a Event, Texts<'a>)> + use<'a> {
        let all = self.listed(node.events);
        all.chain(self.listed(node.elsewhere))
    }

    fn listed<'a>(&'a self, list: List) -> impl Iterator<Item = (&'a Event, Texts<'a>)> + use<'a> {
        let events = self
            .runs(self.runs.of(list))
            .flat_map(|(events, mut texts)| {
                events.iter().map(move |event| {
                    let own = texts;
                    texts.next(Length(event.what.text_bytes() as u32));
                    (event, own)
                })
            });
        events.filter(|(event, _)| is_value(&event.what))
    }

    /// As [`events_of`](Self::events_of), in the runs in which they were recorded, with openings and closes between them. Each run has the text
    /// of all of its events.
    #[inline]
    pub(crate) fn runs_of<'a>(
        &'a self,
        node: &Node,
    ) -> impl Iterator<Item = (&'a [Event], Texts<'a>)> + use<'a> {
        self.runs(self.runs.of_both(node.events, node.elsewhere))
    }

    #[inline]
    fn runs<'a, R: Iterator<Item = Run>>(
        &'a self,
        runs: R,
    ) -> impl Iterator<Item = (&'a [Event], Texts<'a>)> + use<'a, R> {
        runs.map(|run| {
            let lane = &*self.lanes[run.lane as usize];
            let events = &lane.events()[run.first as usize..run.end as usize];
            (events, lane.text_from(run.text as usize))
        })
    }

    /// Whether `node` is `above` or stands somewhere below it, looking up at most `levels` levels.
    pub(crate) fn is_below(&self, node: SegmentId, above: SegmentId, levels: usize) -> bool {
        let mut place = match self.find(node) {
            Some(place) => place,
            // It was sent already and counts as its parent's, which may be gone too.
            None => return node == above,
        };
        for _ in 0..levels {
            if self.nodes[place].id == above {
                return true;
            }
            match self.nodes[place].parent {
                Some(parent) => place = parent,
                None => return false,
            }
        }
        false
    }

    /// `node` itself, or the id of the nearest one above it that is not among those `is_sent`.
    pub(crate) fn nearest_above(
        &self,
        node: SegmentId,
        is_sent: &impl Fn(Place) -> bool,
    ) -> SegmentId {
        let mut id = node;
        for _ in 0..self.nodes.len() {
            match self.find(id) {
                Some(place) if is_sent(place) => match self.nodes[place].opened {
                    Some(opened) => id = opened.parent,
                    None => break,
                },
                _ => break,
            }
        }
        id
    }

    /// The lanes, for use elsewhere.
    pub(crate) fn take_lanes(&mut self) -> std::vec::Drain<'_, Box<Lane>> {
        self.lanes.drain(..)
    }
}

/// Whether it says more than that something is open, or is not.
fn is_value(what: &What) -> bool {
    !matches!(
        what,
        What::Open { .. } | What::Close { .. } | What::Mark(Mark::Moved | Mark::Shown)
    )
}
