use std::time::Duration;

/// How much a store keeps. What is beyond makes room by whole traces, from the one that came first on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most room. In memory: the texts of documents, what is known of their traces beside, the index, and an estimate for keeping them.
    /// On disk: what is in use of the file. Beside it the log of what was written last takes an eighth of that, 32 MB at most, and what is
    /// kept for a full disk 4 MB.
    pub bytes: u64,
    /// The most traces.
    pub traces: usize,
    /// How long a trace is kept, from its first document on. X-Ray keeps traces for 30 days.
    pub age: Duration,
    /// The most that one trace may take: documents beyond are refused as `InvalidSegment`. X-Ray draws such a line somewhere
    /// between 100 and 500 kB; here there is none unless it is asked for.
    pub trace_bytes: u64,
    /// How much memory parts of the index may take that were read for queries, in case that they are asked for again. Beside it the index takes some
    /// megabytes for the newest few thousand traces, and about a byte for each of the others. With less than what is asked for, queries
    /// take longer, and find the same.
    pub index_bytes: u64,
}

/// The 30 days for which X-Ray keeps traces.
const AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Limits {
    /// For a store on disk: 10 GB and 30 days, as many traces as that may be.
    pub fn on_disk() -> Self {
        Self {
            bytes: 10_000_000_000,
            traces: usize::MAX,
            age: AGE,
            trace_bytes: u64::MAX,
            index_bytes: 128_000_000,
        }
    }
}

/// For a store in memory: 256 MB and 100,000 traces, 30 days.
impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256_000_000,
            traces: 100_000,
            age: AGE,
            trace_bytes: u64::MAX,
            index_bytes: 32_000_000,
        }
    }
}
