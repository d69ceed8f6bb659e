use xray_sdk::sampling::Pattern;

/// What a key may do: the actions of IAM, without `xray:`.
#[derive(Debug, Default)]
pub(super) struct Actions {
    patterns: Vec<Pattern>,
}

/// The actions of X-Ray that IAM knows: each operation, and three that nothing here needs; and `DeleteTraces`, which only this server has.
const ACTIONS: &[&str] = &[
    "BatchGetTraces",
    "CancelTraceRetrieval",
    "CreateGroup",
    "CreateSamplingRule",
    "DeleteGroup",
    "DeleteResourcePolicy",
    "DeleteSamplingRule",
    "DeleteTraces",
    "GetEncryptionConfig",
    "GetGroup",
    "GetGroups",
    "GetIndexingRules",
    "GetInsight",
    "GetInsightEvents",
    "GetInsightImpactGraph",
    "GetInsightSummaries",
    "GetRetrievedTracesGraph",
    "GetSamplingRules",
    "GetSamplingStatisticSummaries",
    "GetSamplingTargets",
    "GetServiceGraph",
    "GetTimeSeriesServiceStatistics",
    "GetTraceGraph",
    "GetTraceSegmentDestination",
    "GetTraceSummaries",
    "Link",
    "ListResourcePolicies",
    "ListRetrievedTraces",
    "ListTagsForResource",
    "PutEncryptionConfig",
    "PutResourcePolicy",
    "PutSpans",
    "PutSpansForIndexing",
    "PutTelemetryRecords",
    "PutTraceSegments",
    "StartTraceRetrieval",
    "TagResource",
    "UntagResource",
    "UpdateGroup",
    "UpdateIndexingRule",
    "UpdateSamplingRule",
    "UpdateTraceSegmentDestination",
];

/// The policies that AWS manages, with the actions of each.
const POLICIES: &[(&str, &[&str])] = &[
    ("AWSXRayDaemonWriteAccess", WRITE),
    ("AWSXrayWriteOnlyAccess", WRITE),
    (
        "AWSXrayReadOnlyAccess",
        &[
            "xray:BatchGet*",
            "xray:CancelTraceRetrieval",
            "xray:Get*",
            "xray:ListResourcePolicies",
            "xray:ListRetrievedTraces",
            "xray:ListTagsForResource",
            "xray:StartTraceRetrieval",
        ],
    ),
    ("AWSXrayFullAccess", &["xray:*"]),
];

const WRITE: &[&str] = &[
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
];

impl Actions {
    /// Adds the actions that a pattern means. Fails with what was expected.
    pub(super) fn add(&mut self, action: &str) -> Result<(), String> {
        let pattern = match action.split_once(':') {
            _ if action == "*" => "*",
            Some((service, pattern))
                if service.eq_ignore_ascii_case("xray") && !pattern.is_empty() =>
            {
                pattern
            }
            _ => {
                return Err(format!(
                    "the action {action:?} is none of X-Ray: expected xray: and an operation, as in xray:PutTraceSegments or xray:Get*"
                ));
            }
        };
        let matching = Pattern::new(pattern);
        if !ACTIONS.iter().any(|action| matching.matches(action)) {
            return Err(unknown(action, pattern));
        }
        self.patterns.push(matching);
        Ok(())
    }

    /// Adds the actions of a policy. Fails with the policies that there are.
    pub(super) fn add_policy(&mut self, policy: &str) -> Result<(), String> {
        let Some((_, actions)) = POLICIES.iter().find(|(name, _)| *name == policy) else {
            let known: Vec<_> = POLICIES.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "the policy {policy:?} is not known: expected one of {}",
                known.join(", ")
            ));
        };
        actions.iter().try_for_each(|action| self.add(action))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    pub(super) fn permit(&self, operation: &str) -> bool {
        self.patterns
            .iter()
            .any(|pattern| pattern.matches(operation))
    }
}

