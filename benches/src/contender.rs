use std::net::SocketAddr;

use crate::turn::Turn;
use crate::work::Request;

/// Something that is measured in bursts of operations.
pub(crate) trait Contender {
    /// Makes all ready for the next burst. Not timed.
    fn prepare(&mut self, request: &Request<'_>, operations: usize) {
        let _ = (request, operations);
    }

    /// Does so many operations: the path that is timed. Of most contenders an operation is to record `request` and hand it over.
    fn burst(&mut self, request: &Request<'_>, operations: usize);

    /// Waits until all that was handed over has left, so that the next burst finds room. Its time does not count, its CPU time does.
    fn drain(&mut self) {}

    /// Whether all that was done since the contender was made, `operations` in all, is where it belongs.
    ///
    /// # Errors
    ///
    /// When something was lost or left out, in words: a contender that drops what it should record is no contender.
    fn verify(&self, operations: u64) -> Result<(), String>;
}

/// A contender that is ready, or why it is not.
pub(crate) type Ready = Result<Box<dyn Contender>, String>;

/// A line of the table before it is measured.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Which recorder. The name for `--only` and `--json`, as is `variant`.
    pub(crate) contender: &'static str,
    /// What is done: `sampled`, `sampled-async`, `unsampled` and so on, the same words for all contenders.
    pub(crate) variant: &'static str,
    /// What a reader has to know of it.
    pub(crate) note: &'static str,
    /// Variables that its process has to have.
    pub(crate) variables: &'static [(&'static str, &'static str)],
    pub(crate) measure: Measure,
}

/// How a turn is taken. Both get an address where datagrams may be sent, and are called once in a process: they may set what is global.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Measure {
    /// Makes a contender, which is measured in bursts.
    Bursts(fn(SocketAddr) -> Ready),
    /// Measures by itself.
    Whole(fn(SocketAddr) -> Result<Turn, String>),
}

impl Entry {
    /// One that is measured in bursts.
    pub(crate) const fn new(
        contender: &'static str,
        variant: &'static str,
        note: &'static str,
        make: fn(SocketAddr) -> Ready,
    ) -> Self {
        Self {
            contender,
            variant,
            note,
            variables: &[],
            measure: Measure::Bursts(make),
        }
    }

    /// One that measures by itself.
    pub(crate) const fn whole(
        contender: &'static str,
        variant: &'static str,
        note: &'static str,
        take: fn(SocketAddr) -> Result<Turn, String>,
    ) -> Self {
        Self {
            contender,
            variant,
            note,
            variables: &[],
            measure: Measure::Whole(take),
        }
    }

    /// With variables for its process.
    pub(crate) const fn with(self, variables: &'static [(&'static str, &'static str)]) -> Self {
        Self { variables, ..self }
    }

    /// The contender and the variant: no two entries have the same.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.contender, self.variant)
    }

    /// Whether `name` means this entry: it may be a contender, a variant, or both.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        name == self.contender || name == self.variant || name == self.name()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::sink::Sink;

    /// Makes each contender that needs no process of its own do some bursts, and has it account for them.
    pub(crate) fn assert_each_accounts_for_all(entries: &[Entry]) {
        let sink = Sink::open().expect("a socket on loopback");
        for entry in entries.iter().filter(|entry| entry.variables.is_empty()) {
            let Measure::Bursts(make) = entry.measure else {
                continue;
            };
            let mut contender = make(sink.address()).expect("it can be made ready");
            for _ in 0..2 {
                contender.prepare(&Request::example(), 64);
                contender.burst(&Request::example(), 64);
                contender.drain();
            }
            assert_eq!(contender.verify(128), Ok(()), "{}", entry.name());
            // Who records nothing has nothing to count.
            let is_counted = !["unsampled", "disabled"]
                .iter()
                .any(|variant| entry.variant.starts_with(variant));
            assert!(
                contender.verify(129).is_err() || !is_counted,
                "{} does not count",
                entry.name()
            );
        }
    }
}
