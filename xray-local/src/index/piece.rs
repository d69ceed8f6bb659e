//! What a block is kept in: pieces, each read on its own when it is asked for.

use std::sync::Arc;

use super::block::{Block, Head};
use super::cause::Causes;
use super::column::Column;
use super::form::Forms;
use super::key;
use super::rows::Tallies;
use super::sieve::Sieve;
use super::traces::Traces;
use super::works::Works;
use crate::entry::{Bytes, Entry};

/// A piece as it is in memory.
#[derive(Clone, Debug)]
pub(crate) struct Piece(pub(super) Kind);

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Head(Arc<Head>),
    Traces(Arc<Traces>),
    Works(Arc<Works>),
    Forms(Arc<Forms>),
    Causes(Arc<Causes>),
    /// What is counted of all traces.
    Tallies(Arc<Tallies>),
    /// Of some columns, what values they may have.
    Sieves(Arc<Vec<Sieve>>),
    /// The same columns, one behind the other.
    Columns(Arc<Vec<Column>>),
}

/// By what a piece is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PieceId {
    /// The number of the block.
    pub(crate) block: u64,
    /// The number in the block.
    pub(crate) number: u16,
    /// How many of its traces have left, where it is not the same with them.
    pub(crate) left: u16,
}

/// Has the pieces of the blocks that were kept, and those at hand that were read lately.
pub(crate) trait Shelf {
    /// The piece that is at hand, or what is made in its place.
    fn piece(&self, id: PieceId, make: &mut dyn FnMut() -> Option<Piece>) -> Option<Piece>;

    /// The bytes of a piece of a block that was kept. `None` when they cannot be read.
    fn bytes(&self, id: PieceId) -> Option<Vec<u8>>;

    /// Whether nobody waits any more for what is looked for.
    fn is_abandoned(&self) -> bool {
        false
    }

    /// Is told of a block of which a piece cannot be read.
    fn broke(&self, block: u64);
}

pub(super) const HEAD: u16 = 0;
pub(super) const TRACES: u16 = 1;
pub(super) const WORKS: u16 = 2;
pub(super) const FORMS: u16 = 3;
pub(super) const CAUSES: u16 = 4;
pub(super) const TALLIES: u16 = 5;
const COLUMNS: u16 = 6;

/// Columns stand together in a piece until they take so many bytes.
const COLUMNS_BYTES: usize = 16 << 10;

/// The number of the piece with these columns, counted by pieces.
pub(super) fn columns(place: usize) -> u16 {
    sieves(place) + 1
}

/// The number of the piece with the sieves of these.
pub(super) fn sieves(place: usize) -> u16 {
    COLUMNS + 2 * place as u16
}

impl Piece {
    /// The piece of this number. `None` when the bytes are of another form, or not those that were written.
    pub(super) fn open(number: u16, bytes: &[u8]) -> Option<Self> {
        let kind = match number {
            HEAD => Kind::Head(Arc::new(opened(bytes)?)),
            TRACES => Kind::Traces(Arc::new(opened(bytes)?)),
            WORKS => Kind::Works(Arc::new(opened(bytes)?)),
            FORMS => Kind::Forms(Arc::new(opened(bytes)?)),
            CAUSES => Kind::Causes(Arc::new(opened(bytes)?)),
            TALLIES => Kind::Tallies(Arc::new(opened(bytes)?)),
            _ if (number - COLUMNS).is_multiple_of(2) => Kind::Sieves(Arc::new(opened(bytes)?)),
            _ => Kind::Columns(Arc::new(opened(bytes)?)),
        };
        Some(Self(kind))
    }

    /// The memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        match &self.0 {
            Kind::Head(head) => head.bytes(),
            Kind::Traces(traces) => traces.bytes(),
            Kind::Works(works) => works.bytes(),
            Kind::Forms(forms) => forms.bytes(),
            Kind::Causes(causes) => causes.bytes(),
            Kind::Tallies(tallies) => tallies.bytes(),
            Kind::Sieves(sieves) => sieves.iter().map(Sieve::bytes).sum(),
            Kind::Columns(columns) => columns.iter().map(Column::bytes).sum(),
        }
    }
}

impl Block {
    /// The pieces, in the order of their numbers.
    pub(super) fn pieces(&self, tallies: &Tallies) -> Vec<Vec<u8>> {
        let mut head = Head::clone(&self.head);
        let mut columns = Vec::new();
        let mut rest = &self.columns[..];
        while !rest.is_empty() {
            head.first_columns
                .push((self.columns.len() - rest.len()) as u16);
            let mut bytes = 0;
            let is_last = |column: &Column| {
                bytes += column.bytes();
                bytes >= COLUMNS_BYTES
            };
            let last = rest.iter().position(is_last);
            let (some, others) = rest.split_at(last.map_or(rest.len(), |last| last + 1));
            let keys = (self.columns.len() - rest.len()..).map(|number| self.head.keys.get(number));
            let sieves = some.iter().zip(keys);
            let sieves: Vec<_> = sieves
                .map(|(column, key)| Sieve::of(&column.values, key::is_annotation(key)))
                .collect();
            columns.extend([kept(&sieves), squeezed(|to| write_all(some, to))]);
            rest = others;
        }
        let mut pieces = vec![
            kept(&head),
            kept(&*self.traces),
            kept(&*self.works),
            kept(&self.forms.closed(&self.causes)),
            kept(&*self.causes),
            kept(tallies),
        ];
        pieces.extend(columns);
        pieces
    }
}

/// As a vector is written.
fn write_all(columns: &[Column], to: &mut Vec<u8>) {
    columns.len().write(to);
    columns.iter().for_each(|column| column.write(to));
}

/// The first grows whenever the bytes of a block change. The form of entries counts too, for they say the same.
const FORM: [u8; 2] = [5, Entry::FORM];

const SUM_BYTES: usize = 8;

/// Something as bytes that are told from others.
pub(super) fn kept(it: &impl Bytes) -> Vec<u8> {
    squeezed(|to| it.write(to))
}

/// The form, what is written in little room, and a sum of both.
fn squeezed(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    let mut kept = [&FORM[..], &lz4_flex::block::compress_prepend_size(&bytes)].concat();
    let sum = sum(&kept).to_le_bytes();
    kept.extend_from_slice(&sum);
    kept
}

/// `None` when the bytes are of another form, or not those that were written.
pub(super) fn opened<T: Bytes>(kept: &[u8]) -> Option<T> {
    let (kept, written) = kept.split_last_chunk::<SUM_BYTES>()?;
    let squeezed = kept.strip_prefix(&FORM)?;
    if sum(kept) != u64::from_le_bytes(*written) {
        return None;
    }
    let bytes = lz4_flex::block::decompress_size_prepended(squeezed).ok()?;
    let mut rest = &bytes[..];
    T::read(&mut rest).filter(|_| rest.is_empty())
}

/// FNV over words in place of bytes: finds damage, not malice.
fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let rest = rest.iter().map(|byte| u64::from(*byte));
    words.chain(rest).fold(0xcbf2_9ce4_8422_2325, |sum, word| {
        (sum ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(23)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::bits::Bits;

    #[test]
    fn what_was_damaged_is_not_read() {
        let mut bits = Bits::none(100);
        bits.set(7);
        let bytes = kept(&bits);
        assert_eq!(opened::<Bits>(&bytes), Some(bits));
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 4;
            assert_eq!(opened::<Bits>(&damaged), None, "{place}");
            assert_eq!(opened::<Bits>(&bytes[..place]), None);
        }
    }
}