fn unknown(action: &str, pattern: &str) -> String {
    let near = ACTIONS
        .iter()
        .map(|known| (distance(known, pattern), known));
    // From a third of the letters on it is another word.
    let near = near.filter(|(distance, known)| distance * 3 < known.len());
    let nearest = near.min_by_key(|(distance, _)| *distance);
    match (pattern.contains(['*', '?']), nearest) {
        (true, Some((_, nearest))) => format!(
            "the action {action:?} names no operation of X-Ray: expected one such as xray:Get* or xray:{nearest}"
        ),
        (true, None) => format!(
            "the action {action:?} names no operation of X-Ray: expected one such as xray:Get*"
        ),
        (false, Some((_, nearest))) => {
            format!("X-Ray has no action {action:?}: is xray:{nearest} meant?")
        }
        (false, None) => format!(
            "X-Ray has no action {action:?}: expected xray: and an operation, as in xray:PutTraceSegments or xray:Get*"
        ),
    }
}

/// How many letters have to be changed, added or left out to make one name of the other, whatever their case.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    let mut costs: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.bytes().enumerate() {
        let mut before = costs[0];
        costs[0] = row + 1;
        for (column, with) in other.bytes().enumerate() {
            let changed = before + usize::from(letter != with);
            before = costs[column + 1];
            costs[column + 1] = changed.min(before + 1).min(costs[column] + 1);
        }
    }
    costs[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(names: &[&str]) -> Actions {
        let mut actions = Actions::default();
        for name in names {
            actions.add(name).expect("an action");
        }
        actions
    }

    #[test]
    fn an_action_permits_the_operations_that_it_names() {
        let reader = actions(&["xray:Get*", "XRAY:batchgettraces"]);
        assert!(reader.permit("GetTraceSummaries"));
        assert!(reader.permit("BatchGetTraces"));
        assert!(!reader.permit("PutTraceSegments"));
        assert!(actions(&["*"]).permit("DeleteGroup"));
        assert!(!Actions::default().permit("GetGroups"));
    }

    #[test]
    fn a_policy_permits_what_it_permits_with_aws() {
        let policy = |name| {
            let mut actions = Actions::default();
            actions.add_policy(name).expect("a policy");
            actions
        };
        let daemon = policy("AWSXRayDaemonWriteAccess");
        assert!(daemon.permit("PutTraceSegments") && daemon.permit("GetSamplingTargets"));
        assert!(!daemon.permit("DeleteTraces"));
        assert!(!daemon.permit("GetTraceSummaries"));
        let reader = policy("AWSXrayReadOnlyAccess");
        assert!(reader.permit("GetServiceGraph") && reader.permit("ListRetrievedTraces"));
        assert!(!reader.permit("CreateGroup") && !reader.permit("PutTraceSegments"));
        assert!(!reader.permit("DeleteTraces"));
        assert!(policy("AWSXrayFullAccess").permit("PutResourcePolicy"));
    }

    #[test]
    fn what_names_nothing_of_x_ray_is_refused() {
        for action in ["", "xray:", "s3:GetObject", "GetTraceSummaries"] {
            let problem = Actions::default().add(action).expect_err("none");
            assert!(problem.contains("expected xray:"), "{problem}");
        }
        for (action, nearest) in [
            ("xray:PutTraceSegment", "xray:PutTraceSegments meant?"),
            ("xray:getservicegraphs", "xray:GetServiceGraph meant?"),
            ("xray:BatchGetTrace*s*s", "xray:BatchGetTraces"),
        ] {
            let problem = Actions::default().add(action).expect_err("none");
            assert!(problem.contains(nearest), "{problem}");
        }
        for far in ["xray:Nope", "xray:Zz*", "xray:ReadAllTraces"] {
            let problem = Actions::default().add(far).expect_err("none");
            assert!(!problem.contains("meant?"), "{problem}");
            assert!(problem.contains("xray:Get*"), "{problem}");
            assert!(!problem.contains("xray:Link"), "{problem}");
        }
        let problem = Actions::default().add_policy("Admin").expect_err("none");
        assert!(problem.contains("AWSXrayFullAccess"), "{problem}");
    }
}
