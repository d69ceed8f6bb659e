use crate::contender::Entry;

/// Something that a reader wants to know, with all who have an answer.
#[derive(Debug)]
pub(crate) struct Question {
    /// The name for `--only`.
    pub(crate) name: &'static str,
    /// The question itself.
    pub(crate) text: &'static str,
    /// What the figures are for: one of these.
    pub(crate) unit: &'static str,
    /// So many operations are one burst.
    pub(crate) burst: usize,
    /// No round begins after so many seconds, unless a number of rounds was asked for.
    pub(crate) seconds: u64,
    /// The headings of what else is asked for.
    pub(crate) more: &'static [&'static str],
    /// What the ratio is to: the first entry.
    pub(crate) floor: &'static str,
    /// Whether the front page has the answers too.
    pub(crate) is_headline: bool,
    /// Who has answers. Those of one variant stand together in the table.
    pub(crate) entries: &'static [&'static [Entry]],
}

impl Question {
    /// All who have answers, in their order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'static Entry> {
        self.entries.iter().copied().flatten()
    }

    /// Those that `name` means, and the first before them; all where it is this question's name.
    pub(crate) fn chosen(&self, name: Option<&str>) -> Vec<&'static Entry> {
        let is_meant =
            |entry: &Entry| name.is_none_or(|name| name == self.name || entry.is_called(name));
        if !self.entries().any(is_meant) {
            return Vec::new();
        }
        let first = self.entries().take(1);
        first
            .chain(self.entries().skip(1).filter(|entry| is_meant(entry)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn entry(contender: &'static str, variant: &'static str) -> Entry {
        Entry::new(contender, variant, "", |_| {
            Err("not in this test".to_owned())
        })
    }

    const QUESTION: Question = Question {
        name: "request",
        text: "What?",
        unit: "request",
        burst: 1,
        seconds: 1,
        more: &[],
        floor: "floor",
        is_headline: false,
        entries: &[
            &[entry("floor", "sampled")],
            &[entry("a", "sampled"), entry("a", "async")],
        ],
    };

    fn names(name: Option<&str>) -> Vec<String> {
        QUESTION.chosen(name).into_iter().map(Entry::name).collect()
    }

    #[test]
    fn the_floor_comes_first_and_with_anybody() {
        assert_eq!(names(Some("async")), ["floor/sampled", "a/async"]);
        assert_eq!(names(Some("floor")), ["floor/sampled"]);
        assert_eq!(names(Some("a/sampled")), ["floor/sampled", "a/sampled"]);
        assert_eq!(names(None).len(), 3);
        assert_eq!(names(Some("request")).len(), 3);
        assert!(names(Some("nobody")).is_empty());
    }
}
