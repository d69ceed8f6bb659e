use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::assemble::cause::Written;
use crate::assemble::progress::Progress;
use crate::clock::Tick;
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::{Event, Mark, Namespace, What, Words};
use crate::record::identity::Identity;
use crate::record::lane::Lane;
use crate::record::outlet::Outlet;

/// The segments and subsegments that the lanes of one segment tell of.
#[derive(Default)]
pub(crate) struct Tree {
    #[allow(
        clippy::vec_box,
        reason = "lanes come boxed and go back to the pool so"
    )]
    lanes: Vec<Box<Lane>>,
    nodes: Vec<Node>,
    index: ById<Place>,
    /// The events of all nodes, each a list through `next`.
    events: Vec<Linked>,
    open: usize,
    pub(crate) exceptions: Written,
    pub(crate) progress: Progress,
}

/// A map from ids that this program drew at random: they need no other hash.
pub(crate) type ById<T> = HashMap<SegmentId, T, BuildHasherDefault<AsItIs>>;

/// The hash of a number that is random already.
#[derive(Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A node's place in the tree.
pub(crate) type Place = usize;

pub(crate) struct Node {
    pub(crate) id: SegmentId,
    pub(crate) opened: Option<Opened>,
    pub(crate) closed: Option<Tick>,
    pub(crate) parent: Option<Place>,
    pub(crate) children: Vec<Place>,
    first: usize,
    last: usize,
}

/// What the opening of a node told.
#[derive(Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) parent: SegmentId,
    pub(crate) name: Words,
    pub(crate) at: Tick,
    pub(crate) namespace: Namespace,
    lane: usize,
}

#[derive(Clone, Copy)]
struct Linked {
    lane: u32,
    event: u32,
    next: usize,
}

const NONE: usize = usize::MAX;

impl Tree {
    /// Whose the lanes are. Not of an empty tree.
    pub(crate) fn identity(&self) -> &Arc<Identity> {
        self.lanes
            .first()
            .expect("a tree is asked for what its lanes tell")
            .identity()
    }

    /// Makes the tree empty, for another use. Its lanes were taken before.
    pub(crate) fn reset(&mut self) {
        self.nodes.clear();
        self.index.clear();
        self.events.clear();
        self.open = 0;
    }

    /// Makes an empty tree one that another segment may use.
    pub(crate) fn forget(&mut self) {
        self.progress = Progress::default();
        self.exceptions = Written::default();
    }

    pub(crate) fn add(&mut self, lane: Box<Lane>) {
        let number = self.lanes.len();
        for (position, event) in lane.events().iter().enumerate() {
            if let What::Mark(Mark::Shown) = event.what {
                self.progress.ask();
                continue;
            }
            let place = self.place(event.node);
            let node = &mut self.nodes[place];
            match event.what {
                What::Open {
                    parent,
                    name,
                    at,
                    namespace,
                } => {
                    node.opened = Some(Opened {
                        parent,
                        name,
                        at,
                        namespace,
                        lane: number,
                    });
                }
                What::Close { at } => {
                    if node.closed.is_none() {
                        self.open -= 1;
                    }
                    node.closed = Some(at);
                }
                _ => {
                    let linked = self.events.len();
                    if node.first == NONE {
                        node.first = linked;
                    } else {
                        self.events[node.last].next = linked;
                    }
                    node.last = linked;
                    self.events.push(Linked {
                        lane: number as u32,
                        event: position as u32,
                        next: NONE,
                    });
                }
            }
        }
        self.lanes.push(lane);
    }

    /// The node with this id; made when it is new.
    fn place(&mut self, id: SegmentId) -> Place {
        // Most events are of the node that the event before was of, or of one nearby.
        let near = self.nodes.len().saturating_sub(4);
        if let Some(place) = self.nodes[near..].iter().rposition(|node| node.id == id) {
            return near + place;
        }
        *self.index.entry(id).or_insert_with(|| {
            self.nodes.push(Node {
                id,
                opened: None,
                closed: None,
                parent: None,
                children: Vec::new(),
                first: NONE,
                last: NONE,
            });
            self.open += 1;
            self.nodes.len() - 1
        })
    }

