use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// How X-Ray is reached: a request goes out, and its answer or a failure comes back within seconds.
pub(super) trait Transport {
    fn post(&mut self, operation: Operation, body: Vec<u8>) -> Result<Vec<u8>, Failure>;
}

/// What X-Ray is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Rules,
    Targets,
}

/// Why there is no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The recorder ends, and so did the call.
    Stopped,
    /// Nobody answered in time.
    Unreachable(String),
    /// The answer has another status than 200, and says this of it, or nothing.
    Refused(u16, String),
    /// The answer is not what it has to be.
    Garbled(String),
}

impl Failure {
    /// What may help.
    pub(super) fn cure(&self) -> &'static str {
        match self {
            Self::Stopped | Self::Unreachable(_) => "does the daemon listen there?",
            Self::Refused(401 | 403, _) => {
                "the daemon's credentials have to allow xray:GetSamplingRules and xray:GetSamplingTargets;"
            }
            Self::Refused(..) => "the daemon's log may tell more;",
            Self::Garbled(_) => "is it an X-Ray daemon that listens there?",
        }
    }
}

impl Operation {
    /// The path of the URL, as the API model has it.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Rules => "/GetSamplingRules",
            Self::Targets => "/SamplingTargets",
        }
    }
}

/// Asks, and reads the answer; beside it comes how many bytes that had.
pub(super) fn call<A: DeserializeOwned>(
    transport: &mut impl Transport,
    operation: Operation,
    question: &impl Serialize,
) -> Result<(A, usize), Failure> {
    let garbled = |error: serde_json::Error| Failure::Garbled(error.to_string());
    let question = serde_json::to_vec(question).map_err(garbled)?;
    let answer = transport.post(operation, question)?;
    let read = serde_json::from_slice(&answer).map_err(garbled)?;
    Ok((read, answer.len()))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the recorder ends"),
            Self::Unreachable(why) => f.write_str(why),
            Self::Refused(status, said) if said.is_empty() => {
                write!(f, "the answer has the status {status}")
            }
            Self::Refused(status, said) => {
                write!(f, "the answer has the status {status} and says {said:?}")
            }
            Self::Garbled(why) => write!(f, "the answer is not X-Ray's: {why}"),
        }
    }
}
