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
/// - `first` is the beginning of memory for `capacity` of them, which is this sheet's alone
/// - from `first` to `next` all is written, and the text is UTF-8
/// - `next <= limit <= first + capacity`, all in that memory
pub(crate) struct Sheet {
    events: Room<Event>,
    text: Room<u8>,
}

/// Memory that is written from its beginning on.
struct Room<T> {
    next: NonNull<T>,
    limit: NonNull<T>,
    first: NonNull<T>,
    capacity: usize,
}

/// A place for one event. What is kept meanwhile is its text.
pub(crate) struct Place<'a> {
    // `events.next` is before the end of the memory: nobody but this can write there meanwhile.
    sheet: &'a mut Sheet,
}

/// At most so much more text is kept before somebody looks closer.
const TEXT_STEP: usize = 16 * 1024;

// SAFETY: a sheet has its memory for itself, as a vector has, and events and bytes may be sent and shared.
unsafe impl Send for Sheet {}
// SAFETY: as above; what is shared can only be read.
unsafe impl Sync for Sheet {}

impl Sheet {
    /// An empty one with room for so many events, and for so many bytes of text.
    pub(crate) fn new(events: usize, text: usize) -> Self {
        let mut sheet = Self {
            events: Room::new(events),
            text: Room::new(text),
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

    /// Whether there is a place for an event, and nobody is to look closer.
    #[inline(always)]
    pub(crate) fn has_place(&self) -> bool {
        self.events.next != self.events.limit
    }

    /// A place for an event, if there [is](Self::has_place) one.
    #[inline(always)]
    pub(crate) fn place(&mut self) -> Option<Place<'_>> {
        self.has_place().then_some(Place { sheet: self })
    }

    /// Makes room for another event, if there is none.
    pub(crate) fn grow(&mut self) {
        self.allow();
        if !self.has_place() {
            self.events.grow(1);
        }
    }

    /// Nobody is to look closer before the memory ends, or before the next [step](TEXT_STEP) of text does.
    #[inline(always)]
    fn allow(&mut self) {
        self.events.limit = self.events.end();
        self.text.allow(TEXT_STEP);
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
            self.events.capacity * size_of::<Event>(),
            self.text.capacity,
        )
    }
}

impl Place<'_> {
    /// Keeps text, or as much of it as is useful: `most` bytes.
    #[inline(always)]
    pub(crate) fn keep(&mut self, text: &str, most: usize) -> Length {
        let room = &mut self.sheet.text;
        if text.len() > room.left() {
            return self.keep_otherwise(text, most);
        }
        // SAFETY: so much is left.
        unsafe { room.write_text(text) };
        Length(text.len() as u32)
    }

    #[cold]
    #[inline(never)]
    fn keep_otherwise(&mut self, text: &str, most: usize) -> Length {
        let mut end = text.len().min(most);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let sheet = &mut *self.sheet;
        sheet.text.append(&text.as_bytes()[..end]);
        sheet.text.allow(TEXT_STEP);
        // Much is held by now, perhaps: this is to be looked at before there is another event.
        // SAFETY: this place is there, so the next one begins before the end.
        sheet.events.limit = unsafe { sheet.events.next.add(1) };
        Length(end as u32)
    }

    /// Writes the event.
    #[inline(always)]
    pub(crate) fn put(self, event: Event) {
        let events = &mut self.sheet.events;
        // SAFETY: the place is there.
        unsafe {
            events.next.write(event);
            events.next = events.next.add(1);
        }
    }
}

impl<T: Copy> Room<T> {
    fn new(capacity: usize) -> Self {
        let mut memory = ManuallyDrop::new(Vec::<T>::with_capacity(capacity));
        // SAFETY: a vector's pointer is never null.
        let first = unsafe { NonNull::new_unchecked(memory.as_mut_ptr()) };
        Self {
            next: first,
            limit: first,
            first,
            capacity: memory.capacity(),
        }
    }

    #[inline(always)]
    fn end(&self) -> NonNull<T> {
        // SAFETY: so much memory is there.
        unsafe { self.first.add(self.capacity) }
    }

