use serde::{Deserialize, Serialize};

/// What one contender cost while it had its turn, for each operation: a request, a poll, a document. A turn has a process of its own:
/// what a contender sets for its process, and what it does in the background, touches no other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Turn {
    /// Nanoseconds on the path that is asked for: the median of all bursts.
    pub(crate) ns: f64,
    /// Nanoseconds of CPU time of the whole process, on that path and in the background: the mean.
    pub(crate) total_cpu_ns: f64,
    /// Heap allocations on that path: the mean. None where they are not counted.
    pub(crate) allocations: Option<f64>,
    /// How many operations there were in all, warming up included.
    pub(crate) operations: u64,
    /// What the [gauge](crate::gauge) showed at its worst, before and after. None where it is not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gauge: Option<f64>,
    /// What else the question asks for, in the order of its columns.
    pub(crate) more: Vec<f64>,
}
