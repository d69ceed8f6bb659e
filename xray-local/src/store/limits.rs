/// How much a store keeps. What is beyond makes room from the oldest trace on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most memory for documents, in bytes: their texts, and an estimate for keeping them.
    pub bytes: usize,
    /// The most traces.
    pub traces: usize,
}

/// 256 MiB and 100,000 traces.
impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            traces: 100_000,
        }
    }
}
