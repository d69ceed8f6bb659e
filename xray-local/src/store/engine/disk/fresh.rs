//! Traces that have come on since their rows were last written: what is known of them, and where their documents stand. After a crash
//! it is made anew from what was written of receipts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hashbrown::HashMap;
use xray_sdk::TraceId;

use super::receipt::{Placed, Receipt};
use crate::store::engine::TraceRow;

/// The traces without a row that is up to date, and the bounds of all.
pub(super) struct Fresh {
    traces: BTreeMap<u64, FreshTrace>,
    ordinals: HashMap<TraceId, u64>,
    /// How many of the traces have come on since a receipt, by the receipt's batch.
    since: BTreeMap<u64, usize>,
    /// The receipts that are written, by their batches, each with the bytes that it takes.
    receipts: VecDeque<(u64, usize)>,
    receipt_bytes: usize,
    /// The numbers of traces that were taken out, and not those of traces that have left.
    pub(super) removed: BTreeSet<u64>,
    /// The number of the oldest trace.
    pub(super) first: u64,
    /// The number of the next trace.
    pub(super) next: u64,
    pub(super) next_batch: u64,
}

/// One such trace.
#[derive(Clone, Debug)]
pub(super) struct FreshTrace {
    pub(super) row: TraceRow,
    /// All documents, in the order in which they came.
    pub(super) documents: Vec<Placed>,
    /// The batch of the receipt since which it has come on.
    since: u64,
}

/// Where the documents of traces stand by their rows: of those that come on after a while.
pub(super) type Before = HashMap<u64, Vec<Placed>>;

impl Fresh {
    pub(super) fn new(first: u64, next: u64, next_batch: u64) -> Self {
        Self {
            traces: BTreeMap::new(),
            ordinals: HashMap::new(),
            since: BTreeMap::new(),
            receipts: VecDeque::new(),
            receipt_bytes: 0,
            removed: BTreeSet::new(),
            first,
            next,
            next_batch,
        }
    }

    pub(super) fn get(&self, ordinal: u64) -> Option<&FreshTrace> {
        self.traces.get(&ordinal)
    }

    pub(super) fn find(&self, id: TraceId) -> Option<&FreshTrace> {
        self.get(*self.ordinals.get(&id)?)
    }

    /// From a number on, in the order of the numbers.
    pub(super) fn from(&self, ordinal: u64) -> impl Iterator<Item = &FreshTrace> {
        self.traces.range(ordinal..).map(|(_, trace)| trace)
    }

    /// The numbers of the traces of a receipt that are there and not here.
    pub(super) fn missing(&self, receipt: &Receipt) -> Vec<u64> {
        let ordinals = receipt.traces.iter().map(|row| row.ordinal);
        ordinals
            .filter(|ordinal| *ordinal < self.next && !self.traces.contains_key(ordinal))
            .collect()
    }

    /// Takes in what came, and is written down in so many bytes.
    pub(super) fn take_in(&mut self, receipt: Receipt, mut before: Before, bytes: usize) {
        self.receipts.push_back((receipt.batch, bytes));
        self.receipt_bytes += bytes;
        for row in receipt.traces {
            self.next = self.next.max(row.ordinal + 1);
            let known = self.traces.entry(row.ordinal).or_insert_with(|| {
                self.ordinals.insert(row.id, row.ordinal);
                *self.since.entry(receipt.batch).or_default() += 1;
                FreshTrace {
                    row,
                    documents: before.remove(&row.ordinal).unwrap_or_default(),
                    since: receipt.batch,
                }
            });
            known.row = row;
        }
        for (ordinal, placed) in receipt.documents {
            if let Some(trace) = self.traces.get_mut(&ordinal) {
                trace.documents.push(placed);
            }
        }
        for (ordinal, number) in receipt.replaced {
            if let Some(trace) = self.traces.get_mut(&ordinal) {
                let placed = trace
                    .documents
                    .binary_search_by_key(&number, Placed::number);
                placed.map(|at| trace.documents.remove(at)).ok();
            }
        }
    }

    /// The row of a trace is up to date.
    pub(super) fn remove(&mut self, ordinal: u64) {
        if let Some(trace) = self.traces.remove(&ordinal) {
            self.forget(&trace);
        }
    }

    /// A trace was taken out.
    pub(super) fn take_out(&mut self, ordinal: u64) {
        self.remove(ordinal);
        self.removed.insert(ordinal);
    }

    /// How many traces there are.
    pub(super) fn count(&self) -> usize {
        (self.next - self.first) as usize - self.removed.len()
    }

    /// The traces with lower numbers have left.
    pub(super) fn remove_before(&mut self, first: u64) {
        self.first = self.first.max(first);
        self.removed = self.removed.split_off(&first);
        let stay = self.traces.split_off(&first);
        for trace in std::mem::replace(&mut self.traces, stay).values() {
            self.forget(trace);
        }
    }

    fn forget(&mut self, trace: &FreshTrace) {
        self.ordinals.remove(&trace.row.id);
        if let Some(count) = self.since.get_mut(&trace.since) {
            *count -= 1;
            if *count == 0 {
                self.since.remove(&trace.since);
            }
        }
    }

    /// Forgets receipts that are not needed any more, if there are any: those before the batch that is returned.
    pub(super) fn forget_receipts(&mut self) -> Option<u64> {
        let needed = self.since.first_key_value().map(|(batch, _)| *batch);
        let before = self.receipts.len();
        while let Some((batch, bytes)) = self.receipts.front()
            && needed.is_none_or(|needed| *batch < needed)
        {
            self.receipt_bytes -= bytes;
            self.receipts.pop_front();
        }
        (self.receipts.len() < before).then(|| needed.unwrap_or(self.next_batch))
    }

    /// The bytes that receipts take.
    pub(super) fn receipt_bytes(&self) -> usize {
        self.receipt_bytes
    }

    /// Up to a number of the traces that keep the oldest receipts from being forgotten.
    pub(super) fn longest(&self, count: usize) -> Vec<FreshTrace> {
        let middle = self.receipts.get(self.receipts.len() / 2);
        let middle = middle.map_or(0, |(batch, _)| *batch);
        let long = self.traces.values().filter(|trace| trace.since <= middle);
        long.take(count).cloned().collect()
    }
}

impl Placed {
    fn number(&self) -> u32 {
        self.outline.number
    }
}
