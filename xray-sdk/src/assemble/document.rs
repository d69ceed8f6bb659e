//! Documents from a tree: each within the limit of one datagram.

use std::mem;
use std::ops::Range;

use crate::assemble::block::Blocks;
use crate::assemble::cause::Written;
use crate::assemble::draft::{Draft, Lists};
use crate::assemble::finding::count;
use crate::assemble::subject::{Alone, Subject};
use crate::assemble::text::Text;
use crate::assemble::tree::{Place, Tree};
use crate::document::limits::NESTED_SUBSEGMENTS;
use crate::record::outlet::Counts;

/// Writes documents, with buffers that are used again and again.
#[derive(Default)]
pub(crate) struct Documents {
    blocks: Text,
    document: Text,
    parts: Vec<Part>,
    order: Vec<Place>,
    /// Those that are documents of their own.
    alone: Vec<Place>,
    /// Room for the lists of one draft after the other.
    lists: Lists<'static>,
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
        blocks: Blocks<'_>,
        is_sent: &impl Fn(&Tree, Place) -> bool,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        tree.arrange();
        let mut exceptions = mem::take(&mut tree.exceptions);
        self.parts.clear();
        let mut draft = Draft::new(mem::take(&mut self.lists));
        for place in 0..tree.nodes().len() {
            let parent = tree.node(place).parent;
            let stands_alone = !parent.is_some_and(|parent| is_sent(tree, parent));
            if !is_sent(tree, place) || !stands_alone {
                continue;
            }
            if self.write_whole(tree, place, blocks, &mut draft, is_sent) {
                sink(self.document.bytes());
            } else {
                self.write_split(
                    tree,
                    place,
                    blocks,
                    &mut draft,
                    &mut exceptions,
                    is_sent,
                    sink,
                );
            }
        }
        self.lists = draft.lists.emptied();
        exceptions.rise(tree, |place| is_sent(tree, place));
        tree.exceptions = exceptions;
    }

    /// Writes a segment in which nothing else is: it needs no plan, for its block fits.
    pub(crate) fn write_alone(
        &mut self,
        alone: &Alone<'_>,
        blocks: Blocks<'_>,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        let mut draft = Draft::new(mem::take(&mut self.lists));
        draft.read([(alone.values, alone.texts)]);
        let text = &mut self.document;
        begin(Some(&alone.subject), text);
        blocks.write(&alone.subject, &draft, &mut |_, _| {}, text);
        text.raw(b"}");
        sink(text.bytes());
        self.lists = draft.lists.emptied();
    }

    /// Writes one node that no other embeds with all below it, each behind the one that embeds it: most fit. False when they do not, and where
    /// exceptions refer to those of nodes below, which have to be written first.
    fn write_whole<'t>(
        &mut self,
        tree: &'t Tree,
        root: Place,
        blocks: Blocks<'_>,
        draft: &mut Draft<'t>,
        is_sent: &impl Fn(&Tree, Place) -> bool,
    ) -> bool {
        if tree.has_exceptions() {
            return false;
        }
        // What is written again counts then.
        let counts = Counts::default();
        let trial = Blocks {
            findings: blocks.findings.counted_in(&counts),
            ..blocks
        };
        let text = &mut self.document;
        begin(tree.subject(root).as_ref(), text);
        let is_whole = nest(
            tree,
            root,
            text,
            |place| is_sent(tree, place),
            |place, text| {
                if let Some(subject) = tree.subject(place) {
                    draft.read(tree.runs_of(tree.node(place)));
                    trial.write(&subject, draft, &mut |_, _| {}, text);
                }
                text.len() <= blocks.limit
            },
        );
        if is_whole {
            blocks.findings.adopt(&counts);
        }
        is_whole
    }

    /// Writes the document of one node that no other embeds, and of those below it that do not fit in.
    #[allow(
        clippy::too_many_arguments,
        reason = "what is written, from what, with what, whither"
    )]
    #[inline(never)]
    fn write_split<'t>(
        &mut self,
        tree: &'t Tree,
        root: Place,
        blocks: Blocks<'_>,
        draft: &mut Draft<'t>,
        exceptions: &mut Written,
        is_sent: &impl Fn(&Tree, Place) -> bool,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        self.parts.resize(tree.nodes().len(), Part::default());
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
            let Some(subject) = tree.subject(place) else {
                continue;
            };
            let start = self.blocks.len();
            draft.read(tree.runs_of(tree.node(place)));
            let told = &draft.lists.exceptions;
            let mut cause = |text: &mut Text, limit| {
                if !told.is_empty() {
                    exceptions.write(tree, place, told, text, limit);
                }
            };
            blocks.write(&subject, draft, &mut cause, &mut self.blocks);
            let block = start..self.blocks.len();
            self.plan(tree, place, block, blocks.limit, is_sent);
        }
        if self.alone.len() > 1 {
            count(&blocks.findings.counts.split, self.alone.len() as u64 - 1);
        }
        for position in 0..self.alone.len() {
            let root = self.alone[position];
            begin(tree.subject(root).as_ref(), &mut self.document);
            nest(
                tree,
                root,
                &mut self.document,
                |place| self.parts[place].is_embedded,
                |place, text| {
                    text.raw(&self.blocks.bytes()[self.parts[place].block.clone()]);
                    true
                },
            );
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
}

/// Writes what a document has before the block of its root.
fn begin(root: Option<&Subject<'_>>, text: &mut Text) {
    text.clear();
    let Some(root) = root else {
        return;
    };
    text.trace(root.identity.trace_id());
    if !root.is_root() || root.identity.is_part() {
        text.raw(b"\"type\":\"subsegment\",");
    }
    if root.parent.to_u64() != 0 {
        text.raw(b"\"parent_id\":\"");
        text.segment_id(root.parent);
        text.raw(b"\",");
    }
}

/// Writes what `write` writes of `root` and, in each node, of those below it that are embedded. False when it stands too deep, or `write` says so.
#[inline(always)]
fn nest(
    tree: &Tree,
    root: Place,
    text: &mut Text,
    is_embedded: impl Fn(Place) -> bool,
    mut write: impl FnMut(Place, &mut Text) -> bool,
) -> bool {
    let embedded = |mut next: Option<Place>| {
        while let Some(child) = next.filter(|child| !is_embedded(*child)) {
            next = tree.sibling(child);
        }
        next
    };
    let mut place = root;
    let mut level = 1;
    loop {
        if !write(place, text) {
            return false;
        }
        if let Some(child) = embedded(tree.first_child(place)) {
            if level == NESTED_SUBSEGMENTS {
                return false;
            }
            text.raw(b",\"subsegments\":[{");
            (place, level) = (child, level + 1);
            continue;
        }
        loop {
            text.raw(b"}");
            let parent = tree.node(place).parent.filter(|_| place != root);
            let Some(parent) = parent else {
                return true;
            };
            if let Some(next) = embedded(tree.sibling(place)) {
                text.raw(b",{");
                place = next;
                break;
            }
            text.raw(b"]");
            (place, level) = (parent, level - 1);
        }
    }
}

/// The most bytes of what stands in one document, when the whole of it may have `document` bytes.
pub(crate) fn limit_of(document: usize) -> usize {
    document.saturating_sub(PREFIX_BYTES + AROUND_BYTES)
}
