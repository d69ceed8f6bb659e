//! Blocks that grow no more as bytes, so that the index need not be made anew at each start. A block never changes; which of its traces are
//! still there is kept beside it.

use super::bits::Bits;
use super::block::Block;
use super::{Closed, Index};
use crate::entry::{Bytes, Entry};

/// The first grows whenever the bytes of a block change. The form of entries counts too, for they say the same.
const FORM: [u8; 2] = [2, Entry::FORM];

const SUM_BYTES: usize = 8;

impl Index {
    /// What has changed of blocks that were kept: their numbers with the traces that are left; `None` of those that have gone.
    pub(crate) fn changes(&self) -> Vec<(u64, Option<Vec<u8>>)> {
        let changed = self.closed.iter().filter(|closed| closed.is_changed);
        let changed = changed.map(|closed| (closed.number, Some(sealed(&closed.block.is_there))));
        let gone = self.gone.iter().map(|number| (*number, None));
        changed.chain(gone).collect()
    }

    /// The changes are kept.
    pub(crate) fn changes_kept(&mut self) {
        self.gone.clear();
        for closed in &mut self.closed {
            closed.is_changed = false;
        }
    }

    /// A block that grows no more and is not kept yet, as bytes, with its number. Only one of which no trace is still open, by the
    /// number by which it is kept.
    pub(crate) fn next_to_keep(&self, is_open: impl Fn(u64) -> bool) -> Option<(u64, Vec<u8>)> {
        let mut ready = self.closed.iter().filter(|closed| {
            let mut there = closed.block.is_there.numbers();
            !closed.is_kept && !there.any(|trace| is_open(closed.block.ordinal(trace)))
        });
        let closed = ready.next()?;
        Some((closed.number, sealed(&closed.block)))
    }

    /// The block is kept.
    pub(crate) fn kept(&mut self, number: u64) {
        let mut closed = self.closed.iter_mut();
        if let Some(closed) = closed.find(|closed| closed.number == number) {
            closed.is_kept = true;
        }
    }

    /// Takes in a block that was kept, and which of its traces were left, if that had changed. Returns whether it could be read. Blocks
    /// have to come in the order of their numbers.
    pub(crate) fn restore(&mut self, number: u64, block: &[u8], left: Option<&[u8]>) -> bool {
        self.next = number + 1;
        let Some(mut block) = opened::<Block>(block) else {
            return false;
        };
        if let Some(left) = left {
            match opened::<Bits>(left).filter(|left| left.len() == block.traces()) {
                Some(left) => block.is_there = left,
                None => return false,
            }
        }
        match Closed::of(number, block) {
            Some(mut closed) => {
                closed.is_kept = true;
                self.traces += closed.traces;
                self.highest = self.highest.max(*closed.ordinals.end());
                self.closed.push(closed);
            }
            None => self.gone.push(number),
        }
        true
    }
}

/// The form, the bytes, and a sum of them.
fn sealed(it: &impl Bytes) -> Vec<u8> {
    let mut bytes = FORM.to_vec();
    it.write(&mut bytes);
    let sum = sum(&bytes).to_le_bytes();
    bytes.extend_from_slice(&sum);
    bytes
}

/// `None` when the bytes are of another form, or not those that were written.
fn opened<T: Bytes>(bytes: &[u8]) -> Option<T> {
    let (bytes, written) = bytes.split_last_chunk::<SUM_BYTES>()?;
    let mut rest = bytes.strip_prefix(&FORM)?;
    if sum(bytes) != u64::from_le_bytes(*written) {
        return None;
    }
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

    #[test]
    fn what_was_damaged_is_not_read() {
        let mut bits = Bits::none(100);
        bits.set(7);
        let bytes = sealed(&bits);
        assert_eq!(opened::<Bits>(&bytes), Some(bits));
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 4;
            assert_eq!(opened::<Bits>(&damaged), None, "{place}");
            assert_eq!(opened::<Bits>(&bytes[..place]), None);
        }
    }
}
