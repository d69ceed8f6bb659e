//! Texts of documents that came together, as one piece. Documents are much alike: together they take a fraction of the room that each
//! alone would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use hashbrown::HashMap;
use zstd::bulk::{Compressor, Decompressor};

use crate::lock::lock;
use crate::store::engine::{DocumentRow, EngineError, EngineErrorKind};

/// How many bytes of texts stand in a batch; a text that is longer has one to itself. To read one text, all of its batch is unpacked.
const BATCH: usize = 64 << 10;

/// How hard it is tried to find what is alike. The next levels take much longer, and find little more.
const LEVEL: i32 = 1;

/// How many bytes of texts are at hand unpacked: those that came last, which are looked at next, and those that were read last.
const AT_HAND: usize = 16 << 20;

/// Packs and unpacks, and has some at hand.
pub(super) struct Batches {
    packer: Mutex<Compressor<'static>>,
    unpacker: Mutex<Decompressor<'static>>,
    at_hand: Mutex<AtHand>,
}

#[derive(Default)]
struct AtHand {
    texts: HashMap<u64, Arc<str>>,
    /// Their numbers, in the order in which they were put in.
    order: VecDeque<u64>,
    bytes: usize,
}

/// Some documents in batches.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) texts: Vec<String>,
    /// Of each document the batch, counted from the first one, and where its text begins there.
    pub(super) places: Vec<(usize, usize)>,
}

impl Batches {
    pub(super) fn new() -> Result<Self, EngineError> {
        let mut packer = Compressor::new(LEVEL)?;
        packer.include_checksum(true)?;
        Ok(Self {
            packer: Mutex::new(packer),
            unpacker: Mutex::new(Decompressor::new()?),
            at_hand: Mutex::default(),
        })
    }

    pub(super) fn pack(&self, texts: &str) -> Result<Vec<u8>, EngineError> {
        Ok(lock(&self.packer).compress(texts.as_bytes())?)
    }

    /// The texts of a batch, which are so long together.
    pub(super) fn unpack(&self, packed: &[u8], length: usize) -> Result<Arc<str>, EngineError> {
        let bytes = lock(&self.unpacker).decompress(packed, length);
        let text = bytes.map_err(|error| damaged(&error))?;
        let text = String::from_utf8(text).map_err(|error| damaged(&error))?;
        Ok(text.into())
    }

    pub(super) fn at_hand(&self, number: u64) -> Option<Arc<str>> {
        lock(&self.at_hand).texts.get(&number).map(Arc::clone)
    }

    pub(super) fn keep_at_hand(&self, number: u64, texts: Arc<str>) {
        let mut at_hand = lock(&self.at_hand);
        at_hand.bytes += texts.len();
        match at_hand.texts.insert(number, texts) {
            Some(same) => at_hand.bytes -= same.len(),
            None => at_hand.order.push_back(number),
        }
        while at_hand.bytes > AT_HAND
            && let Some(number) = at_hand.order.pop_front()
        {
            let texts = at_hand.texts.remove(&number);
            at_hand.bytes -= texts.map_or(0, |texts| texts.len());
        }
    }
}

impl Gathered {
    pub(super) fn of(documents: &[DocumentRow<'_>]) -> Self {
        let mut gathered = Self::default();
        let mut left = documents.iter().map(|document| document.text.len()).sum();
        for document in documents {
            gathered.add(document.text, left);
            left -= document.text.len();
        }
        gathered
    }

    /// Adds a text, with which so many bytes are still to come.
    fn add(&mut self, text: &str, left: usize) {
        let is_full = |batch: &String| batch.len() + text.len() > BATCH;
        if self.texts.last().is_none_or(is_full) {
            let length = left.min(BATCH.max(text.len()));
            self.texts.push(String::with_capacity(length));
        }
        let number = self.texts.len() - 1;
        self.places.push((number, self.texts[number].len()));
        self.texts[number].push_str(text);
    }
}

/// What was read is not what was written.
pub(super) fn damaged(error: &dyn std::fmt::Display) -> EngineError {
    EngineError {
        kind: EngineErrorKind::Damaged,
        problem: error.to_string(),
    }
}
