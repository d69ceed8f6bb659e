use std::fmt;

use serde::{Deserialize, Serialize};

/// What the doctor looks at, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the titles say what each is")]
pub enum Check {
    D01,
    D02,
    D03,
    D04,
    D05,
    D06,
    D07,
    D08,
    D09,
    D10,
    D11,
    D12,
    D13,
    D14,
    D15,
    D16,
    D17,
    D18,
    D19,
    D20,
}

impl Check {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 20] = [
        Self::D01,
        Self::D02,
        Self::D03,
        Self::D04,
        Self::D05,
        Self::D06,
        Self::D07,
        Self::D08,
        Self::D09,
        Self::D10,
        Self::D11,
        Self::D12,
        Self::D13,
        Self::D14,
        Self::D15,
        Self::D16,
        Self::D17,
        Self::D18,
        Self::D19,
        Self::D20,
    ];

    /// What is looked for, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::D01 => "the daemon's port",
            Self::D02 => "the daemon's address in the program's environment",
            Self::D03 => "what arrives and is no segment document",
            Self::D04 => "documents that are too large",
            Self::D05 => "times of traces",
            Self::D06 => "segments and subsegments without what they stand in",
            Self::D07 => "segments that never close",
            Self::D08 => "callers that decided against recording",
            Self::D09 => "tracing of the Lambda function",
            Self::D10 => "sampling rules that hide requests",
            Self::D11 => "clients that ask for sampling rules",
            Self::D12 => "credentials and rights",
            Self::D13 => "the region",
            Self::D14 => "the clock",
            Self::D15 => "values that X-Ray drops or cuts",
            Self::D16 => "requests that make two traces",
            Self::D17 => "what is lost when the program ends",
            Self::D18 => "datagrams that the kernel drops",
            Self::D19 => "losses on the way into the store",
            Self::D20 => "tracing that is turned off",
        }
    }

    /// Why it matters, in one sentence without a full stop.
    pub fn why(self) -> &'static str {
        match self {
            Self::D01 => {
                "segments go over UDP, which does not tell that nobody listens: they vanish"
            }
            Self::D02 => "segments go to another place than the one where you look",
            Self::D03 => "what cannot be read is turned away, and its sender is not told",
            Self::D04 => "X-Ray refuses documents of more than 64 kB, and a datagram holds no more",
            Self::D05 => {
                "X-Ray keeps traces for 30 days, and looks for a trace at the time in its id"
            }
            Self::D06 => {
                "the part of the trace that it belongs to is missing, and with it the way on the map"
            }
            Self::D07 => "the trace stays partial, and has neither duration nor outcome",
            Self::D08 => {
                "a request that arrives with Sampled=0 is not recorded, whatever the rules say"
            }
            Self::D09 => {
                "a function records into the segment that Lambda makes, where Lambda samples the request"
            }
            Self::D10 => "requests that a rule leaves out are not recorded at all",
            Self::D11 => "clients that do not reach the rules go by rules of their own",
            Self::D12 => {
                "without the right to it, X-Ray refuses what is sent, and nothing is shown"
            }
            Self::D13 => "traces are kept by region: in another one there is nothing",
            Self::D14 => "X-Ray refuses requests whose signature is more than five minutes off",
            Self::D15 => "the trace is there, and is not found by what was dropped",
            Self::D16 => {
                "a request whose header is not passed on begins a second trace on the other side"
            }
            Self::D17 => "what was recorded last is not sent, or stays open for ever",
            Self::D18 => "datagrams that come faster than they are read are gone",
            Self::D19 => "what has no room, or cannot be written, is gone",
            Self::D20 => "a program whose tracing is turned off sends nothing, and does not say so",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
