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
    embedded: Vec<Place>,
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
            let children = &tree.node(place).children;
            let sent = children.iter().filter(|child| is_sent(tree, **child));
            self.order.extend(sent);
        }
        let mut alone = vec![root];
        // Children before parents: what a node embeds is known when the node is planned.
        for position in (0..self.order.len()).rev() {
            let place = self.order[position];
            let Some(opened) = tree.node(place).opened else {
                continue;
            };
            let start = self.blocks.len();
            blocks.write(tree, place, &opened, exceptions, &mut self.blocks);
            let block = start..self.blocks.len();
            self.plan(tree, place, block, blocks.limit, is_sent, &mut alone);
        }
        if alone.len() > 1 {
            count(&blocks.findings.counts.split, alone.len() as u64 - 1);
        }
        for place in alone {
            self.write_document(tree, place);
            sink(self.document.bytes());
        }
    }

    /// Decides which children `place` embeds; the others go to `alone`, the largest first.
    fn plan(
        &mut self,
        tree: &Tree,
        place: Place,
        block: Range<usize>,
        limit: usize,
        is_sent: &impl Fn(&Tree, Place) -> bool,
        alone: &mut Vec<Place>,
    ) {
        let mut total = block.len() + AROUND_BYTES;
        let mut embedded: Vec<Place> = Vec::new();
        let mut height = 1;
        for &child in tree
            .node(place)
            .children
            .iter()
            .filter(|child| is_sent(tree, **child))
        {
            let part = &self.parts[child];
            if part.height < NESTED_SUBSEGMENTS {
                total += part.total;
                embedded.push(child);
            } else {
                alone.push(child);
            }
        }
        if total > limit {
            let mut largest = embedded.clone();
            largest.sort_by_key(|child| std::cmp::Reverse(self.parts[*child].total));
            let mut shed = std::collections::HashSet::new();
            for child in largest {
                if total <= limit {
                    break;
                }
                total -= self.parts[child].total;
                shed.insert(child);
            }
            embedded.retain(|child| !shed.contains(child));
            alone.extend(shed);
        }
        for child in &embedded {
            height = height.max(self.parts[*child].height + 1);
        }
        self.parts[place] = Part {
            block,
            total,
            height,
            embedded,
        };
    }

    fn write_document(&mut self, tree: &Tree, root: Place) {
        let node = tree.node(root);
        let parent = node.opened.map_or(0, |opened| opened.parent.to_u64());
        let text = &mut self.document;
        text.clear();
        text.raw(b"{\"trace_id\":\"");
        text.trace_id(tree.identity().trace_id());
        text.raw(b"\",");
        if node.id != tree.identity().segment_id() || tree.identity().is_part() {
            text.raw(b"\"type\":\"subsegment\",");
        }
        if parent != 0 {
            text.raw(b"\"parent_id\":\"");
            text.hex(parent);
            text.raw(b"\",");
        }
        // Each level is a node and how many of its children were written.
        let mut levels: Vec<(Place, usize)> = vec![(root, 0)];
        text.raw(&self.blocks.bytes()[self.parts[root].block.clone()]);
        while let Some((place, written)) = levels.last_mut() {
            match self.parts[*place].embedded.get(*written) {
                Some(&child) => {
                    text.raw(if *written == 0 {
                        &b",\"subsegments\":[{"[..]
                    } else {
                        b",{"
                    });
                    *written += 1;
                    text.raw(&self.blocks.bytes()[self.parts[child].block.clone()]);
                    levels.push((child, 0));
                }
                None => {
                    text.raw(if *written == 0 { &b"}"[..] } else { b"]}" });
                    levels.pop();
                }
            }
        }
    }
}

/// The most bytes of what stands in one document, when the whole of it may have `document` bytes.
pub(crate) fn limit_of(document: usize) -> usize {
    document.saturating_sub(PREFIX_BYTES + AROUND_BYTES)
}
