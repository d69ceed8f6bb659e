use std::borrow::Cow;

/// The text that is left of a statement. It stays a part of the statement for as long as it is one.
pub(super) struct Output<'a> {
    source: &'a str,
    /// How much of the source is left as it is, while nothing was copied.
    same: usize,
    copy: Option<String>,
}

impl<'a> Output<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            same: 0,
            copy: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.copy.as_ref().map_or(self.same, String::len)
    }

    /// Adds the part of the source from `start` to `end`, with a blank before it if there was a gap.
    #[inline]
    pub(super) fn keep(&mut self, start: usize, end: usize, gap: bool) {
        if self.copy.is_none() {
            let blank = usize::from(gap);
            let is_next = self.same + blank == start;
            if is_next && (!gap || self.source.as_bytes()[self.same] == b' ') {
                self.same = end;
                return;
            }
        }
        self.put(&self.source[start..end], gap);
    }

    /// Adds other text.
    #[inline]
    pub(super) fn put(&mut self, text: &str, gap: bool) {
        let copy = self.copy.get_or_insert_with(|| {
            let mut copy = String::with_capacity(self.source.len().min(super::LONGEST) + 8);
            copy.push_str(&self.source[..self.same]);
            copy
        });
        if gap && !copy.is_empty() {
            copy.push(' ');
        }
        copy.push_str(text);
    }

    /// Takes back all beyond `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        match &mut self.copy {
            Some(copy) => copy.truncate(length),
            None => {
                self.copy = Some(self.source[..length.min(self.same)].to_owned());
            }
        }
    }

    pub(super) fn text(&self) -> &str {
        self.copy.as_deref().unwrap_or(&self.source[..self.same])
    }

    pub(super) fn finish(self) -> Cow<'a, str> {
        match self.copy {
            Some(copy) => Cow::Owned(copy),
            None => Cow::Borrowed(&self.source[..self.same]),
        }
    }
}
