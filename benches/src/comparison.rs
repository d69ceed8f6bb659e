use std::env;
use std::io;
use std::net::SocketAddr;
use std::process::Command;

use crate::contender::Entry;
use crate::table::Row;
use crate::turn::{Turn, median, quantile};

/// The turns of some contenders, in rounds: what disturbs the machine for a while disturbs all of them.
pub(crate) struct Comparison<'a> {
    contenders: Vec<(&'a Entry, Vec<Turn>)>,
}

impl<'a> Comparison<'a> {
    /// A comparison of these contenders, none of which had a turn. The first is the one that the others are measured by.
    pub(crate) fn of(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        Self {
            contenders: entries
                .into_iter()
                .map(|entry| (entry, Vec::new()))
                .collect(),
        }
    }

    /// Gives every contender a turn.
    ///
    /// # Errors
    ///
    /// When one cannot be run or does not record all that it was given.
    pub(crate) fn round(
        &mut self,
        mut take: impl FnMut(&Entry) -> Result<Turn, String>,
    ) -> Result<(), String> {
        for (entry, turns) in &mut self.contenders {
            turns.push(take(entry)?);
        }
        self.contenders.rotate_left(1);
        Ok(())
    }

    /// The figures so far, in the order of `names`.
    pub(crate) fn rows(&self, order: &[&Entry]) -> Vec<Row> {
        Vec::new()
    }
}
