//! What became of the documents of one service.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::Source;
use crate::validate::{FindingCode, RejectionCode, Severity, Whose};

/// How many services are told apart on each way. All others share an account.
pub(super) const SERVICES: usize = 200;

/// A name is told up to this many characters; X-Ray takes no longer ones.
const NAME: usize = 200;

/// Whose an account is.
#[derive(Debug)]
pub(super) enum Holder<'a> {
    Service(Cow<'a, str>),
    Parts,
    Unknown,
    Others,
}

/// The accounts of those who came on one way.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    services: BTreeMap<String, Account>,
    parts: Account,
    unknown: Account,
    others: Account,
}

/// What became of the documents of one holder.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) came: u64,
    /// When the last came, in seconds since 1970.
    pub(super) last: f64,
    pub(super) unwritten: u64,
    refused: BTreeMap<FindingCode, u64>,
    pub(super) inspected: u64,
    /// The documents in which each was found.
    findings: BTreeMap<FindingCode, u64>,
}

/// An account as it is told.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    /// None where the documents tell of no service, or of too many; then `of` says what they are.
    service: Option<String>,
    of: &'static str,
    source: Source,
    /// When the last document came, in seconds since 1970.
    last: f64,
    taken: u64,
    unwritten: u64,
    refused: Vec<Tally>,
    /// How many documents were inspected for what X-Ray would drop or cut: all, unless they come fast.
    inspected: u64,
    findings: Vec<Tally>,
}

/// A finding, and in how many documents it was.
#[derive(Debug, PartialEq, Serialize)]
struct Tally {
    code: FindingCode,
    severity: Severity,
    documents: u64,
    cure: &'static str,
}

impl Accounts {
    pub(super) fn holder<'a>(&self, whose: Whose<'a>) -> Holder<'a> {
        let name = match whose {
            Whose::Service(name) if name.len() <= NAME => name,
            Whose::Service(name) => name.chars().take(NAME).collect(),
            Whose::Part => return Holder::Parts,
            Whose::Unknown => return Holder::Unknown,
        };
        let has_room = self.services.len() < SERVICES;
        match has_room || self.services.contains_key(name.as_ref()) {
            true => Holder::Service(name),
            false => Holder::Others,
        }
    }

    pub(super) fn held_by(&mut self, holder: &Holder<'_>) -> &mut Account {
        match holder {
            // Most have one by now, and need no name of their own.
            Holder::Service(name) if self.services.contains_key(name.as_ref()) => {
                self.services.get_mut(name.as_ref()).expect("it has one")
            }
            Holder::Service(name) => self.services.entry(name.clone().into_owned()).or_default(),
            Holder::Parts => &mut self.parts,
            Holder::Unknown => &mut self.unknown,
            Holder::Others => &mut self.others,
        }
    }

    pub(super) fn told(&self, source: Source) -> impl Iterator<Item = Told> {
        let services = self.services.iter();
        let services = services.map(|(name, account)| (Some(name.clone()), "service", account));
        let rest = [
            ("subsegments sent by themselves", &self.parts),
            ("documents that name no service", &self.unknown),
            ("other services", &self.others),
        ];
        let rest = rest.map(|(of, account)| (None, of, account));
        let all = services.chain(rest.into_iter().filter(|(_, _, account)| account.came > 0));
        all.map(move |(service, of, account)| Told::new(service, of, source, account))
    }
}

impl Account {
    pub(super) fn refuse(&mut self, code: RejectionCode) {
        let code = FindingCode::Refused(code);
        *self.refused.entry(code).or_default() += 1;
    }

    /// Something was found in one document, once or more often.
    pub(super) fn find(&mut self, code: FindingCode) {
        *self.findings.entry(code).or_default() += 1;
    }
}

impl Told {
    fn new(service: Option<String>, of: &'static str, source: Source, account: &Account) -> Self {
        let refused: u64 = account.refused.values().sum();
        Self {
            service,
            of,
            source,
            last: account.last,
            taken: account.came - refused - account.unwritten,
            unwritten: account.unwritten,
            refused: Tally::all(&account.refused),
            inspected: account.inspected,
            findings: Tally::all(&account.findings),
        }
    }
}

impl Tally {
    /// The most frequent first.
    fn all(counts: &BTreeMap<FindingCode, u64>) -> Vec<Self> {
        let tallies = counts.iter().map(|(code, documents)| Self {
            code: *code,
            severity: code.severity(),
            documents: *documents,
            cure: code.cure(),
        });
        let mut tallies: Vec<_> = tallies.collect();
        tallies.sort_by_key(|tally| Reverse(tally.documents));
        tallies
    }
}
