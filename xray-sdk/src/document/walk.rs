use std::iter::FusedIterator;
use std::slice;

use super::Document;

/// A document and all that stand in it, each before those that stand in it.
///
/// Made by [`Document::walk`].
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    root: Option<&'a Document>,
    // One iterator for each level that is open; no recursion, so the depth of a document cannot exhaust the stack.
    open: Vec<slice::Iter<'a, Document>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(root: &'a Document) -> Self {
        Self {
            root: Some(root),
            open: Vec::new(),
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = &'a Document;

    fn next(&mut self) -> Option<&'a Document> {
        let document = match self.root.take() {
            Some(root) => root,
            None => loop {
                match self.open.last_mut()?.next() {
                    Some(document) => break document,
                    None => drop(self.open.pop()),
                }
            },
        };
        if !document.subsegments.is_empty() {
            self.open.push(document.subsegments.iter());
        }
        Some(document)
    }
}

impl FusedIterator for Walk<'_> {}