    /// Finds each node's parent and children.
    pub(crate) fn arrange(&mut self) {
        for node in &mut self.nodes {
            node.children.clear();
            node.parent = None;
        }
        for place in 0..self.nodes.len() {
            let parent = self.nodes[place]
                .opened
                .and_then(|opened| self.index.get(&opened.parent).copied())
                .filter(|parent| *parent != place);
            if let Some(parent) = parent {
                self.nodes[place].parent = Some(parent);
                self.nodes[parent].children.push(place);
            }
        }
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(crate) fn node(&self, place: Place) -> &Node {
        &self.nodes[place]
    }

    /// The segment itself, as far as it is known here.
    pub(crate) fn segment(&self) -> Option<&Node> {
        let place = self.index.get(&self.identity().segment_id())?;
        Some(&self.nodes[*place])
    }

    /// Whether the segment itself is a fault, by what is gathered of it.
    pub(crate) fn has_failed(&self) -> bool {
        self.segment().is_some_and(|segment| {
            self.events_of(segment)
                .any(|(_, event)| event.what.is_fault())
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(crate) fn open_count(&self) -> usize {
        self.open
    }

    pub(crate) fn closed_count(&self) -> usize {
        self.nodes.len() - self.open
    }

    fn open_nodes(&self) -> impl Iterator<Item = (&Node, &Opened)> {
        let open = self.nodes.iter().filter(|node| node.closed.is_none());
        open.filter_map(|node| Some((node, node.opened.as_ref()?)))
    }

    /// When the oldest of what is open began.
    pub(crate) fn oldest_open(&self) -> Option<Tick> {
        self.open_nodes().map(|(_, opened)| opened.at).min()
    }

    /// Changes with what is open and what was recorded of it.
    pub(crate) fn shape_of_open(&self) -> u64 {
        let mut shape = DefaultHasher::new();
        for (node, _) in self.open_nodes() {
            (node.id, self.events_of(node).count()).hash(&mut shape);
        }
        shape.finish()
    }

    /// Sending what is closed copies what is open: worth it when that is not much.
    pub(crate) fn is_mostly_closed(&self) -> bool {
        self.closed_count() >= self.open
    }

    /// Whether it takes little memory when it is empty.
    pub(crate) fn is_small(&self) -> bool {
        self.nodes.capacity() <= 1024
    }

    pub(crate) fn bytes(&self) -> usize {
        self.lanes.iter().map(|lane| lane.bytes()).sum()
    }

    pub(crate) fn name_of<'a>(&'a self, opened: &'a Opened) -> &'a str {
        self.lanes[opened.lane].words_of(&opened.name)
    }

    /// What was recorded of a node between its opening and its close, with the lane that holds the text.
    pub(crate) fn events_of<'a>(
        &'a self,
        node: &Node,
    ) -> impl Iterator<Item = (&'a Lane, &'a Event)> + use<'a> {
        let mut next = node.first;
        std::iter::from_fn(move || {
            let linked = self.events.get(next)?;
            next = linked.next;
            let lane = &*self.lanes[linked.lane as usize];
            Some((lane, &lane.events()[linked.event as usize]))
        })
    }

    /// Whether `node` is `above` or stands somewhere below it, looking up at most `levels` levels.
    pub(crate) fn is_below(&self, node: SegmentId, above: SegmentId, levels: usize) -> bool {
        let mut place = match self.index.get(&node) {
            Some(place) => *place,
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
            match self.index.get(&id) {
                Some(place) if is_sent(*place) => match self.nodes[*place].opened {
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

    /// Copies the nodes that stay into a lane of their own.
    pub(crate) fn keep(
        &self,
        outlet: &Outlet,
        stays: impl Fn(&Self, Place) -> bool,
        copy: impl Fn(&Self, &Node, &mut Lane),
    ) -> Option<Box<Lane>> {
        let mut kept: Option<Box<Lane>> = None;
        for place in (0..self.nodes.len()).filter(|place| stays(self, *place)) {
            // One that was used before: a segment that goes on for long would add one lane to the pool each time.
            let lane = kept.get_or_insert_with(|| outlet.kept_lane(self.identity()));
            copy(self, &self.nodes[place], lane);
        }
        kept
    }

    pub(crate) fn copy_opening(&self, node: &Node, to: &mut Lane) {
        if let Some(opened) = &node.opened {
            let name = Text::copied(self.name_of(opened));
            to.open(node.id, opened.parent, &name, opened.namespace, opened.at);
        }
    }

    pub(crate) fn copy_node(&self, node: &Node, to: &mut Lane) {
        self.copy_opening(node, to);
        for (lane, event) in self.events_of(node) {
            to.copy(event, lane);
        }
        if let Some(at) = node.closed {
            to.push(node.id, What::Close { at });
        }
    }
}
