use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::{slice, str};

use crate::record::event::{Event, Length};
use crate::record::raw::fetch;

/// Events, and the text that they refer to: each written behind the one before, and read when all is written.
///
/// There is one look for each event whether there is room, and one for each text. Both end where somebody is to look closer, which is at the
/// latest where the memory ends.
///
/// Holds at all times, for events and for text alike:
/// - `first` is the beginning of memory for so many as the capacity says, which is this sheet's alone
/// - from `first` to `next` all is written, and the text is UTF-8
/// - `next <= limit <= first + capacity`, all in that memory
// Seven words, so that with a lane's link it fills one line of a processor's cache.
pub(crate) struct Sheet {
    events: Room<Event>,
    text: Room<u8>,
    events_capacity: u32,
    text_capacity: u32,
}

/// Memory that is written from its beginning on.
struct Room<T> {
    next: NonNull<T>,
    limit: NonNull<T>,
    first: NonNull<T>,
}

/// What is written at once has no more events than this.
const EVENTS: usize = 8;
/// At most so much more text is kept before somebody looks closer.
const TEXT_STEP: usize = 16 * 1024;
/// No sheet has more events, or more bytes of text.
const MOST: usize = u32::MAX as usize / 2;

// SAFETY: a sheet has its memory for itself, as a vector has, and events and bytes may be sent and shared.
unsafe impl Send for Sheet {}
// SAFETY: as above; what is shared can only be read.
unsafe impl Sync for Sheet {}

impl Sheet {
    /// An empty one with room for so many events, and for so many bytes of text.
    pub(crate) fn new(events: usize, text: usize) -> Self {
        let (events, events_capacity) = Room::new(events);
        let (text, text_capacity) = Room::new(text);
        let mut sheet = Self {
            events,
            text,
            events_capacity,
            text_capacity,
        };
        sheet.clear();
        sheet
    }

    /// Makes it empty.
    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.events.next = self.events.first;
        self.text.next = self.text.first;
        self.allow();
    }

    /// Has the processor fetch what is written first.
    #[inline(always)]
    pub(crate) fn fetch(&self) {
        fetch(self.events.first.as_ptr());
        fetch(self.text.first.as_ptr());
    }

    /// Writes an event that has these texts, which `event` makes of their lengths. False where there is no room for that, or somebody is to look
    /// closer: then nothing is written.
    ///
    /// Calls nothing, so that who has to do nothing else but this keeps all that it needs in registers.
    #[inline(always)]
    pub(crate) fn write<const TEXTS: usize>(
        &mut self,
        texts: [&str; TEXTS],
        event: impl FnOnce([Length; TEXTS]) -> Event,
    ) -> bool {
        // Two texts are never so long together.
        let bytes = texts.iter().fold(0, |bytes: usize, text| match TEXTS {
            0..=2 => bytes.wrapping_add(text.len()),
            _ => bytes.saturating_add(text.len()),
        });
        if self.events.next == self.events.limit || bytes > self.text.left() {
            return false;
        }
        let event = event(texts.map(|text| Length(text.len() as u32)));
        // SAFETY: there is room for one event, and for all these texts.
        unsafe {
            let mut to = self.text.next;
            for text in texts {
                write_text(text, to.as_ptr());
                to = to.add(text.len());
            }
            self.text.next = to;
            self.events.next.write(event);
            self.events.next = self.events.next.add(1);
        }
        true
    }

    /// Makes room for some [`EVENTS`], with so many bytes of text together.
    pub(crate) fn grow(&mut self, bytes: usize) {
        self.allow();
        if self.events.left() < EVENTS {
            self.events_capacity = self.events.grow(EVENTS, self.events_capacity);
        }
        if bytes > self.text.left() {
            self.text.limit = self.text.end(self.text_capacity);
            if bytes > self.text.left() {
                self.text_capacity = self.text.grow(bytes, self.text_capacity);
            }
            // Much is held when this is written, perhaps: that is to be looked at before there are others.
            self.text.allow(bytes, self.text_capacity);
            self.events.allow(EVENTS, self.events_capacity);
        }
    }

    /// Nobody is to look closer before the memory ends, or before the next [step](TEXT_STEP) of text does.
    #[inline(always)]
    fn allow(&mut self) {
        self.events.limit = self.events.end(self.events_capacity);
        self.text.allow(TEXT_STEP, self.text_capacity);
    }

    #[inline]
    pub(crate) fn events(&self) -> &[Event] {
        self.events.written()
    }

    /// The text of all events.
    #[inline]
    pub(crate) fn text(&self) -> &str {
        // SAFETY: all that is written is UTF-8, see above.
        unsafe { str::from_utf8_unchecked(self.text.written()) }
    }

    /// The memory that is written.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.events.written_bytes() + self.text.written_bytes()
    }

    /// The memory for events, and for text, written or not.
    pub(crate) fn room(&self) -> (usize, usize) {
        (
            self.events_capacity as usize * size_of::<Event>(),
            self.text_capacity as usize,
        )
    }
}

