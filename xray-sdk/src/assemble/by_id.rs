use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::id::SegmentId;

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
