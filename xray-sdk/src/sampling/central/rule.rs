use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Moment};
use crate::sampling::central::count::{Counts, Tally};
use crate::sampling::central::wire::{SamplingRule, SamplingTarget};
use crate::sampling::rate::Rate;
use crate::sampling::reservoir::Reservoir;
use crate::sampling::rule::Conditions;
use crate::sampling::{Decision, Pattern, Reason, SamplingRequest};

/// One of X-Ray's rules, as it is in force at one time.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: Arc<str>,
    priority: i64,
    conditions: Conditions,
    reservoir_size: u32,
    /// X-Ray may raise the rate when many requests fail, and has to be told how they end.
    is_boosted: bool,
    rate: Rate,
    target: Target,
    /// Shared with what the rule was before.
    pub(super) counts: Arc<Counts>,
}

/// What X-Ray told this process of a rule.
#[derive(Clone, Copy, Debug)]
struct Target {
    /// This process's part of the reservoir, and until when it holds.
    quota: Option<(u32, Moment)>,
    /// A rate for a short time.
    boost: Option<(Rate, Moment)>,
    /// How often X-Ray wants to hear of the rule.
    interval: Duration,
    reported: Option<Moment>,
}

/// The rule that always exists and takes what no other does.
const DEFAULT: &str = "Default";
/// How often X-Ray wants to hear of a rule, unless it said otherwise.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);
/// Reports may be so much early: they are asked for at times that are spread over as much.
pub(super) const EARLY: Duration = Duration::from_secs(1);

impl Rule {
    /// None for a rule in a form that is not known here.
    pub(super) fn new(definition: SamplingRule) -> Option<Self> {
        if definition.version != 1 || definition.rule_name.is_empty() {
            return None;
        }
        Some(Self {
            conditions: if definition.rule_name == DEFAULT {
                Conditions::default()
            } else {
                conditions(&definition)
            },
            name: definition.rule_name.into(),
            priority: definition.priority,
            reservoir_size: count(definition.reservoir_size),
            is_boosted: definition.sampling_rate_boost.is_some(),
            rate: Rate::new(definition.fixed_rate),
            target: Target {
                quota: None,
                boost: None,
                interval: INTERVAL,
                reported: None,
            },
            counts: Arc::default(),
        })
    }

    /// Takes over what is kept of the rule when its definition comes again.
    pub(super) fn continue_from(&mut self, before: &Self) {
        self.target = before.target;
        self.counts = before.counts.clone();
    }

    /// Where the rule stands: by priority, then by name, byte by byte; the default rule after all.
    pub(super) fn place(&self) -> (bool, i64, &str) {
        (&*self.name == DEFAULT, self.priority, &self.name)
    }

    pub(super) fn matches(&self, request: &SamplingRequest<'_>) -> bool {
        self.conditions.matches(request)
    }

    /// Decides on a request, and counts it.
    pub(super) fn decide(&self, now: Moment, die: impl FnOnce() -> f64) -> Decision {
        self.counts.request();
        let decision = self.weigh(now, Reservoir::take, die);
        if decision.reason() == Reason::Borrowed {
            self.counts.borrow();
        } else if decision.is_sampled() {
            self.counts.sample();
        }
        decision
    }

    /// As [`decide`](Self::decide), and counts nothing.
    pub(super) fn explain(&self, now: Moment, die: impl FnOnce() -> f64) -> Decision {
        self.weigh(now, Reservoir::has_left, die)
    }

    fn weigh(
        &self,
        now: Moment,
        take: impl FnOnce(&Reservoir, u32, u32) -> bool,
        die: impl FnOnce() -> f64,
    ) -> Decision {
        let quota = self.target.quota.filter(|(_, until)| now <= *until);
        let (size, reason) = match quota {
            Some((quota, _)) => (quota, Reason::Reservoir),
            // A rule without a reservoir has none to borrow from.
            None => (self.reservoir_size.min(1), Reason::Borrowed),
        };
        let decision = if take(&self.counts.reservoir, now.second(), size) {
            Decision::sampled().because(reason)
        } else {
            let (rate, reason) = self.rate(now);
            Decision::from(rate.passes(die)).because(reason)
        };
        let decision = decision.with_rule(self.name.clone());
        if self.is_boosted {
            decision.observed()
        } else {
            decision
        }
    }

    /// The share that is taken beyond the reservoir.
    fn rate(&self, now: Moment) -> (Rate, Reason) {
        match self.target.boost {
            Some((boost, until)) if now <= until && boost > self.rate => {
                (boost, Reason::Boost(boost.share()))
            }
            _ => (self.rate, Reason::Rate(self.rate.share())),
        }
    }

    /// What is to be reported now, if anything is.
    pub(super) fn due(&self, now: Moment) -> Option<Tally> {
        let is_time = self
            .target
            .reported
            .is_none_or(|reported| now.after(EARLY) >= reported.after(self.target.interval));
        let tally = self.counts.read();
        // Segments that began when the rule was boosted still end when it is not: X-Ray does not take that.
        let tally = if self.is_boosted {
            tally
        } else {
            tally.of_decisions()
        };
        Some(tally).filter(|tally| is_time && !tally.is_empty())
    }

    /// What was counted is reported.
    pub(super) fn reported(&mut self, now: Moment) {
        self.target.reported = Some(now);
    }

    /// Takes over what X-Ray answered.
    pub(super) fn aim(&mut self, target: &SamplingTarget, clock: &Clock) {
        if let Some(rate) = target.fixed_rate {
            self.rate = Rate::new(rate);
        }
        let until = target.reservoir_quota_ttl.map(|ttl| clock.at_epoch(ttl));
        let known = self.target.quota;
        self.target.quota = match (target.reservoir_quota.map(count), until) {
            (Some(quota), Some(until)) => Some((quota, until)),
            (Some(quota), None) => known.map(|(_, until)| (quota, until)),
            (None, Some(until)) => known.map(|(quota, _)| (quota, until)),
            (None, None) => known,
        };
        if let Some(boost) = &target.sampling_boost {
            let until = clock.at_epoch(boost.boost_rate_ttl);
            self.target.boost = Some((Rate::new(boost.boost_rate), until));
        }
        if let Some(interval) = target.interval {
            self.target.interval = Duration::from_secs_f64(interval.clamp(1.0, LONGEST_INTERVAL));
        }
    }
}

/// Longer than this no rule goes unreported, in seconds.
const LONGEST_INTERVAL: f64 = 600.0;

fn count(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// A field that a rule does not have takes everything.
fn conditions(definition: &SamplingRule) -> Conditions {
    let pattern = |text: &Option<String>| text.as_deref().map_or_else(Pattern::any, Pattern::from);
    let attributes = definition.attributes.iter().flatten();
    Conditions {
        service: pattern(&definition.service_name),
        origin: pattern(&definition.service_type),
        host: pattern(&definition.host),
        method: pattern(&definition.http_method),
        path: pattern(&definition.url_path),
        resource_arn: pattern(&definition.resource_arn),
        attributes: attributes
            .map(|(name, value)| (name.clone(), Pattern::from(value.as_str())))
            .collect(),
    }
}