impl<T: Copy> Room<T> {
    /// Memory for so many, or for more, which is told.
    fn new(capacity: usize) -> (Self, u32) {
        let mut memory = ManuallyDrop::new(Vec::<T>::with_capacity(capacity));
        // SAFETY: a vector's pointer is never null.
        let first = unsafe { NonNull::new_unchecked(memory.as_mut_ptr()) };
        let room = Self {
            next: first,
            limit: first,
            first,
        };
        (room, memory.capacity() as u32)
    }

    #[inline(always)]
    fn end(&self, capacity: u32) -> NonNull<T> {
        // SAFETY: so much memory is there.
        unsafe { self.first.add(capacity as usize) }
    }

    /// So many of what fits in may be written before somebody looks.
    #[inline(always)]
    fn allow(&mut self, most: usize, capacity: u32) {
        let left = self.end(capacity).addr().get() - self.next.addr().get();
        // SAFETY: it is not more than there is.
        self.limit = unsafe { self.next.add((left / size_of::<T>()).min(most)) };
    }

    /// How many may be written.
    #[inline(always)]
    fn left(&self) -> usize {
        (self.limit.addr().get() - self.next.addr().get()) / size_of::<T>()
    }

    #[inline(always)]
    fn written_bytes(&self) -> usize {
        self.next.addr().get() - self.first.addr().get()
    }

    #[inline]
    fn written(&self) -> &[T] {
        // SAFETY: all this is written, and nobody writes while it is borrowed.
        unsafe { slice::from_raw_parts(self.first.as_ptr(), self.written_bytes() / size_of::<T>()) }
    }

    /// Makes room for so many more, and for as many as there are; the new capacity.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, more: usize, capacity: u32) -> u32 {
        let wanted = (2 * capacity as usize).max(self.written().len() + more);
        if wanted > MOST {
            return capacity;
        }
        let (mut larger, larger_capacity) = Self::new(wanted);
        larger.limit = larger.end(larger_capacity);
        // SAFETY: there is room for all that is here, and what was here is not used after that.
        unsafe {
            larger.write(self.written());
            self.free(capacity);
        }
        *self = larger;
        larger_capacity
    }

    /// Gives the memory back.
    ///
    /// # Safety
    ///
    /// There is so much, and it is not used any more.
    unsafe fn free(&mut self, capacity: u32) {
        // SAFETY: the memory came from a vector with this capacity. What is in it has nothing to be dropped.
        drop(unsafe { Vec::from_raw_parts(self.first.as_ptr(), 0, capacity as usize) });
    }

    /// # Safety
    ///
    /// So many are [left](Self::left).
    unsafe fn write(&mut self, more: &[T]) {
        // SAFETY: there is room, by the caller's word; what is borrowed is not in this memory, which is borrowed for writing.
        unsafe {
            ptr::copy_nonoverlapping(more.as_ptr(), self.next.as_ptr(), more.len());
            self.next = self.next.add(more.len());
        }
    }
}

