use serde::Serialize;

/// The figures of one contender and variant, each for one operation. In JSON it has those that are named there.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) contender: &'static str,
    pub(crate) variant: &'static str,
    /// Nanoseconds on the path that is asked for.
    pub(crate) ns: f64,
    /// Nanoseconds of CPU time, in the background too.
    pub(crate) total_cpu_ns: f64,
    /// Heap allocations on the path, where they are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allocations: Option<f64>,
    /// `ns` by that of the question's first row, in the same round.
    pub(crate) floor_ratio: f64,
    /// `ns` by fastrace's in the same variant and round, where it has that.
    #[serde(skip)]
    pub(crate) peer_ratio: Option<f64>,
    /// What else the question asks for.
    #[serde(skip)]
    pub(crate) more: Vec<f64>,
    #[serde(skip)]
    pub(crate) note: &'static str,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn row(contender: &'static str, variant: &'static str, ns: f64) -> Row {
        Row {
            contender,
            variant,
            ns,
            total_cpu_ns: 1650.0,
            allocations: Some(0.0),
            floor_ratio: 1.18,
            peer_ratio: Some(0.25),
            more: Vec::new(),
            note: "closures",
        }
    }

    #[test]
    fn the_file_has_the_figures_by_name() {
        let json = serde_json::to_value([row("xray-sdk", "sampled", 141.2)]).expect("JSON");
        assert_eq!(
            json,
            serde_json::json!([{
                "contender": "xray-sdk", "variant": "sampled", "ns": 141.2, "total_cpu_ns": 1650.0,
                "allocations": 0.0, "floor_ratio": 1.18,
            }])
        );
        let uncounted = Row {
            allocations: None,
            ..row("axum", "http-plain", 141.2)
        };
        let json = serde_json::to_value(uncounted).expect("JSON");
        assert_eq!(json.get("allocations"), None);
    }
}
