//! What a lane adds to a tree.

use super::{Awaits, FEW, NONE, Node, Opened, Place, Tree};
use crate::assemble::list::{List, Run};
use crate::clock::Tick;
use crate::id::SegmentId;
use crate::record::event::{Mark, What};
use crate::record::lane::Lane;

impl Tree {
    pub(crate) fn add(&mut self, lane: Box<Lane>) {
        let is_main = lane.is_main();
        self.is_relieved = false;
        let events = lane.events();
        let (mut next, mut text) = (0, 0);
        while let Some(first) = events.get(next) {
            if let What::Mark(Mark::Shown) = first.what {
                self.progress.ask();
                next += 1;
                continue;
            }
            let place = self.place(first.node);
            let mut run = Run {
                lane: self.lanes.len() as u32,
                first: next as u32,
                end: 0,
                text,
            };
            let mut has_values = false;
            let mut has_moved = false;
            for event in &events[next..] {
                if event.node != first.node || has_moved {
                    break;
                }
                next += 1;
                match event.what {
                    What::Open {
                        parent,
                        name,
                        at,
                        namespace,
                    } => self.note_opening(
                        place,
                        Opened {
                            parent,
                            name,
                            at,
                            namespace,
                            lane: run.lane,
                            text,
                        },
                    ),
                    What::Close { at } => {
                        self.note_close(place, at);
                        continue;
                    }
                    What::Mark(Mark::Shown) => self.progress.ask(),
                    // What follows may stand in another list.
                    What::Mark(Mark::Moved) => has_moved = true,
                    What::Exception { .. } | What::Mark(Mark::Panicked) => {
                        self.has_exceptions = true;
                        has_values = true;
                    }
                    _ => has_values = true,
                }
                text += event.what.text_bytes() as u32;
            }
            if has_values {
                run.end = next as u32;
                let node = &mut self.nodes[place];
                let list = match node.awaits {
                    Some(_) if !is_main => &mut node.elsewhere,
                    _ => &mut node.events,
                };
                self.runs.push(list, run);
            }
            if has_moved {
                self.moved(place);
            }
        }
        self.lanes.push(lane);
        if is_main {
            self.await_no_more();
            self.find_late();
        }
    }

    fn note_opening(&mut self, place: Place, opened: Opened) {
        let node = &mut self.nodes[place];
        if node.opened.is_none() {
            self.unopened -= 1;
            self.late -= usize::from(std::mem::take(&mut node.is_late));
        }
        node.opened = Some(opened);
    }

    fn note_close(&mut self, place: Place, at: Tick) {
        let node = &mut self.nodes[place];
        if node.awaits.is_some() {
            node.awaits = Some(Awaits::Part(at));
            return;
        }
        self.open -= usize::from(node.closed.is_none());
        node.closed = Some(at);
    }

    #[cold]
    fn moved(&mut self, place: Place) {
        let node = &mut self.nodes[place];
        if node.awaits.is_none() && node.closed.is_none() {
            node.awaits = Some(Awaits::Close);
            self.awaiting.push(place);
        }
    }

    /// All that was recorded in the segment's own lane before now has arrived, or will not.
    pub(crate) fn await_no_more(&mut self) {
        for place in self.awaiting.drain(..) {
            let node = &mut self.nodes[place];
            self.runs.join(&mut node.events, &mut node.elsewhere);
            if let Some(Awaits::Part(at)) = node.awaits.take() {
                node.closed = Some(at);
                self.open -= 1;
            }
        }
    }

    /// Where the node with this id is, if there is one.
    #[inline]
    pub(super) fn find(&self, id: SegmentId) -> Option<Place> {
        if self.ids.len() <= FEW {
            return self.ids.iter().rposition(|known| *known == id);
        }
        self.index.get(&id).copied()
    }

    /// The place of the node with this id; made when it is new.
    #[inline]
    fn place(&mut self, id: SegmentId) -> Place {
        // Where there are many, most is of one nearby.
        let near = self.ids.len().saturating_sub(FEW);
        let is_it = |known: &SegmentId| *known == id;
        let place = match self.ids[near..].iter().rposition(is_it) {
            Some(place) => Some(near + place),
            None => self.index.get(&id).copied(),
        };
        place.unwrap_or_else(|| self.make(id))
    }

    fn make(&mut self, id: SegmentId) -> Place {
        let place = self.nodes.len();
        self.nodes.push(Node {
            id,
            opened: None,
            closed: None,
            awaits: None,
            is_late: false,
            parent: None,
            first_child: NONE,
            last_child: NONE,
            next: NONE,
            events: List::EMPTY,
            elsewhere: List::EMPTY,
        });
        self.ids.push(id);
        self.open += 1;
        self.unopened += 1;
        if self.ids.len() == FEW + 1 {
            let known = self.ids.iter().copied().zip(0..);
            self.index.extend(known);
        } else if self.ids.len() > FEW {
            self.index.insert(id, place);
        }
        place
    }
}