/// Writes text there, and calls nothing for it.
///
/// # Safety
///
/// So much can be written there, and nobody else reads or writes it.
#[inline(always)]
unsafe fn write_text(text: &str, to: *mut u8) {
    let (from, length) = (text.as_ptr(), text.len());
    // SAFETY: all is read and written within `length` bytes, for which there is room, by the caller's word. What is copied twice where two
    // pieces meet is the same.
    unsafe {
        let ends = |bytes| (from.add(length - bytes), to.add(length - bytes));
        if length > 32 {
            let mut at = 0;
            // Two steps a turn, for a loop with one would become a call of `memcpy`.
            while at + 32 < length {
                copy::<16>(from.add(at), to.add(at));
                copy::<16>(from.add(at + 16), to.add(at + 16));
                at += 32;
            }
            let (from, to) = ends(32);
            copy::<16>(from, to);
            copy::<16>(from.add(16), to.add(16));
        } else if length > 16 {
            copy::<16>(from, to);
            let (from, to) = ends(16);
            copy::<16>(from, to);
        } else if length >= 8 {
            copy::<8>(from, to);
            let (from, to) = ends(8);
            copy::<8>(from, to);
        } else if length >= 4 {
            copy::<4>(from, to);
            let (from, to) = ends(4);
            copy::<4>(from, to);
        } else if length > 0 {
            for place in [0, length / 2, length - 1] {
                copy::<1>(from.add(place), to.add(place));
            }
        }
    }
}

/// Copies so many bytes at once.
///
/// # Safety
///
/// So many can be read, and written elsewhere.
#[inline(always)]
unsafe fn copy<const BYTES: usize>(from: *const u8, to: *mut u8) {
    // SAFETY: by the caller's word.
    unsafe {
        to.cast::<[u8; BYTES]>()
            .write(from.cast::<[u8; BYTES]>().read());
    };
}

impl Drop for Sheet {
    fn drop(&mut self) {
        // SAFETY: so much memory they have, and nobody has a sheet that is dropped.
        unsafe {
            self.events.free(self.events_capacity);
            self.text.free(self.text_capacity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SegmentId;
    use crate::record::event::{Field, Texts, What, Words};

    fn write(sheet: &mut Sheet, text: &str) -> bool {
        sheet.write([text], |[length]| Event {
            node: SegmentId::from_u64(1),
            what: What::Text(Field::User, Words::Kept(length)),
        })
    }

    fn put(sheet: &mut Sheet, text: &str) {
        if !write(sheet, text) {
            sheet.grow(text.len());
            assert!(write(sheet, text), "room was made");
        }
    }

    fn texts(sheet: &Sheet) -> Vec<&str> {
        let mut texts = Texts(sheet.text());
        let lengths = sheet.events().iter().map(|event| event.what.text_bytes());
        lengths
            .map(|bytes| texts.next(Length(bytes as u32)))
            .collect()
    }

    #[test]
    fn texts_of_any_length_are_kept_as_they_are() {
        let mut sheet = Sheet::new(1, 1);
        let text = "ä€😀-0123456789".repeat(20);
        let cut = |length| {
            &text[..(0..=length)
                .rfind(|end| text.is_char_boundary(*end))
                .unwrap_or(0)]
        };
        for _ in 0..2 {
            (0..200).for_each(|length| put(&mut sheet, cut(length)));
            assert_eq!(texts(&sheet), (0..200).map(cut).collect::<Vec<_>>());
            sheet.clear();
            assert!(sheet.events().is_empty() && sheet.text().is_empty());
        }
    }

    #[test]
    fn somebody_looks_closer_after_much_text() {
        let mut sheet = Sheet::new(100, 64);
        assert!(write(&mut sheet, &"a".repeat(64)), "there was room");
        assert!(!write(&mut sheet, "b"));
        sheet.grow(TEXT_STEP + 1);
        assert!(write(&mut sheet, &"c".repeat(TEXT_STEP + 1)));
        assert!(!write(&mut sheet, "d"), "much is held");
        assert_eq!(sheet.events().len(), 2);
    }

    #[test]
    fn a_sheet_without_room_grows() {
        let mut sheet = Sheet::new(0, 0);
        assert!(!write(&mut sheet, ""));
        put(&mut sheet, "text");
        assert_eq!(texts(&sheet), ["text"]);
        assert_eq!(sheet.bytes(), size_of::<Event>() + 4);
    }
}
