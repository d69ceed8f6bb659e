use std::time::Duration;

use crate::clock::{Clock, Moment};
use crate::sampling::central::transport::{Failure, Operation, Transport, call};
use crate::sampling::central::wire::{GetSamplingRules, SamplingRule, SamplingRules};

/// The pages of X-Ray's rules, while they are gathered. All that is asked for of one set of rules is bounded: an answer that goes on
/// and on is none of X-Ray's.
pub(super) struct Pages {
    definitions: Definitions,
    bytes: usize,
    /// What the pages so far named as the next one.
    tokens: Vec<String>,
    deadline: Moment,
}

/// What all pages tell.
#[derive(Default)]
pub(super) struct Definitions {
    pub(super) rules: Vec<SamplingRule>,
    /// What is wrong with rules that cannot be read.
    pub(super) unread: Vec<String>,
}

/// There are some 25 rules in an account (service quotas).
const PAGES: usize = 100;
const RULES: usize = 1_000;
/// A rule takes some 500 bytes.
const BYTES: usize = 4 * 1024 * 1024;
/// In which the last page has to be asked for.
const TIME: Duration = Duration::from_secs(30);

impl Pages {
    /// Asks for all pages, one after the other.
    pub(super) fn ask(
        transport: &mut impl Transport,
        clock: &Clock,
    ) -> Result<Definitions, Failure> {
        let mut pages = Self {
            definitions: Definitions::default(),
            bytes: 0,
            tokens: Vec::new(),
            deadline: clock.now().after(TIME),
        };
        for _ in 0..PAGES {
            let question = GetSamplingRules {
                next_token: pages.tokens.last().map(String::as_str),
            };
            let (page, bytes) = call(transport, Operation::Rules, &question)?;
            match pages.add(page, bytes)? {
                None => return Ok(pages.definitions),
                Some(next) => pages.tokens.push(next),
            }
            if clock.now() > pages.deadline {
                return Err(garbled(format!(
                    "its pages take more than {} seconds",
                    TIME.as_secs()
                )));
            }
        }
        Err(garbled(format!("it has over {PAGES} pages")))
    }

    /// Keeps a page, and tells which is the next, if one is.
    fn add(&mut self, page: SamplingRules, bytes: usize) -> Result<Option<String>, Failure> {
        self.bytes += bytes;
        if self.bytes > BYTES {
            return Err(garbled(format!("it has more than {BYTES} bytes")));
        }
        for entry in &page.sampling_rule_records {
            match SamplingRule::read(entry) {
                Ok(rule) => self.definitions.rules.push(rule),
                Err(wrong) => self.definitions.unread.push(wrong),
            }
            if self.definitions.rules.len() + self.definitions.unread.len() > RULES {
                return Err(garbled(format!("it has more than {RULES} rules")));
            }
        }
        let next = page.next_token.filter(|next| !next.is_empty());
        match next {
            Some(next) if self.tokens.contains(&next) => Err(garbled(
                "a page names itself or an earlier one as the next".to_owned(),
            )),
            next => Ok(next),
        }
    }
}

fn garbled(why: String) -> Failure {
    Failure::Garbled(why)
}
