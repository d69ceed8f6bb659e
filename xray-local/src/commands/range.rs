//! The stretches of time that a server is asked about: as long as it takes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::client::{Client, ClientError};

/// What AWS takes at most, in seconds: of GetTraceSummaries, and of GetServiceGraph.
pub(super) const OF_SUMMARIES: f64 = 24.0 * 3_600.0;
pub(super) const OF_GRAPHS: f64 = 6.0 * 3_600.0;

/// How long AWS keeps traces, in seconds.
const KEPT: f64 = 30.0 * 86_400.0;

/// Behind every trace: the clocks of senders may be ahead of this one, and an xray-local keeps what they send.
const NEVER: f64 = 1e11;

/// From `start` up to but without `end`, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) start: f64,
    pub(super) end: f64,
}

/// The time since a while ago, or all of it, the latest first. An xray-local takes it as one; others refuse what is longer than
/// `longest`, or not over yet.
pub(super) fn ranges(
    client: &Client,
    since: Option<Duration>,
    longest: f64,
) -> Result<Vec<Range>, ClientError> {
    let now = now();
    // No server knows a time before 1970, and nothing began there.
    let start = since.map_or(0.0, |since| (now - since.as_secs_f64()).max(0.0));
    Ok(match client.is_ours()? {
        true => vec![Range { start, end: NEVER }],
        false => pieces(start.max(now - KEPT), now, longest),
    })
}

fn pieces(start: f64, end: f64, longest: f64) -> Vec<Range> {
    let ends = std::iter::successors(Some(end), |end| Some(end - longest));
    ends.take_while(|end| *end > start)
        .map(|end| Range {
            start: start.max(end - longest),
            end,
        })
        .collect()
}

/// The seconds since 1970.
pub(super) fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_is_cut_into_pieces_without_gaps() {
        let range = |start, end| Range { start, end };
        assert_eq!(pieces(0.0, 10.0, 24.0), [range(0.0, 10.0)]);
        assert_eq!(
            pieces(1.0, 10.0, 4.0),
            [range(6.0, 10.0), range(2.0, 6.0), range(1.0, 2.0)]
        );
        assert_eq!(pieces(2.0, 10.0, 4.0).len(), 2);
        assert_eq!(pieces(10.0, 10.0, 4.0), []);
    }
}
