//! The parts of a block as bytes.

use super::block::{Block, Key, Name, Source};
use super::open::TEXTS;
use crate::entry::{Bytes, Side, fields};

fields!(Block {
    first_ordinal,
    ids,
    ordinals,
    starts,
    ends,
    durations,
    roots,
    first_rows,
    is_partial,
    is_odd,
    is_opaque,
    is_there,
    profile_of,
    times,
    offsets,
    call_rows,
    call_times,
    call_offsets,
    sources,
    profiles,
    services,
    columns,
    causes,
    waits
});
fields!(Source { row, service, age });
fields!(Key { side, name });

impl Bytes for Side {
    fn write(&self, to: &mut Vec<u8>) {
        (*self == Self::Call).write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match bool::read(from)? {
            true => Some(Self::Call),
            false => Some(Self::Service),
        }
    }
}

/// A text by its number, from one on; an annotation by nought and its key.
impl Bytes for Name {
    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                let number = TEXTS.iter().position(|known| known == text);
                number.map_or(0, |number| number + 1).write(to);
            }
            Self::Annotation(key) => {
                0_usize.write(to);
                key.write(to);
            }
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match usize::read(from)? {
            0 => String::read(from).map(Self::Annotation),
            number => TEXTS.get(number - 1).map(|text| Self::Text(*text)),
        }
    }
}
