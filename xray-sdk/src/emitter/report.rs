use std::fmt;

/// What became of the documents of one [`Batch`](super::Batch).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    sent: u64,
    returned: u64,
    lost: [u64; Loss::ALL.len()],
}

/// Why a document was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// Nobody listens at the daemon's address.
    NoReceiver,
    /// The daemon's host name has no address.
    UnknownHost,
    /// No network leads to the daemon's address.
    Unreachable,
    /// The document does not fit into one datagram.
    TooLarge,
    /// The network took nothing for a while.
    Congested,
    /// The operating system refused to send, for another reason.
    Refused,
    /// The daemon, on this machine, read more slowly than documents came, so the kernel dropped them at its socket.
    ///
    /// The kernel counts for a socket, not for its senders: where several programs send to one daemon, each counts what was dropped
    /// while it was sending, and at most what it sent.
    Overrun,
}

impl Loss {
    pub(crate) const ALL: [Self; 7] = [
        Self::NoReceiver,
        Self::UnknownHost,
        Self::Unreachable,
        Self::TooLarge,
        Self::Congested,
        Self::Refused,
        Self::Overrun,
    ];

    /// What the user can do about it, in one sentence.
    pub fn cure(self) -> &'static str {
        match self {
            Self::NoReceiver => {
                "start the X-Ray daemon or xray-local there, or set AWS_XRAY_DAEMON_ADDRESS to where one runs"
            }
            Self::UnknownHost => {
                "check the host name in AWS_XRAY_DAEMON_ADDRESS and that this machine can resolve it"
            }
            Self::Unreachable => {
                "check AWS_XRAY_DAEMON_ADDRESS and the routes and security groups between here and there"
            }
            Self::TooLarge => {
                "record less metadata, and shorter texts, on one segment or subsegment"
            }
            Self::Congested => "send to a daemon on the same machine, or lower the sampling rate",
            Self::Refused => {
                "check the limits and the firewall of this machine; the operating system does not let UDP out"
            }
            Self::Overrun => {
                "give the daemon more of a processor or a larger receive buffer (net.core.rmem_default, and net.core.rmem_max where it asks for more), or lower the sampling rate"
            }
        }
    }
}

/// What happened, as the middle of a sentence: "3 documents were lost: nobody listens at the daemon's address".
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoReceiver => "nobody listens at the daemon's address",
            Self::UnknownHost => "the daemon's host name has no address",
            Self::Unreachable => "no network leads to the daemon's address",
            Self::TooLarge => "the document does not fit into one datagram",
            Self::Congested => "the network took nothing for a while",
            Self::Refused => "the operating system refused to send",
            Self::Overrun => "the daemon did not read fast enough",
        })
    }
}

impl Report {
    /// A report that this many documents went out, and none was lost.
    pub fn sent(documents: usize) -> Self {
        let mut report = Self::default();
        report.add_sent(documents);
        report
    }

    /// Counts documents that went out.
    pub fn add_sent(&mut self, documents: usize) {
        self.sent += documents as u64;
    }

    /// Counts documents that were lost.
    pub fn add_lost(&mut self, loss: Loss, documents: usize) {
        self.lost[loss as usize] += documents as u64;
    }

    /// Counts documents as lost of which it was thought, in this report or an earlier one, that they went out.
    ///
    /// UDP is told of some failures only when the next datagram is sent.
    pub fn take_back(&mut self, loss: Loss, documents: usize) {
        let documents = documents as u64;
        let here = documents.min(self.sent);
        self.sent -= here;
        self.returned += documents - here;
        self.lost[loss as usize] += documents;
    }

    /// The same without one of the documents, that which is known best: what became of the others stays told.
    pub(crate) fn without_one(mut self) -> Self {
        let lost = self.lost.iter_mut().find(|lost| **lost > 0);
        match lost {
            _ if self.sent > 0 => self.sent -= 1,
            Some(lost) => *lost -= 1,
            None => {}
        }
        self
    }

    /// How many documents went out, as far as it is known.
    pub fn sent_count(&self) -> u64 {
        self.sent
    }

    /// How many of the documents that are lost were among those that earlier reports said went out.
    pub fn returned_count(&self) -> u64 {
        self.returned
    }

    /// How many documents were lost for this reason.
    pub fn lost_count(&self, loss: Loss) -> u64 {
        self.lost[loss as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_loss_has_a_place_of_its_own() {
        for (place, loss) in Loss::ALL.into_iter().enumerate() {
            assert_eq!(loss as usize, place);
            let mut report = Report::sent(2);
            report.add_lost(loss, 3);
            assert_eq!((report.sent_count(), report.lost_count(loss)), (2, 3));
            assert_eq!(report.lost.iter().sum::<u64>(), 3);
        }
    }

    #[test]
    fn what_became_of_earlier_documents_stays_told_without_the_latest() {
        let mut report = Report::sent(1);
        report.add_lost(Loss::NoReceiver, 2);
        let mut rest = Report::default();
        rest.add_lost(Loss::NoReceiver, 2);
        assert_eq!(report.without_one(), rest);

        let mut report = Report::default();
        report.add_lost(Loss::Overrun, 1);
        assert_eq!(report.without_one(), Report::default());
        assert_eq!(Report::default().without_one(), Report::default());
    }

    #[test]
    fn what_is_taken_back_comes_from_this_report_first() {
        let mut report = Report::sent(2);
        report.take_back(Loss::NoReceiver, 1);
        assert_eq!((report.sent_count(), report.returned_count()), (1, 0));
        report.take_back(Loss::NoReceiver, 2);
        assert_eq!((report.sent_count(), report.returned_count()), (0, 1));
        assert_eq!(report.lost_count(Loss::NoReceiver), 3);
    }
}
