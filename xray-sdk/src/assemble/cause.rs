//! Exceptions: each written once, and referred to by its id where it bubbles up.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::assemble::draft::Exception;
use crate::assemble::secret::without_secrets;
use crate::assemble::text::Text;
use crate::assemble::tree::{Place, Tree};
use crate::id::SegmentId;
use crate::record::event::Chain;

/// Exceptions that were written lately, and where.
#[derive(Clone, Default)]
pub(crate) struct Written {
    exceptions: Vec<Known>,
}

#[derive(Clone, Copy)]
struct Known {
    /// Of the message and those of all its sources: an error that bubbles up keeps them, whatever wraps it.
    fingerprint: u64,
    id: SegmentId,
    node: SegmentId,
}

/// How many exceptions are remembered, and through how many levels one is followed.
const REMEMBERED: usize = 64;

/// The most bytes of one message.
const MESSAGE_BYTES: usize = 4 * 1024;

impl Written {
    /// Nodes were sent and are forgotten: what they recorded counts as that of the nearest node above that stays.
    pub(crate) fn rise(&mut self, tree: &Tree, is_sent: impl Fn(Place) -> bool) {
        for known in &mut self.exceptions {
            known.node = tree.nearest_above(known.node, &is_sent);
        }
    }

    fn find(&self, tree: &Tree, place: Place, fingerprint: u64) -> Option<SegmentId> {
        let below = tree.node(place).id;
        self.exceptions
            .iter()
            .rev()
            .filter(|known| known.fingerprint == fingerprint)
            .find(|known| tree.is_below(known.node, below, REMEMBERED))
            .map(|known| known.id)
    }

    fn remember(&mut self, known: Known) {
        if self.exceptions.len() == REMEMBERED {
            self.exceptions.remove(0);
        }
        self.exceptions.push(known);
    }

    /// Writes the `cause` of the node at `place`; its children were written before. Nothing more is written
    /// when `limit` bytes of text are reached.
    pub(crate) fn write(
        &mut self,
        tree: &Tree,
        place: Place,
        exceptions: &[Exception<'_>],
        text: &mut Text,
        limit: usize,
    ) {
        let node = tree.node(place).id;
        let prints = fingerprints(exceptions);
        let before = text.len();
        text.key("cause");
        text.raw(b"{\"exceptions\":[");
        let begin = text.len();
        let mut position = 0;
        while position < exceptions.len() {
            if self.find(tree, place, prints[position]).is_some() {
                // Told below already, or twice here: the rest of its chain is too.
                position += 1;
                while position < exceptions.len()
                    && exceptions[position].link == Chain::SourceOfPrevious
                {
                    position += 1;
                }
                continue;
            }
            let cause = match exceptions.get(position + 1) {
                Some(next) if next.link == Chain::SourceOfPrevious => Some(
                    self.find(tree, place, prints[position + 1])
                        .unwrap_or_else(|| id_of(prints[position + 1], node)),
                ),
                _ => None,
            };
            let id = id_of(prints[position], node);
            let item = text.len();
            write_exception(tree, &exceptions[position], id, cause, text);
            if text.len() > limit {
                text.truncate(item);
                break;
            }
            self.remember(Known {
                fingerprint: prints[position],
                id,
                node,
            });
            position += 1;
        }
        if text.len() > begin {
            text.raw(b"]}");
            return;
        }
        text.truncate(before);
        // Every one of them was told below.
        if let Some(id) = prints
            .first()
            .and_then(|print| self.find(tree, place, *print))
        {
            write_reference(id, text);
        }
    }
}

/// The same error as one that was written below.
fn write_reference(id: SegmentId, text: &mut Text) {
    text.key("cause");
    text.raw(b"\"");
    text.segment_id(id);
    text.raw(b"\"");
}

fn write_exception(
    tree: &Tree,
    exception: &Exception<'_>,
    id: SegmentId,
    cause: Option<SegmentId>,
    text: &mut Text,
) {
    text.separate();
    text.raw(b"{\"id\":\"");
    text.segment_id(id);
    text.raw(b"\"");
    if !exception.kind.is_empty() {
        text.key("type");
        text.string_within(exception.kind, MESSAGE_BYTES);
    }
    text.key("message");
    let message = tree.identity().clean(exception.message);
    text.string_within(&without_secrets(&message), MESSAGE_BYTES);
    if exception.remote {
        text.key("remote");
        text.raw(b"true");
    }
    if let Some(cause) = cause {
        write_reference(cause, text);
    }
    text.raw(b"}");
}

/// For each exception a number that stands for its message and those of its sources.
fn fingerprints(exceptions: &[Exception<'_>]) -> Vec<u64> {
    let mut prints = vec![0; exceptions.len()];
    let mut sources = 0;
    for (place, exception) in exceptions.iter().enumerate().rev() {
        let mut hasher = DefaultHasher::new();
        (exception.message, sources).hash(&mut hasher);
        prints[place] = hasher.finish();
        sources = match exception.link {
            Chain::First => 0,
            Chain::SourceOfPrevious => prints[place],
        };
    }
    prints
}

/// The same error in the same node has the same id, and never zero.
fn id_of(fingerprint: u64, node: SegmentId) -> SegmentId {
    SegmentId::from_u64((fingerprint ^ node.to_u64()) | 1)
}
