use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Moment};
use crate::sampling::SamplingRequest;
use crate::sampling::central::count::{Counts, Tally};
use crate::sampling::central::rule::Rule;
use crate::sampling::central::wire::{SamplingRule, SamplingTargets, Unprocessed};

/// X-Ray's rules, in the order in which they are asked. Never changes: when something comes from X-Ray there is another one.
#[derive(Debug)]
pub(super) struct Manifest {
    rules: Vec<Rule>,
    expires: Moment,
}

/// What is to be reported of one rule.
pub(super) struct Due {
    pub(super) rule: Arc<str>,
    pub(super) tally: Tally,
    counts: Arc<Counts>,
}

/// How long rules hold after they were asked for, as in all official SDKs.
const LIFETIME: Duration = Duration::from_secs(3600);

impl Manifest {
    /// The rules of these definitions, asked for at `asked`; none when not one of them can be used. What is known of a rule of the
    /// same name before is kept.
    pub(super) fn new(
        definitions: Vec<SamplingRule>,
        before: Option<&Self>,
        asked: Moment,
    ) -> Option<Self> {
        let mut rules: Vec<Rule> = definitions.into_iter().filter_map(Rule::new).collect();
        rules.sort_by(|one, other| one.place().cmp(&other.place()));
        // Stable: of two of one name the first counts.
        let mut names = HashSet::new();
        rules.retain(|rule| names.insert(rule.name.clone()));
        for rule in &mut rules {
            if let Some(before) = before.and_then(|before| before.rule(&rule.name)) {
                rule.continue_from(before);
            }
        }
        (!rules.is_empty()).then(|| Self {
            rules,
            expires: asked.after(LIFETIME),
        })
    }

    pub(super) fn is_old(&self, now: Moment) -> bool {
        now > self.expires
    }

    /// The rule that decides on a request.
    pub(super) fn find(&self, request: &SamplingRequest<'_>) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.matches(request))
    }

    /// The rule of this name.
    pub(super) fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| &*rule.name == name)
    }

    /// What is to be reported now.
    pub(super) fn due(&self, now: Moment) -> Vec<Due> {
        let due = |rule: &Rule| {
            Some(Due {
                tally: rule.due(now)?,
                rule: rule.name.clone(),
                counts: rule.counts.clone(),
            })
        };
        self.rules.iter().filter_map(due).collect()
    }

    /// How many decisions X-Ray was not told of.
    pub(super) fn unreported(&self) -> u64 {
        let rules = self.rules.iter();
        rules.map(|rule| rule.counts.read().requests).sum()
    }

    /// The same rules after X-Ray has answered a report of `told`. What it took is not counted any more.
    pub(super) fn answered(
        &self,
        told: &[Due],
        answer: &SamplingTargets,
        now: Moment,
        clock: &Clock,
    ) -> Self {
        let mut rules = self.rules.clone();
        for due in told {
            let is_taken = !is_among(&answer.unprocessed_statistics, &due.rule);
            if is_taken {
                due.counts.take_decisions(&due.tally);
            }
            if !is_among(&answer.unprocessed_boost_statistics, &due.rule) {
                due.counts.take_ends(&due.tally);
            }
            if let Some(rule) = rules.iter_mut().find(|rule| rule.name == due.rule) {
                if is_taken {
                    rule.reported(now);
                }
            }
        }
        for target in &answer.sampling_target_documents {
            if let Some(rule) = rules.iter_mut().find(|rule| *rule.name == target.rule_name) {
                rule.aim(target, clock);
            }
        }
        Self {
            rules,
            expires: self.expires,
        }
    }
}

fn is_among(unprocessed: &[Unprocessed], rule: &str) -> bool {
    unprocessed
        .iter()
        .any(|unprocessed| unprocessed.rule_name.as_deref() == Some(rule))
}
