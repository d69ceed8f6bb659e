use std::iter::FusedIterator;

use super::packet::HEADER;

/// Documents that are emitted together, one after the other in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Each document behind the header line of its datagram, so that a datagram need not be put together again to be sent.
    text: Vec<u8>,
    /// Where each document ends. The next header begins there.
    ends: Vec<usize>,
}

impl Batch {
    /// Adds a document.
    pub fn push(&mut self, document: &[u8]) {
        self.text.extend_from_slice(HEADER);
        self.text.extend_from_slice(document);
        self.ends.push(self.text.len());
    }

    /// Removes all documents. The memory is kept for the next ones.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// The number of documents.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The size of all documents together.
    pub fn bytes(&self) -> usize {
        self.text.len() - self.ends.len() * HEADER.len()
    }

    /// The documents, in the order in which they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + FusedIterator {
        self.datagrams().map(|datagram| &datagram[HEADER.len()..])
    }

    /// The documents, each behind the header line that the daemon wants.
    pub(super) fn datagrams(&self) -> impl ExactSizeIterator<Item = &[u8]> + FusedIterator {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let datagram = &self.text[start..*end];
            start = *end;
            datagram
        })
    }
}

impl<'a> FromIterator<&'a [u8]> for Batch {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(documents: I) -> Self {
        let mut batch = Self::default();
        for document in documents {
            batch.push(document);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_out_as_they_went_in() {
        let documents: [&[u8]; 4] = [b"one", b"", b"three", b"4"];
        let mut batch: Batch = documents.into_iter().collect();
        assert!(batch.iter().eq(documents));
        assert_eq!(
            (batch.len(), batch.bytes(), batch.is_empty()),
            (4, 9, false)
        );
        batch.clear();
        assert_eq!((batch.len(), batch.bytes(), batch.is_empty()), (0, 0, true));
        batch.push(b"again");
        assert!(batch.iter().eq([b"again"]));
        assert!(batch.datagrams().eq([[HEADER, b"again"].concat()]));
    }
}
