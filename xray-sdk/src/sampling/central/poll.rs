use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use crate::clock::Moment;
use crate::id;
use crate::sampling::central::manifest::{Due, Manifest};
use crate::sampling::central::pages::Pages;
use crate::sampling::central::schedule::Schedule;
use crate::sampling::central::shared::Shared;
use crate::sampling::central::transport::{Failure, Operation, Transport, call};
use crate::sampling::central::wire::{
    GetSamplingTargets, SERVICE_NAME, STATISTICS, SamplingBoostStatistics, SamplingStatistics,
    SamplingTargets,
};

/// Asks X-Ray for rules and tells it what was decided by them, each when it is time.
///
/// All that it knows of the outside are the transport, the clock and the dice.
pub(super) struct Poll<T> {
    shared: Arc<Shared>,
    transport: T,
    /// Each shows a number from 0 up to but not including 1.
    dice: Box<dyn FnMut() -> f64 + Send>,
    schedule: Schedule,
    /// Who reports: 24 random hex digits.
    client_id: String,
    modification: Option<Modification>,
    /// When the rules in force were asked for.
    refreshed: Moment,
}

/// When X-Ray's rules were last changed, as X-Ray told last.
struct Modification {
    /// In epoch seconds.
    at: f64,
    /// From then on no change can have the same time any more. Rules that were asked for later have them all.
    is_over: Moment,
}

/// Changes within this time may have the same time: X-Ray tells whole seconds.
const RESOLUTION: Duration = Duration::from_secs(1);
/// X-Ray's clock and this one may differ by so many seconds.
const SKEW: f64 = 60.0;
/// Rules that X-Ray does not accept reports of are asked for again, but not more often.
const IN_QUESTION: Duration = Duration::from_secs(60);

impl<T: Transport> Poll<T> {
    pub(super) fn new(
        shared: Arc<Shared>,
        transport: T,
        mut dice: impl FnMut() -> f64 + Send + 'static,
    ) -> Self {
        let now = shared.clock.now();
        Self {
            schedule: Schedule::new(now, dice()),
            client_id: format!("{:024x}", id::secure(RngExt::random::<u128>) >> 32),
            dice: Box::new(dice),
            transport,
            modification: None,
            refreshed: now,
            shared,
        }
    }

    /// When there is something to do next.
    pub(super) fn next(&self) -> Moment {
        self.schedule.next()
    }

    /// Does what it is time for.
    pub(super) fn turn(&mut self) {
        self.shared.clock.anchor();
        let now = self.shared.clock.now();
        if self.schedule.is_time_for_report(now) {
            self.report(now);
        }
        if self.schedule.is_time_for_rules(now) {
            self.refresh(now);
        }
    }

    /// Asks for the rules. Those that are in force stay when no others come.
    fn refresh(&mut self, asked: Moment) {
        let came = Pages::ask(&mut self.transport, &self.shared.clock).and_then(|definitions| {
            self.shared.tell_unread(&definitions.unread);
            let before = self.shared.manifest.load();
            Manifest::new(definitions.rules, before.as_deref(), asked)
                .ok_or_else(|| Failure::Garbled("there is no rule in it".to_owned()))
        });
        let (now, die) = (self.shared.clock.now(), (self.dice)());
        match came {
            Ok(manifest) => {
                self.shared.manifest.store(Some(Arc::new(manifest)));
                self.refreshed = asked;
                self.schedule.rules_came(now, die);
            }
            Err(failure) => {
                self.shared.tell(Operation::Rules, &failure);
                self.schedule.rules_failed(now, die);
            }
        }
    }

    /// Reports what was decided, in batches as large as X-Ray takes.
    fn report(&mut self, now: Moment) {
        let due = match &*self.shared.manifest.load() {
            Some(manifest) => manifest.due(now),
            None => Vec::new(),
        };
        let mut has_failed = false;
        for batch in due.chunks(STATISTICS) {
            match self.tell(batch) {
                Ok(answer) => self.take(batch, &answer),
                Err(failure) => {
                    self.shared.tell(Operation::Targets, &failure);
                    has_failed = true;
                    // Something in this batch is refused; what is in the others need not be.
                    if !matches!(failure, Failure::Refused(..)) {
                        break;
                    }
                }
            }
        }
        let (now, die) = (self.shared.clock.now(), (self.dice)());
        if has_failed {
            self.schedule.report_failed(now, die);
        } else {
            self.schedule.reported(now, die);
        }
    }

    fn tell(&mut self, batch: &[Due]) -> Result<SamplingTargets, Failure> {
        let clock = &self.shared.clock;
        let timestamp = clock.epoch_seconds(clock.now());
        let decided = batch.iter().map(|due| SamplingStatistics {
            rule_name: &due.rule,
            client_id: &self.client_id,
            timestamp,
            request_count: due.tally.requests,
            sampled_count: due.tally.sampled,
            borrow_count: due.tally.borrowed,
        });
        let ended = batch.iter().filter(|due| due.tally.ended > 0);
        let ended = ended.map(|due| SamplingBoostStatistics {
            rule_name: &due.rule,
            service_name: cut(&self.shared.service),
            timestamp,
            anomaly_count: due.tally.faults,
            total_count: due.tally.ended,
            sampled_anomaly_count: due.tally.sampled_faults,
        });
        let question = GetSamplingTargets {
            sampling_statistics_documents: decided.collect(),
            sampling_boost_statistics_documents: ended.collect(),
        };
        let (answer, _) = call(&mut self.transport, Operation::Targets, &question)?;
        Ok(answer)
    }

    /// Takes over what X-Ray answered.
    fn take(&mut self, batch: &[Due], answer: &SamplingTargets) {
        let now = self.shared.clock.now();
        let clock = &self.shared.clock;
        if let Some(manifest) = &*self.shared.manifest.load() {
            let targets = &answer.sampling_target_documents;
            let mut ends = targets
                .iter()
                .filter_map(|target| target.reservoir_quota_ttl);
            if ends.any(|end| clock.at_epoch(end) < now) {
                self.shared.tell_clock();
            }
            let manifest = manifest.answered(batch, answer, now, clock);
            self.shared.manifest.store(Some(Arc::new(manifest)));
        }
        let is_changed = answer
            .last_rule_modification
            .is_some_and(|modification| self.is_news(modification));
        let mut unprocessed = answer.unprocessed_statistics.iter();
        let is_in_question = unprocessed.any(|unprocessed| !unprocessed.is_passing())
            && now.since(self.refreshed) >= IN_QUESTION;
        // The daemon is back: the rules need not wait for their next attempt.
        let is_back = self.schedule.is_without_rules();
        if is_changed || is_in_question || is_back {
            self.schedule.ask_for_rules(now);
        }
    }

    /// Whether the rules were changed since they were asked for.
    fn is_news(&mut self, modification: f64) -> bool {
        let clock = &self.shared.clock;
        let is_news = match &self.modification {
            Some(known) if known.at == modification => return self.refreshed < known.is_over,
            // Two times of the same clock, X-Ray's, which may have been set back as well.
            Some(_) => true,
            None => modification + SKEW >= f64::from(clock.epoch_seconds(self.refreshed)),
        };
        self.modification = Some(Modification {
            at: modification,
            is_over: if is_news {
                clock.now().after(RESOLUTION)
            } else {
                self.refreshed
            },
        });
        is_news
    }
}

/// The name of a service as X-Ray takes it: of a longer one it would refuse the whole report.
fn cut(name: &str) -> &str {
    let end = name.char_indices().nth(SERVICE_NAME);
    end.map_or(name, |(end, _)| &name[..end])
}
