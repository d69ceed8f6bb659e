use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Instructions may differ by this part of what is expected: random numbers, and where things lie in memory.
const MARGIN: f64 = 0.05;

/// What each request is expected to cost, and with which compiler that was found.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Expected {
    /// Another compiler makes other code: its instructions are not comparable.
    compiler: String,
    architecture: String,
    /// By contender and variant.
    pub(super) requests: BTreeMap<String, Figures>,
}

/// The cost of one request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    /// None where they are not counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) allocations: Option<f64>,
    pub(super) instructions: u64,
}

impl Expected {
    /// Nothing yet, by this compiler.
    pub(super) fn of_this_build() -> Self {
        Self {
            compiler: env!("OVERHEAD_RUSTC").to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            requests: BTreeMap::new(),
        }
    }

    pub(super) fn read(file: &Path) -> Result<Self, Box<dyn Error>> {
        let text = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()).into())
    }

    pub(super) fn write(&self, file: &Path) -> Result<(), Box<dyn Error>> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()).into())
    }

    fn is_comparable(&self, measured: &Self) -> bool {
        (&self.compiler, &self.architecture) == (&measured.compiler, &measured.architecture)
    }

    /// What was measured and what was expected, as a table.
    pub(super) fn beside(&self, measured: &Self) -> String {
        let mut text = format!(
            "{:<30} {:>11} {:>9} {:>13} {:>9}\n",
            "one request", "allocations", "expected", "instructions", "expected"
        );
        for (name, figures) in &measured.requests {
            let expected = self.requests.get(name);
            let told = |number: Option<f64>| number.map_or("-".to_owned(), |n| n.to_string());
            text.push_str(&format!(
                "{name:<30} {:>11} {:>9} {:>13} {:>9}\n",
                told(figures.allocations),
                told(expected.and_then(|figures| figures.allocations)),
                figures.instructions,
                told(expected.map(|figures| figures.instructions as f64)),
            ));
        }
        if !self.is_comparable(measured) {
            text.push_str(&format!(
                "instructions are not compared: {} on {} is expected, this is {} on {}\n",
                self.compiler, self.architecture, measured.compiler, measured.architecture
            ));
        }
        text
    }

    /// All that is not as expected, a line each.
    pub(super) fn differences(&self, measured: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        for (name, figures) in &measured.requests {
            let Some(expected) = self.requests.get(name) else {
                differences.push(format!("{name} is not in the file"));
                continue;
            };
            if figures.allocations != expected.allocations {
                let told =
                    |number: Option<f64>| number.map_or("uncounted".to_owned(), |n| n.to_string());
                differences.push(format!(
                    "{name}: {} allocations for each request, {} were expected",
                    told(figures.allocations),
                    told(expected.allocations)
                ));
            }
            let ratio = figures.instructions as f64 / expected.instructions as f64;
            if self.is_comparable(measured) && !((1.0 - MARGIN)..=(1.0 + MARGIN)).contains(&ratio) {
                differences.push(format!(
                    "{name}: {} instructions for each request, {} were expected ({:+.1} %)",
                    figures.instructions,
                    expected.instructions,
                    (ratio - 1.0) * 100.0
                ));
            }
        }
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(allocations: f64, instructions: u64) -> Expected {
        let figures = Figures {
            allocations: Some(allocations),
            instructions,
        };
        Expected {
            requests: BTreeMap::from([("xray-sdk/sampled".to_owned(), figures)]),
            ..Expected::of_this_build()
        }
    }

    #[test]
    fn one_allocation_more_or_less_is_a_difference() {
        assert!(of(0.0, 1000).differences(&of(0.0, 1000)).is_empty());
        assert_eq!(of(0.0, 1000).differences(&of(0.001, 1000)).len(), 1);
        assert_eq!(of(4.0, 1000).differences(&of(3.0, 1000)).len(), 1);
    }

    #[test]
    fn instructions_may_differ_by_five_in_a_hundred() {
        for (instructions, differences) in [(1050, 0), (950, 0), (1051, 1), (949, 1)] {
            assert_eq!(
                of(0.0, 1000).differences(&of(0.0, instructions)).len(),
                differences,
                "{instructions}"
            );
        }
    }

    #[test]
    fn another_compilers_instructions_are_not_compared_but_its_allocations_are() {
        let other = Expected {
            compiler: "rustc 1.0".to_owned(),
            ..of(0.0, 1000)
        };
        assert!(other.differences(&of(0.0, 9000)).is_empty());
        assert!(other.beside(&of(0.0, 9000)).contains("not compared"));
        assert_eq!(other.differences(&of(1.0, 1000)).len(), 1);
    }

    #[test]
    fn what_is_not_in_the_file_is_a_difference() {
        assert_eq!(Expected::of_this_build().differences(&of(0.0, 1)).len(), 1);
    }
}
