//! Documents from a tree: each within the limit of one datagram.

use std::ops::Range;

use crate::assemble::block::Blocks;
use crate::assemble::cause::Written;
use crate::assemble::finding::count;
use crate::assemble::text::Text;
use crate::assemble::tree::{Place, Tree};
use crate::document::limits::NESTED_SUBSEGMENTS;

/// Writes documents, with buffers that are used again and again.
#[derive(Default)]
pub(crate) struct Documents {
    blocks: Text,
    document: Text,
    parts: Vec<Part>,
    order: Vec<Place>,
    /// Those that are documents of their own.
    alone: Vec<Place>,
    /// The nodes that are being written, each in the one before, with whether something in it was written.
    levels: Vec<(Place, bool)>,
}

/// What is planned for one node.
#[derive(Clone, Default)]
struct Part {
    /// Its block in `blocks`.
    block: Range<usize>,
    /// Bytes of the node with all that it embeds.
    total: usize,
    /// Levels below it, itself included.
    height: usize,
    /// It stands in its parent.
    is_embedded: bool,
}

/// For the id of the trace, the parent, and what else a document has before its block.
const PREFIX_BYTES: usize = 160;
/// For braces, commas and the list of subsegments around one block.
const AROUND_BYTES: usize = 24;

impl Documents {
    /// Writes all that stands in `tree` for which `is_sent` is true, as few documents as fit.
    pub(crate) fn write(
        &mut self,
        tree: &mut Tree,
        blocks: &mut Blocks<'_>,
        is_sent: &impl Fn(&Tree, Place) -> bool,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        tree.arrange();
        let mut exceptions = std::mem::take(&mut tree.exceptions);
        self.parts.clear();
        self.parts.resize(tree.nodes().len(), Part::default());
        for place in 0..tree.nodes().len() {
            let parent = tree.node(place).parent;
            let stands_alone = !parent.is_some_and(|parent| is_sent(tree, parent));
            if is_sent(tree, place) && stands_alone {
                self.write_root(tree, place, blocks, &mut exceptions, is_sent, sink);
            }
        }
        exceptions.rise(tree, |place| is_sent(tree, place));
        tree.exceptions = exceptions;
    }

    /// Writes the document of one node that no other embeds, and of those below it that do not fit in.
    fn write_root(
        &mut self,
        tree: &Tree,
        root: Place,
        blocks: &mut Blocks<'_>,
        exceptions: &mut Written,
        is_sent: &impl Fn(&Tree, Place) -> bool,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        self.blocks.clear();
        self.order.clear();
        self.order.push(root);
        let mut next = 0;
        while let Some(&place) = self.order.get(next) {
            next += 1;
            let sent = tree.children(place).filter(|child| is_sent(tree, *child));
            self.order.extend(sent);
        }
        self.alone.clear();
        self.alone.push(root);
        // Children before parents: what a node embeds is known when the node is planned.
        for position in (0..self.order.len()).rev() {
            let place = self.order[position];
            let Some(opened) = tree.node(place).opened else {
                continue;
            };
            let start = self.blocks.len();
            blocks.write(tree, place, &opened, exceptions, &mut self.blocks);
            let block = start..self.blocks.len();
            self.plan(tree, place, block, blocks.limit, is_sent);
        }
        if self.alone.len() > 1 {
            count(&blocks.findings.counts.split, self.alone.len() as u64 - 1);
        }
        for position in 0..self.alone.len() {
            self.write_document(tree, self.alone[position]);
            sink(self.document.bytes());
        }
    }

    /// Decides which children `place` embeds; the others stand alone, the largest first.
    fn plan(
        &mut self,
        tree: &Tree,
        place: Place,
        block: Range<usize>,
        limit: usize,
        is_sent: &impl Fn(&Tree, Place) -> bool,
    ) {
        let mut total = block.len() + AROUND_BYTES;
        for child in tree.children(place).filter(|child| is_sent(tree, *child)) {
            let part = &mut self.parts[child];
            part.is_embedded = part.height < NESTED_SUBSEGMENTS;
            if part.is_embedded {
                total += part.total;
            } else {
                self.alone.push(child);
            }
        }
        if total > limit {
            total = self.shed(tree, place, total, limit);
        }
        let embedded = tree.children(place).map(|child| &self.parts[child]);
        let below = embedded.filter(|part| part.is_embedded);
        let height = below.map(|part| part.height).max().unwrap_or(0) + 1;
        let part = &mut self.parts[place];
        (part.block, part.total, part.height) = (block, total, height);
    }

    /// Has the largest children stand alone until the rest fits; returns what that takes.
    #[cold]
    fn shed(&mut self, tree: &Tree, place: Place, mut total: usize, limit: usize) -> usize {
        let children = tree.children(place);
        let mut largest: Vec<_> = children
            .filter(|child| self.parts[*child].is_embedded)
            .collect();
        largest.sort_by_key(|child| std::cmp::Reverse(self.parts[*child].total));
        for child in largest {
            if total <= limit {
                break;
            }
            let part = &mut self.parts[child];
            part.is_embedded = false;
            total -= part.total;
            self.alone.push(child);
        }
        total
    }

    fn write_document(&mut self, tree: &Tree, root: Place) {
        let node = tree.node(root);
        let parent = node.opened.map(|opened| opened.parent);
        let text = &mut self.document;
        text.clear();
        text.raw(b"{\"trace_id\":\"");
        text.trace_id(tree.identity().trace_id());
        text.raw(b"\",");
        if node.id != tree.identity().segment_id() || tree.identity().is_part() {
            text.raw(b"\"type\":\"subsegment\",");
        }
        if let Some(parent) = parent.filter(|parent| parent.to_u64() != 0) {
            text.raw(b"\"parent_id\":\"");
            text.segment_id(parent);
            text.raw(b"\",");
        }
        text.raw(&self.blocks.bytes()[self.parts[root].block.clone()]);
        let embedded = |child: Option<Place>| {
            let mut next = child;
            while let Some(child) = next.filter(|child| !self.parts[*child].is_embedded) {
                next = tree.sibling(child);
            }
            next
        };
        self.levels.clear();
        self.levels.push((root, false));
        let mut next = embedded(tree.children(root).next());
        while let Some((place, has_some)) = self.levels.last_mut() {
            match next {
                Some(child) => {
                    text.raw(if *has_some {
                        &b",{"[..]
                    } else {
                        b",\"subsegments\":[{"
                    });
                    *has_some = true;
                    text.raw(&self.blocks.bytes()[self.parts[child].block.clone()]);
                    self.levels.push((child, false));
                    next = embedded(tree.children(child).next());
                }
                None => {
                    text.raw(if *has_some { &b"]}"[..] } else { b"}" });
                    next = embedded(tree.sibling(*place));
                    self.levels.pop();
                }
            }
        }
    }
}

/// The most bytes of what stands in one document, when the whole of it may have `document` bytes.
pub(crate) fn limit_of(document: usize) -> usize {
    document.saturating_sub(PREFIX_BYTES + AROUND_BYTES)
}
