use std::sync::atomic::{AtomicU64, Ordering};

use super::report::{Loss, Report};
use crate::notice::Notices;

/// All reports of one emitter together.
#[derive(Default)]
pub(crate) struct Tally {
    sent: AtomicU64,
    lost: [AtomicU64; Loss::ALL.len()],
}

impl Tally {
    /// Adds a report, and tells the first loss of each kind.
    ///
    /// Called by the emitter's own thread only, so that no two reports are added at once.
    pub(crate) fn add(&self, report: &Report, notices: &Notices) {
        for loss in Loss::ALL {
            let count = report.lost_count(loss);
            if count > 0 {
                self.lost[loss as usize].fetch_add(count, Ordering::Relaxed);
                notices.tell_once(&format!("lost: {loss}"), || {
                    format!("documents are lost: {loss}; {}", loss.cure())
                });
            }
        }
        self.sent.fetch_add(report.sent_count(), Ordering::Relaxed);
        // What is returned was added by an earlier report: the sum does not fall below zero.
        self.sent
            .fetch_sub(report.returned_count(), Ordering::Relaxed);
    }

    /// How many documents went out and did not come back.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How many documents were lost, by reason; only reasons that occurred.
    pub(crate) fn lost(&self) -> Vec<(String, u64)> {
        Loss::ALL
            .into_iter()
            .map(|loss| {
                (
                    loss.to_string(),
                    self.lost[loss as usize].load(Ordering::Relaxed),
                )
            })
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_counted_and_each_kind_is_told_once() {
        let (tally, notices) = (Tally::default(), Notices::default());
        tally.add(&Report::sent(5), &notices);
        assert_eq!((tally.sent(), tally.lost()), (5, Vec::new()));

        for _ in 0..2 {
            let mut report = Report::default();
            report.take_back(Loss::NoReceiver, 2);
            tally.add(&report, &notices);
        }
        assert_eq!(tally.sent(), 1);
        assert_eq!(
            tally.lost(),
            [("nobody listens at the daemon's address".to_owned(), 4)]
        );
        let told = notices.texts();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("AWS_XRAY_DAEMON_ADDRESS"), "{told:?}");
    }
}
