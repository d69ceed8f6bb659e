//! What is sampled, as the page tells it: how rules are used, what clients report, and why requests were recorded.

use serde::Serialize;
use xray_sdk::document::{Document, Trace};

use crate::control::Control;
use crate::query::TimeRange;
use crate::sampling::{Reported, RuleName, Rules, SampledRequest, Trial, Use};
use crate::store::Store;
use crate::trace::{Anatomy, Outcome};

/// How many decisions are told: a screen or two, each of which takes reading a trace.
const DECISIONS: usize = 30;

/// How the rules are used.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct SamplingActivity {
    rules: Vec<Use>,
    /// The latest first.
    reports: Vec<Reported>,
}

/// A request that was recorded. Those that were not send nothing.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct RecordedRequest {
    id: String,
    /// In seconds since 1970.
    time: f64,
    outcome: &'static str,
    service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The rule by which its segment says that it was recorded. None where the caller or the program decided, or an SDK that does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// How it falls under the rules as they are now.
    trials: Vec<Trial>,
}

/// Which rule a request would fall under.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct SamplingExplanation {
    trials: Vec<Trial>,
    /// How the rule that decides is used.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    decides: Option<Use>,
}

impl SamplingActivity {
    pub(crate) fn of(control: &Control) -> Self {
        control.sampling(|sampling, now| Self {
            rules: sampling.uses(now),
            reports: sampling.reports(),
        })
    }
}

impl SamplingExplanation {
    pub(crate) fn of(control: &Control, request: &SampledRequest) -> Self {
        control.sampling(|sampling, now| {
            let trials = sampling.rules().explain(request);
            let rule: Option<RuleName> = trials.last().map(|trial| trial.rule.clone());
            let mut uses = sampling.uses(now).into_iter();
            Self {
                decides: uses.find(|used| Some(&used.rule) == rule.as_ref()),
                trials,
            }
        })
    }
}

impl RecordedRequest {
    /// The latest of a time range, the latest first.
    pub(crate) fn latest(store: &Store, control: &Control, range: &TimeRange) -> Vec<Self> {
        let rules = control.sampling(|sampling, _| sampling.rules().clone());
        let newest = store.page(range, None, DECISIONS).traces.into_iter();
        newest
            .filter_map(|(_, snapshot, _)| Self::of(&snapshot.assemble(), &rules))
            .collect()
    }

    /// `None` while the segment where the trace begins has not come.
    fn of(trace: &Trace, rules: &Rules) -> Option<Self> {
        let anatomy = Anatomy::of(trace);
        let root = anatomy.root()?.document;
        let request = root.request().cloned().unwrap_or_default();
        let xray = root.aws.as_ref().and_then(|aws| aws.xray.as_ref());
        Some(Self {
            id: trace.id().to_string(),
            time: root.start_time,
            outcome: Outcome::of(root).as_str(),
            service: root.name.clone(),
            rule: xray.and_then(|xray| xray.sampling_rule_name.clone()),
            trials: rules.explain(&sampled(root)),
            method: request.method,
            url: request.url,
        })
    }
}

/// What was known of a request when it was decided on, as far as its segment tells.
fn sampled(root: &Document) -> SampledRequest {
    let request = root.request().cloned().unwrap_or_default();
    let url = request.url.as_deref().and_then(parts);
    let (host, path) = url.unzip();
    SampledRequest {
        service: Some(root.name.clone()),
        service_type: root.origin.clone(),
        host,
        method: request.method,
        path,
        arn: root.resource_arn.clone(),
        ..SampledRequest::default()
    }
}

/// The host of a URL without its port, and the path without the query.
fn parts(url: &str) -> Option<(String, String)> {
    let uri: axum::http::Uri = url.parse().ok()?;
    Some((uri.host()?.to_owned(), uri.path().to_owned()))
}
