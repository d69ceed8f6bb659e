//! The pieces of the index's blocks: read where they are kept, and at hand when they were asked for lately.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::sync::Mutex;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use super::Store;
use crate::index::{Piece, PieceId, Shelf};
use crate::lock::lock;

/// What a piece takes on the average. It only tells how many there may be.
const PIECE_BYTES: u64 = 32 << 10;

pub(super) struct Pieces {
    at_hand: Cache<PieceId, Piece, Weight>,
    /// Blocks of which a piece cannot be read. Held for numbers only.
    broken: Mutex<BTreeSet<u64>>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<PieceId, Piece> for Weight {
    fn weight(&self, id: &PieceId, piece: &Piece) -> u64 {
        // What weighs nothing would never leave.
        (size_of_val(id) + size_of_val(piece) + piece.bytes()) as u64
    }
}

impl Pieces {
    /// So many bytes of pieces stay at hand.
    pub(super) fn new(bytes: u64) -> Self {
        let options = OptionsBuilder::new()
            .estimated_items_capacity((bytes / PIECE_BYTES) as usize)
            .weight_capacity(bytes)
            // A piece has room in one shard or in none, and there are few who look at once.
            .shards(1)
            .build()
            .expect("all that has no default is given");
        Self {
            at_hand: Cache::with_options(
                options,
                Weight,
                RandomState::default(),
                DefaultLifecycle::default(),
            ),
            broken: Mutex::default(),
        }
    }

    /// What those at hand take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.at_hand.weight() as usize
    }

    /// A block of which a piece could not be read.
    pub(super) fn take_broken(&self) -> Option<u64> {
        lock(&self.broken).pop_first()
    }
}

impl Shelf for Store {
    fn piece(&self, id: PieceId, make: &mut dyn FnMut() -> Option<Piece>) -> Option<Piece> {
        let at_hand = &self.shared.pieces.at_hand;
        if let Some(piece) = at_hand.get(&id) {
            return Some(piece);
        }
        let piece = make()?;
        at_hand.insert(id, piece.clone());
        Some(piece)
    }

    fn bytes(&self, id: PieceId) -> Option<Vec<u8>> {
        self.read(self.engine().blob(&piece_name(id.block, id.number)))
    }

    fn is_abandoned(&self) -> bool {
        Store::is_abandoned(self)
    }

    fn broke(&self, block: u64) {
        lock(&self.shared.pieces.broken).insert(block);
    }
}

/// Under this name, and the numbers of a block and of one of its pieces, the piece is kept.
pub(super) const PIECE_BLOB: &str = "index piece ";

pub(super) fn piece_name(block: u64, number: u16) -> String {
    format!("{PIECE_BLOB}{block:016x} {number:04x}")
}
