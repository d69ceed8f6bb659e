use serde::Serialize;

/// The figures of one contender and variant, each for one request.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) contender: &'static str,
    pub(crate) variant: &'static str,
    /// Nanoseconds on the request path.
    pub(crate) ns: f64,
    /// Nanoseconds of CPU time, in the background too.
    pub(crate) total_cpu_ns: f64,
    /// Heap allocations on the request path.
    pub(crate) allocations: f64,
    /// `ns` by that of the floor, in the same round.
    pub(crate) floor_ratio: f64,
    /// Between these were the middle half of the rounds' `ns`.
    #[serde(skip)]
    pub(crate) quartiles: (f64, f64),
    #[serde(skip)]
    pub(crate) note: &'static str,
}

/// What the columns mean.
const LEGEND: &str = "\
ns: request path of one request, median over the rounds (middle half of the rounds)
x floor: that by the floor's of the same round, median over the rounds
total CPU: nanoseconds of CPU time of the whole process for one request, background threads and waiting for them included
allocations: on the request path
";

/// The table as text: `head`, a line for each row, and what the columns mean.
pub(crate) fn text(head: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "{head}\n\n{:<16} {:<15} {:>8} {:>15} {:>8} {:>10} {:>12}  {}\n",
        "contender", "variant", "ns", "", "x floor", "total CPU", "allocations", "how",
    );
    for row in rows {
        let (low, high) = row.quartiles;
        text.push_str(&format!(
            "{:<16} {:<15} {:>8.1} {:>15} {:>8.2} {:>10.1} {:>12.2}  {}\n",
            row.contender,
            row.variant,
            row.ns,
            format!("({low:.1}..{high:.1})"),
            row.floor_ratio,
            row.total_cpu_ns,
            row.allocations,
            row.note,
        ));
    }
    text.push('\n');
    text.push_str(LEGEND);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            contender: "xray-sdk",
            variant: "sampled",
            ns: 141.2,
            total_cpu_ns: 1650.0,
            allocations: 0.0,
            floor_ratio: 1.18,
            quartiles: (140.0, 143.04),
            note: "closures",
        }
    }

    #[test]
    fn a_line_stands_below_its_heads() {
        let text = text("machine", &[row()]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "machine");
        assert_eq!(
            lines[2],
            "contender        variant               ns                  x floor  total CPU  allocations  how"
        );
        assert_eq!(
            lines[3],
            "xray-sdk         sampled            141.2  (140.0..143.0)     1.18     1650.0         0.00  closures"
        );
    }

    #[test]
    fn the_file_has_the_figures_by_name() {
        let json = serde_json::to_value([row()]).expect("a row is JSON");
        assert_eq!(
            json,
            serde_json::json!([{
                "contender": "xray-sdk", "variant": "sampled", "ns": 141.2, "total_cpu_ns": 1650.0,
                "allocations": 0.0, "floor_ratio": 1.18,
            }])
        );
    }
}
