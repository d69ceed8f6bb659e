//! What became of documents, by service and by the way on which they came: taken, refused and why, and what X-Ray would drop or cut of
//! them. Pure.

mod account;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;

use crate::validate::{Finding, FindingCode, Rejection, Whose};
pub(crate) use account::Told;
use account::{Accounts, Holder};

/// How many of the latest rejections are kept.
const REJECTIONS: usize = 100;

/// So many documents of each account are inspected, however many others there are.
const FIRST: u64 = 20;

/// The bytes that are inspected in a second beyond that, and how many may be saved up. Inspecting a document takes several times as long
/// as storing it, and whoever sent it waits.
const BYTES_A_SECOND: f64 = 100_000.0;
const MOST_BYTES: f64 = 300_000.0;

/// The way on which documents came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// As datagrams.
    Udp,
    /// By PutTraceSegments.
    Api,
    /// From the program that the store runs in.
    Program,
}

/// The accounts of all.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    ways: BTreeMap<Source, Accounts>,
    latest: VecDeque<Refused>,
    /// How many bytes may be inspected, as of a time.
    allowance: f64,
    as_of: Option<f64>,
}

/// A document that was refused.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Refused {
    /// In seconds since 1970.
    time: f64,
    source: Source,
    service: Option<String>,
    id: Option<String>,
    code: &'static str,
    message: String,
    cure: &'static str,
    #[serde(skip)]
    pub(crate) rejection: Rejection,
}

/// A document that came.
#[derive(Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) whose: Whose<'a>,
    pub(crate) text: &'a str,
    /// Whether bytes in it that were no UTF-8 were replaced.
    pub(crate) is_mended: bool,
    pub(crate) fate: Fate,
}

/// What became of a document.
#[derive(Debug)]
pub(crate) enum Fate {
    Stored,
    /// The disk had no room for it, or failed.
    Unwritten,
    Refused(Rejection),
}

/// The account of a document that is to be inspected.
#[derive(Debug)]
pub(crate) struct Page<'a>(Holder<'a>, Source);

impl Ledger {
    /// Enters a document. Returns the page on which to enter what is found in it, where it is to be inspected.
    pub(crate) fn enter<'a>(
        &mut self,
        arrival: Arrival<'a>,
        source: Source,
        now: f64,
    ) -> Option<Page<'a>> {
        let is_affordable = self.allow(arrival.text.len(), now);
        let accounts = self.ways.entry(source).or_default();
        let holder = accounts.holder(arrival.whose);
        let account = accounts.held_by(&holder);
        account.came += 1;
        account.last = now;
        if arrival.is_mended {
            account.find(FindingCode::NotUtf8);
        }
        match arrival.fate {
            Fate::Stored if is_affordable || account.inspected < FIRST => {
                account.inspected += 1;
                self.allowance = (self.allowance - arrival.text.len() as f64).max(0.0);
                return Some(Page(holder, source));
            }
            Fate::Stored => {}
            Fate::Unwritten => account.unwritten += 1,
            Fate::Refused(rejection) => {
                account.refuse(rejection.code());
                if self.latest.len() == REJECTIONS {
                    self.latest.pop_front();
                }
                let refused = Refused::new(rejection, holder, source, now);
                self.latest.push_back(refused);
            }
        }
        None
    }

    /// Enters what was found in a document.
    pub(crate) fn find(&mut self, Page(holder, source): Page<'_>, findings: &[Finding]) {
        let account = self.ways.entry(source).or_default().held_by(&holder);
        let codes: BTreeSet<_> = findings.iter().map(|finding| finding.code).collect();
        codes.into_iter().for_each(|code| account.find(code));
    }

    /// The latest that were refused, the oldest first.
    pub(crate) fn refused(&self) -> impl DoubleEndedIterator<Item = &Refused> {
        self.latest.iter()
    }

    /// All accounts, by service.
    pub(crate) fn told(&self) -> Vec<Told> {
        let ways = self.ways.iter();
        ways.flat_map(|(source, accounts)| accounts.told(*source))
            .collect()
    }

    /// Whether so many bytes may be inspected.
    fn allow(&mut self, bytes: usize, now: f64) -> bool {
        let earned = match self.as_of {
            Some(then) => (now - then).max(0.0) * BYTES_A_SECOND,
            None => MOST_BYTES,
        };
        self.as_of = Some(now);
        self.allowance = (self.allowance + earned).min(MOST_BYTES);
        self.allowance >= bytes as f64
    }
}

impl Refused {
    fn new(rejection: Rejection, holder: Holder<'_>, source: Source, time: f64) -> Self {
        let service = match holder {
            Holder::Service(name) => Some(name.into_owned()),
            _ => None,
        };
        Self {
            time,
            source,
            service,
            id: rejection.id().map(str::to_owned),
            code: rejection.code().as_str(),
            message: rejection.to_string(),
            cure: rejection.code().cure(),
            rejection,
        }
    }
}

#[cfg(test)]
mod tests;
