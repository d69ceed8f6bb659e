use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::clock::Clock;
use crate::notice::Notices;
use crate::sampling::central::manifest::Manifest;
use crate::sampling::central::transport::{Failure, Operation};

/// What those who decide and the thread that asks X-Ray have in common.
pub(super) struct Shared {
    /// X-Ray's rules, once they came. Whoever decides takes them as they are at that time, without waiting for anybody.
    pub(super) manifest: ArcSwapOption<Manifest>,
    pub(super) clock: Clock,
    /// The name of the service, for reports on faults.
    pub(super) service: String,
    /// Where the daemon is, as it is told to the user.
    pub(super) daemon: String,
    pub(super) notices: Arc<Notices>,
}

impl Shared {
    /// Tells the user that X-Ray was asked in vain, the first time.
    pub(super) fn tell(&self, operation: Operation, failure: &Failure) {
        if *failure == Failure::Stopped {
            return;
        }
        let (daemon, cure) = (&self.daemon, failure.cure());
        match operation {
            // Another cure is another thing to tell.
            Operation::Rules => self.notices.tell_once(&format!("sampling rules: {cure}"), || {
                format!(
                    "X-Ray's sampling rules could not be had from the daemon at {daemon} over TCP: {failure}; {cure} until they come, local \
                     rules decide what is recorded, or those that came before; to do without X-Ray's rules use \
                     RecorderBuilder::sampler(LocalRules::default())"
                )
            }),
            Operation::Targets => self.notices.tell_once(&format!("sampling targets: {cure}"), || {
                format!(
                    "what was sampled could not be reported to X-Ray by the daemon at {daemon} over TCP: {failure}; {cure} it is counted \
                     on and reported later"
                )
            }),
        }
    }

    /// Tells the user of rules that are left out.
    pub(super) fn tell_unread(&self, unread: &[String]) {
        if let [first, others @ ..] = unread {
            self.notices.tell_once("sampling rules unread", || {
                format!(
                    "one of X-Ray's sampling rules cannot be read and decides nothing here: {first} ({} more); change the rule, or take a \
                     newer version of this crate",
                    others.len()
                )
            });
        }
    }

    /// Tells the user that what X-Ray gives has expired when it comes.
    pub(super) fn tell_clock(&self) {
        self.notices.tell_once("sampling clock", || {
            "X-Ray's sampling quotas have expired when they come, so each rule takes one request a second and its share: this machine's \
             clock is ahead of X-Ray's; set it by a time server"
                .to_owned()
        });
    }

    /// Tells the user that X-Ray is not asked at all.
    pub(super) fn tell_start(&self, error: &std::io::Error) {
        self.notices.tell_once("sampling thread", || {
            format!("X-Ray's sampling rules are not asked for, so local rules decide: the thread for that could not be started: {error}")
        });
    }
}
