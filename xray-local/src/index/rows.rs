//! The works of some traces of a block, for those who count them.

use std::collections::BTreeMap;
use std::iter;
use std::sync::OnceLock;

use super::bits::Bits;
use super::block::Block;
use super::micros::NONE;
use super::profile::Profile;
use crate::entry::{Entry, Moment, Side, micros};

use crate::filter::expression::Failure;
use crate::graph::{Flow, Sketch, Tally};
use crate::query::RootCause;

/// Someone who counts traces: most by their rows, and the few that are too large for these one by one.
pub(crate) trait Gather {
    fn rows(&mut self, rows: &Rows<'_>);
    fn entry(&mut self, entry: &Entry);
}

/// Some traces of a block.
pub(crate) struct Rows<'a> {
    block: &'a Block,
    traces: Bits,
    /// What is counted of all of them, where these are all of the block's traces.
    whole: Option<&'a OnceLock<Tallies>>,
}

/// One service's work.
pub(crate) struct Row {
    number: usize,
    /// The number of its profile: rows of one have the same service, caller and outcomes.
    pub(crate) profile: usize,
    pub(crate) request: Moment,
    pub(crate) call: Moment,
}

/// The tallies of some rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies {
    /// As the service saw them and as its caller did, by profile.
    by_profile: Vec<(Tally, Tally)>,
    /// By the numbers of the service that something came from, and of the one that took it up.
    links: BTreeMap<(u16, u16), Tally>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        block: &'a Block,
        traces: Bits,
        whole: Option<&'a OnceLock<Tallies>>,
    ) -> Self {
        Self {
            block,
            traces,
            whole,
        }
    }

    /// Those of the traces for which this holds.
    pub(crate) fn of(&self, traces: impl IntoIterator<Item = usize>) -> Rows<'a> {
        let mut some = Bits::none(self.block.traces());
        traces.into_iter().for_each(|trace| some.set(trace));
        Rows::new(self.block, some, None)
    }

    /// What the rows of each profile have in common.
    pub(crate) fn flows(&self) -> impl Iterator<Item = Flow<'a>> {
        let block = self.block;
        block.profiles.iter().map(|profile| flow(block, profile))
    }

    /// All rows, trace by trace.
    pub(crate) fn all(&self) -> impl Iterator<Item = Row> {
        let mut calls = Calls::from(self.block, 0);
        let numbers = self.traces.numbers();
        numbers.flat_map(move |trace| self.numbered(trace, &mut calls))
    }

    /// The rows of one trace.
    pub(crate) fn of_trace(&self, trace: usize) -> impl Iterator<Item = Row> {
        let first = self.block.rows_of(trace).start;
        let rows = self.numbered(trace, &mut Calls::from(self.block, first));
        rows.into_iter()
    }

    /// The traces that failed, by their numbers here, each with the root causes of its faults.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (usize, Vec<&'a RootCause>)> {
        let all = self.block.causes.of(Failure::Fault);
        let mut all = all.filter(|(trace, _)| self.traces.has(*trace)).peekable();
        iter::from_fn(move || {
            let (trace, first) = all.next()?;
            let more = iter::from_fn(|| all.next_if(|(other, _)| *other == trace));
            let causes = iter::once(first).chain(more.map(|(_, cause)| cause));
            Some((trace, causes.collect()))
        })
    }

    fn numbered(&self, trace: usize, calls: &mut Calls<'_>) -> Vec<Row> {
        let block = self.block;
        let start = micros(block.starts[trace]);
        let rows = block.rows_of(trace).map(|row| {
            let profile = usize::from(block.profile_of[row]);
            let moment = |side, offset: i32, time: u32| Moment {
                start: start + i64::from(offset),
                duration: (time != NONE).then_some(u64::from(time)),
                outcome: block.profiles[profile].outcome(side),
            };
            let (offset, time) = (block.offsets[row], block.times[row]);
            let (call_offset, call_time) = calls.find(row).unwrap_or((offset, time));
            Row {
                number: row,
                profile,
                request: moment(Side::Service, offset, time),
                call: moment(Side::Call, call_offset, call_time),
            }
        });
        rows.collect()
    }

    fn tallies(&self) -> Tallies {
        let mut tallies = Tallies::default();
        let profiles = self.block.profiles.len();
        tallies.by_profile.resize_with(profiles, Default::default);
        for row in self.all() {
            let (own, call) = &mut tallies.by_profile[row.profile];
            own.count(row.request);
            call.count(row.call);
            for (source, age) in sources(self.block, row.number) {
                let service = self.block.profiles[row.profile].service;
                let link = tallies.links.entry((source, service)).or_default();
                link.count_aged(row.request, age);
            }
        }
        tallies
    }

    /// Counts all of the block's traces, so that it is known when it is asked for.
    pub(super) fn count(&self) {
        if let Some(whole) = self.whole {
            whole.get_or_init(|| self.tallies());
        }
    }
}

/// The rows of which the callers recorded something else, one behind the other.
struct Calls<'a> {
    block: &'a Block,
    next: usize,
}

impl<'a> Calls<'a> {
    fn from(block: &'a Block, row: usize) -> Self {
        let before = |call: &u16| usize::from(*call) < row;
        Self {
            block,
            next: block.call_rows.partition_point(before),
        }
    }

    /// What the caller of a row saw. Rows have to be asked for in their order.
    fn find(&mut self, row: usize) -> Option<(i32, u32)> {
        let rows = &self.block.call_rows;
        while rows
            .get(self.next)
            .is_some_and(|call| usize::from(*call) < row)
        {
            self.next += 1;
        }
        let is_here = rows
            .get(self.next)
            .is_some_and(|call| usize::from(*call) == row);
        is_here.then(|| {
            let Block {
                call_offsets,
                call_times,
                ..
            } = self.block;
            (call_offsets[self.next], call_times[self.next])
        })
    }
}

/// Where a row goes on from: numbers of services, with the ages.
fn sources(block: &Block, row: usize) -> impl Iterator<Item = (u16, u64)> {
    let first = block
        .sources
        .partition_point(|source| usize::from(source.row) < row);
    let here = block.sources[first..].iter();
    here.take_while(move |source| usize::from(source.row) == row)
        .map(|source| (source.service, source.age))
}

fn flow<'a>(block: &'a Block, profile: &Profile) -> Flow<'a> {
    let service = |number: u16| &block.services[usize::from(number)];
    Flow {
        service: service(profile.service),
        caller: profile.caller.map(service),
        is_inferred: profile.is_inferred,
        is_linked: profile.is_linked,
    }
}

impl Gather for Sketch {
    fn rows(&mut self, rows: &Rows<'_>) {
        let counted;
        let tallies = match rows.whole {
            Some(whole) => whole.get_or_init(|| rows.tallies()),
            None => {
                counted = rows.tallies();
                &counted
            }
        };
        for (flow, (own, call)) in rows.flows().zip(&tallies.by_profile) {
            self.put(flow, own, call);
        }
        let service = |number: u16| &rows.block.services[usize::from(number)];
        for ((source, taker), tally) in &tallies.links {
            self.link(service(*source), service(*taker), tally);
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.add(entry);
    }
}
