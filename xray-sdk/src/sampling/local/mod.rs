mod file;
mod located;
mod raw;
mod rule;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use rule::LocalRule;

use crate::clock::{Clock, Moment};
use crate::error::Error;
use crate::sampling::rate::Rate;
use crate::sampling::reservoir::Reservoir;
use crate::sampling::{Decision, Reason, Sampler, SamplingRequest};

/// Rules that the program brings along: each takes a fixed number of requests a second, and a share of the rest.
///
/// The fixed number makes sure that a quiet service is seen at all; the share bounds what a busy one records. The default is that of
/// all X-Ray SDKs: one request a second, and 5 % of the rest (developer guide, "Configuring sampling rules").
///
/// The first rule decides that matches the request; where none does, the default rule.
///
/// ```
/// use xray_sdk::sampling::{LocalRule, LocalRules};
///
/// let rules = LocalRules::new(1, 0.05)
///     .rule(LocalRule::new(0, 0.0).description("health checks").path("/health"))
///     .rule(LocalRule::new(10, 0.5).method("POST").path("/orders/*"));
/// let recorder = xray_sdk::Recorder::builder("checkout").sampling_rules(rules);
/// # let _ = recorder;
/// ```
///
/// Each process counts by itself: ten processes with one request a second each record ten requests a second.
pub struct LocalRules {
    rules: Vec<Counted>,
    default: Counted,
    clock: Clock,
}

/// A rule, and what was taken by it.
struct Counted {
    rule: LocalRule,
    name: Arc<str>,
    reservoir: Reservoir,
}

impl LocalRules {
    /// The default rule alone: the first `fixed_target` requests of each second, and of the others the share `rate`, from 0 to 1.
    ///
    /// A rate beyond these bounds counts as the nearest of them, and NaN as 0.
    pub fn new(fixed_target: u32, rate: f64) -> Self {
        let default = LocalRule::new(fixed_target, rate).description("default");
        Self {
            rules: Vec::new(),
            default: Counted::new(default),
            clock: Clock::system(),
        }
    }

    /// Adds a rule, after those that are there already.
    #[must_use]
    pub fn rule(mut self, rule: LocalRule) -> Self {
        self.rules.push(Counted::new(rule));
        self
    }

    /// Reads rules from JSON in the format of the official SDKs' rules files, version 1 or 2 (developer guide, "Configuring sampling
    /// rules"):
    ///
    /// ```
    /// use xray_sdk::sampling::LocalRules;
    ///
    /// let rules = LocalRules::parse(r#"{
    ///   "version": 2,
    ///   "rules": [
    ///     { "description": "orders", "host": "*", "http_method": "POST", "url_path": "/orders/*", "fixed_target": 10, "rate": 0.5 }
    ///   ],
    ///   "default": { "fixed_target": 1, "rate": 0.05 }
    /// }"#)?;
    /// # let _ = rules;
    /// # Ok::<(), xray_sdk::Error>(())
    /// ```
    ///
    /// Version 1 calls the host `service_name`.
    ///
    /// # Errors
    ///
    /// When the text has another form: no key may be unknown, missing or there twice, and no value beyond its bounds. The error
    /// tells the line, the column and what was expected there.
    pub fn parse(text: &str) -> Result<Self, Error> {
        file::parse(text).map_err(|problem| problem.into_error("sampling rules"))
    }

    /// Reads rules from a file, as [`parse`](Self::parse) does from text.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as for `parse`; the error tells the path too.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let name = path.as_ref().display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::file("sampling rules", &name, error))?;
        file::parse(&text).map_err(|problem| problem.into_error(&name))
    }

    /// The same rules, by another clock.
    #[cfg(test)]
    fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    fn find(&self, request: &SamplingRequest<'_>) -> &Counted {
        self.rules
            .iter()
            .find(|counted| counted.rule.matches(request))
            .unwrap_or(&self.default)
    }

    /// Decides at a tick, with a die that shows a number from 0 up to but not including 1.
    pub(super) fn decide_at(
        &self,
        request: &SamplingRequest<'_>,
        now: Moment,
        die: impl FnOnce() -> f64,
    ) -> Decision {
        self.find(request)
            .decide(|reservoir, size| reservoir.take(now.second(), size), die)
    }

    /// As [`decide_at`](Self::decide_at), and uses nothing up.
    pub(super) fn explain_at(
        &self,
        request: &SamplingRequest<'_>,
        now: Moment,
        die: impl FnOnce() -> f64,
    ) -> Decision {
        self.find(request).decide(
            |reservoir, size| reservoir.has_left(now.second(), size),
            die,
        )
    }
}

impl Counted {
    fn new(rule: LocalRule) -> Self {
        Self {
            name: rule.to_string().into(),
            rule,
            reservoir: Reservoir::default(),
        }
    }

    fn decide(
        &self,
        take: impl FnOnce(&Reservoir, u32) -> bool,
        die: impl FnOnce() -> f64,
    ) -> Decision {
        let rate: Rate = self.rule.rate();
        let decision = if take(&self.reservoir, self.rule.fixed_target()) {
            Decision::sampled().because(Reason::Reservoir)
        } else {
            Decision::from(rate.passes(die)).because(Reason::Rate(rate.share()))
        };
        decision.with_local_rule(self.name.clone())
    }
}

impl Default for LocalRules {
    /// One request a second, and 5 % of the rest.
    fn default() -> Self {
        Self::new(1, 0.05)
    }
}

impl Sampler for LocalRules {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        self.decide_at(request, self.clock.now(), rand::random::<f64>)
    }

    fn explain(&self, request: &SamplingRequest<'_>) -> Decision {
        self.explain_at(request, self.clock.now(), rand::random::<f64>)
    }
}

impl fmt::Debug for LocalRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<_> = self.rules.iter().map(|counted| &counted.rule).collect();
        f.debug_struct("LocalRules")
            .field("rules", &rules)
            .field("default", &self.default.rule)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
