//! Columns of numbers as bytes that take little room once they are squeezed: the lowest bytes of all numbers stand together, then the next
//! ones, most of which are alike.

use crate::entry::Bytes;

/// A number without a sign.
pub(super) trait Word: Copy + Default {
    const BYTES: usize;
    fn byte(self, place: usize) -> u8;
    fn with(self, place: usize, byte: u8) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

macro_rules! word {
    ($($type:ident)*) => {
        $(impl Word for $type {
            const BYTES: usize = size_of::<Self>();

            fn byte(self, place: usize) -> u8 {
                (self >> (8 * place)) as u8
            }

            fn with(self, place: usize, byte: u8) -> Self {
                self | Self::from(byte) << (8 * place)
            }

            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
        })*
    };
}

word!(u16 u32 u64);

pub(super) fn write_words<W: Word>(words: &[W], to: &mut Vec<u8>) {
    words.len().write(to);
    for place in 0..W::BYTES {
        to.extend(words.iter().map(|word| word.byte(place)));
    }
}

pub(super) fn read_words<W: Word>(from: &mut &[u8]) -> Option<Vec<W>> {
    let len = usize::read(from)?;
    let (bytes, rest) = from.split_at_checked(len.checked_mul(W::BYTES)?)?;
    *from = rest;
    let mut words = vec![W::default(); len];
    for (place, bytes) in bytes.chunks_exact(len.max(1)).enumerate() {
        for (word, byte) in words.iter_mut().zip(bytes) {
            *word = word.with(place, *byte);
        }
    }
    Some(words)
}

/// Writes how far each number is from the one before, which is little where they rise, or stay.
pub(super) fn write_steps<W: Word>(words: &[W], to: &mut Vec<u8>) {
    let mut last = W::default();
    let steps = words.iter().map(|word| {
        let step = word.minus(last);
        last = *word;
        step
    });
    write_words(&steps.collect::<Vec<_>>(), to);
}

pub(super) fn read_steps<W: Word>(from: &mut &[u8]) -> Option<Vec<W>> {
    let mut words = read_words::<W>(from)?;
    let mut last = W::default();
    for word in &mut words {
        last = last.plus(*word);
        *word = last;
    }
    Some(words)
}

/// Writes when some things began and ended, in seconds: as whole microseconds, where that says the same.
pub(super) fn write_times(starts: &[f64], ends: &[f64], to: &mut Vec<u8>) {
    let micros = whole_micros(starts).zip(whole_micros(ends));
    micros.is_some().write(to);
    match micros {
        Some((starts, mut ends)) => {
            for (end, start) in ends.iter_mut().zip(&starts) {
                *end = end.minus(*start);
            }
            write_steps(&starts, to);
            write_words(&ends, to);
        }
        None => {
            for times in [starts, ends] {
                let bits: Vec<_> = times.iter().map(|time| time.to_bits()).collect();
                write_words(&bits, to);
            }
        }
    }
}

pub(super) fn read_times(from: &mut &[u8]) -> Option<(Vec<f64>, Vec<f64>)> {
    if !bool::read(from)? {
        let mut times = || {
            let bits = read_words::<u64>(from)?;
            Some(bits.into_iter().map(f64::from_bits).collect())
        };
        return Some((times()?, times()?));
    }
    let starts = read_steps::<u64>(from)?;
    let mut ends = read_words::<u64>(from)?;
    for (end, start) in ends.iter_mut().zip(&starts) {
        *end = end.plus(*start);
    }
    Some((in_seconds(&starts), in_seconds(&ends)))
}

/// `None` when any time is another one as microseconds.
fn whole_micros(times: &[f64]) -> Option<Vec<u64>> {
    let micros = |time: &f64| ((time * 1e6).round() as i64).cast_unsigned();
    let micros: Vec<_> = times.iter().map(micros).collect();
    let mut again = in_seconds(&micros).into_iter().zip(times);
    let are_same = again.all(|(again, time)| again.to_bits() == time.to_bits());
    are_same.then_some(micros)
}

fn in_seconds(micros: &[u64]) -> Vec<f64> {
    let seconds = |micros: &u64| micros.cast_signed() as f64 / 1e6;
    micros.iter().map(seconds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        for words in [vec![], vec![7_u32], vec![3, 2, u32::MAX, 0, 0x0102_0304]] {
            let mut bytes = Vec::new();
            write_words(&words, &mut bytes);
            write_steps(&words, &mut bytes);
            let mut rest = &bytes[..];
            assert_eq!(read_words(&mut rest), Some(words.clone()));
            assert_eq!(read_steps(&mut rest), Some(words));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn times_come_back_to_the_last_bit() {
        let starts = [1_790_000_000.123_456, 0.0, 3.5];
        for ends in [[1_790_000_000.2, 1e-6, 2.0], [1e300, f64::INFINITY, -0.0]] {
            let mut bytes = Vec::new();
            write_times(&starts, &ends, &mut bytes);
            let (first, last) = read_times(&mut &bytes[..]).expect("were written");
            assert_eq!(first, starts);
            assert_eq!(
                last.into_iter().map(f64::to_bits).collect::<Vec<_>>(),
                ends.map(f64::to_bits)
            );
        }
    }

    #[test]
    fn lengths_that_are_made_up_take_no_room() {
        let mut bytes = Vec::new();
        u64::MAX.write(&mut bytes);
        assert_eq!(read_words::<u64>(&mut &bytes[..]), None);
        assert_eq!(read_words::<u16>(&mut &[200, 1, 0][..]), None);
    }
}