    /// So many of what fits in may be written before somebody looks.
    #[inline(always)]
    fn allow(&mut self, most: usize) {
        let left = self.end().addr().get() - self.next.addr().get();
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

    /// Writes behind what is here, and makes room for it.
    fn append(&mut self, more: &[T]) {
        self.limit = self.end();
        if more.len() > self.left() {
            self.grow(more.len());
        }
        // SAFETY: there is room now.
        unsafe { self.write(more) };
    }

    /// Makes room for so many more, and for as many as there are.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, more: usize) {
        let capacity = (2 * self.capacity).max(self.written().len() + more);
        let mut larger = Self::new(capacity);
        larger.limit = larger.end();
        // SAFETY: there is room for all that is here.
        unsafe { larger.write(self.written()) };
        *self = larger;
    }

    /// # Safety
    ///
    /// So many are [left](Self::left).
    #[inline(always)]
    unsafe fn write(&mut self, more: &[T]) {
        // SAFETY: there is room, by the caller's word; what is borrowed is not in this memory, which is borrowed for writing.
        unsafe {
            ptr::copy_nonoverlapping(more.as_ptr(), self.next.as_ptr(), more.len());
            self.next = self.next.add(more.len());
        }
    }
}

impl Room<u8> {
    /// As [`write`](Self::write): hardly any text is so long that it is worth a call.
    ///
    /// # Safety
    ///
    /// So much is [left](Self::left).
    #[inline(always)]
    unsafe fn write_text(&mut self, text: &str) {
        let (from, to, length) = (text.as_ptr(), self.next.as_ptr(), text.len());
        // SAFETY: all is read and written within `length` bytes, for which there is room, by the caller's word. What is copied twice where
        // two pieces meet is the same.
        unsafe {
            match length {
                17..=64 => {
                    copy::<16>(from, to);
                    if length > 32 {
                        copy::<16>(from.add(16), to.add(16));
                        copy::<16>(from.add(length - 32), to.add(length - 32));
                    }
                    copy::<16>(from.add(length - 16), to.add(length - 16));
                }
                8..=16 => {
                    copy::<8>(from, to);
                    copy::<8>(from.add(length - 8), to.add(length - 8));
                }
                4..=7 => {
                    copy::<4>(from, to);
                    copy::<4>(from.add(length - 4), to.add(length - 4));
                }
                _ => ptr::copy_nonoverlapping(from, to, length),
            }
            self.next = self.next.add(length);
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

impl<T> Drop for Room<T> {
    fn drop(&mut self) {
        // SAFETY: the memory came from a vector with this capacity. What is in it has nothing to be dropped.
        drop(unsafe { Vec::from_raw_parts(self.first.as_ptr(), 0, self.capacity) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SegmentId;
    use crate::record::event::{Field, Texts, What, Words};

    fn put(sheet: &mut Sheet, text: &str) {
        if !sheet.has_place() {
            sheet.grow();
        }
        let mut place = sheet.place().expect("a place");
        let length = place.keep(text, usize::MAX);
        place.put(Event {
            node: SegmentId::from_u64(1),
            what: What::Text(Field::User, Words::Kept(length)),
        });
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
    fn text_that_is_longer_than_useful_is_cut_on_a_character() {
        let mut sheet = Sheet::new(1, 8);
        let mut place = sheet.place().expect("a place");
        assert_eq!(place.keep("0123456ä9", 8), Length(7));
        assert_eq!(sheet.text(), "0123456");
    }

    #[test]
    fn somebody_looks_closer_after_much_text() {
        let mut sheet = Sheet::new(100, 64);
        put(&mut sheet, &"a".repeat(64));
        assert!(sheet.has_place(), "there was room");
        put(&mut sheet, "b");
        assert!(!sheet.has_place(), "it grew");
        sheet.grow();
        put(&mut sheet, &"c".repeat(TEXT_STEP + 1));
        assert!(!sheet.has_place());
        assert_eq!(sheet.events().len(), 3);
    }

    #[test]
    fn a_sheet_without_room_grows() {
        let mut sheet = Sheet::new(0, 0);
        assert!(sheet.place().is_none());
        put(&mut sheet, "text");
        assert_eq!(texts(&sheet), ["text"]);
        assert_eq!(sheet.bytes(), size_of::<Event>() + 4);
    }
}
