use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::{Clock, Moment};
use crate::sampling::central::transport::{Failure, Operation, Transport};

/// X-Ray as far as sampling goes, shared by the processes of a test. Each gets an equal part of every reservoir.
#[derive(Clone)]
pub(super) struct XRay {
    pub(super) clock: Clock,
    state: Arc<Mutex<State>>,
}

pub(super) struct State {
    pub(super) rules: Vec<Value>,
    /// In epoch seconds.
    pub(super) modification: f64,
    pub(super) rules_a_page: usize,
    pub(super) is_reachable: bool,
    /// How long an answer takes.
    pub(super) answer_time: Duration,
    /// The page that each page of rules names as the next, in place of the right one.
    pub(super) next_page: Option<&'static str>,
    /// What comes in place of the answer to a report.
    pub(super) failures: Vec<Failure>,
    /// Fields of the targets, in place of those that X-Ray would tell.
    pub(super) target: Value,
    /// Whether processes get parts of reservoirs at all.
    pub(super) has_quotas: bool,
    /// Rules of which no statistics are taken, with the error.
    pub(super) refused: BTreeMap<String, &'static str>,
    /// When it was asked what, whether it answered or not.
    pub(super) calls: Vec<(Operation, Moment)>,
    pub(super) reports: Vec<Value>,
    /// What was told of each rule, summed up.
    pub(super) told: BTreeMap<String, Told>,
    clients: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) requests: u64,
    pub(super) sampled: u64,
    pub(super) borrowed: u64,
}

impl XRay {
    pub(super) fn new(rules: Vec<Value>) -> Self {
        Self {
            clock: Clock::manual(Duration::from_secs(1_700_000_000)),
            state: Arc::new(Mutex::new(State {
                rules,
                modification: 1_600_000_000.0,
                rules_a_page: 100,
                is_reachable: true,
                answer_time: Duration::ZERO,
                next_page: None,
                failures: Vec::new(),
                target: json!({}),
                has_quotas: true,
                refused: BTreeMap::new(),
                calls: Vec::new(),
                reports: Vec::new(),
                told: BTreeMap::new(),
                clients: BTreeMap::new(),
            })),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panicked")
    }

    pub(super) fn epoch_seconds(&self) -> f64 {
        f64::from(self.clock.epoch_seconds(self.clock.now()))
    }

    /// Changes the rules, now.
    pub(super) fn change(&self, rules: Vec<Value>) {
        let now = self.epoch_seconds();
        let mut state = self.state();
        state.rules = rules;
        state.modification = now;
    }

    pub(super) fn told(&self, rule: &str) -> Told {
        self.state().told.get(rule).copied().unwrap_or_default()
    }

    pub(super) fn calls(&self, operation: Operation) -> usize {
        let calls = &self.state().calls;
        calls.iter().filter(|(of, _)| *of == operation).count()
    }
}

/// A rule as X-Ray tells it, for all requests unless `more` says otherwise.
pub(super) fn rule(name: &str, priority: u32, reservoir: u32, rate: f64, more: &Value) -> Value {
    let mut rule = json!({
        "RuleName": name, "Priority": priority, "ReservoirSize": reservoir, "FixedRate": rate, "Version": 1,
        "RuleARN": format!("arn:aws:xray:eu-west-1:123456789012:sampling-rule/{name}"), "ResourceARN": "*",
        "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Attributes": {},
    });
    let fields = more.as_object().expect("fields").clone();
    rule.as_object_mut().expect("a rule").extend(fields);
    rule
}

impl Transport for XRay {
    fn post(&mut self, operation: Operation, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let now = self.epoch_seconds();
        let mut state = self.state();
        state.calls.push((operation, self.clock.now()));
        self.clock.advance(state.answer_time);
        if !state.is_reachable {
            return Err(Failure::Unreachable("nobody is there".to_owned()));
        }
        let question: Value = serde_json::from_slice(&body).expect("JSON");
        let answer = match operation {
            Operation::Rules => state.page(&question),
            Operation::Targets if !state.failures.is_empty() => {
                return Err(state.failures.remove(0));
            }
            Operation::Targets => state.targets(&question, now),
        };
        Ok(answer.to_string().into_bytes())
    }
}

impl State {
    fn page(&self, question: &Value) -> Value {
        let start: usize = match &question["NextToken"] {
            Value::String(token) => token.parse().expect("a token of this page's"),
            _ => 0,
        };
        let rules = self.rules.iter().skip(start).take(self.rules_a_page);
        let records: Vec<_> = rules
            .map(|rule| json!({"SamplingRule": rule, "CreatedAt": 0.0, "ModifiedAt": 1.7e9}))
            .collect();
        let end = start + records.len();
        let next = (end < self.rules.len()).then(|| end.to_string());
        let next = self.next_page.map(str::to_owned).or(next);
        json!({"SamplingRuleRecords": records, "NextToken": next})
    }

    fn targets(&mut self, question: &Value, now: f64) -> Value {
        self.reports.push(question.clone());
        let statistics = question["SamplingStatisticsDocuments"]
            .as_array()
            .expect("a list");
        assert!(statistics.len() <= 25, "X-Ray takes 25 at most");
        let (mut targets, mut unprocessed) = (Vec::new(), Vec::new());
        for document in statistics {
            let name = document["RuleName"].as_str().expect("a name").to_owned();
            let client = document["ClientID"].as_str().expect("an id").to_owned();
            let timestamp = document["Timestamp"].as_f64().expect("a time");
            assert!(client.len() == 24 && client.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!((timestamp - now).abs() <= 1.0);
            if let Some(error) = self.refused.get(&name) {
                unprocessed.push(json!({"RuleName": name, "ErrorCode": error, "Message": "no"}));
                continue;
            }
            let count = |key: &str| document[key].as_u64().expect("a count");
            let told = self.told.entry(name.clone()).or_default();
            told.requests += count("RequestCount");
            told.sampled += count("SampledCount");
            told.borrowed += count("BorrowCount");
            let clients = self.clients.entry(name.clone()).or_default();
            if !clients.contains(&client) {
                clients.push(client.clone());
            }
            let Some(rule) = self.rules.iter().find(|rule| rule["RuleName"] == *name) else {
                continue;
            };
            let mut target =
                json!({"RuleName": name, "FixedRate": rule["FixedRate"], "Interval": 10});
            if self.has_quotas {
                // Two processes are known to be there: before both were heard of, nobody gets the other's part.
                let parts = clients.len().max(2) as u64;
                let place = clients
                    .iter()
                    .position(|other| *other == client)
                    .unwrap_or(0);
                let size = rule["ReservoirSize"].as_u64().expect("a size");
                let extra = u64::from((place as u64) < size % parts);
                target["ReservoirQuota"] = json!(size / parts + extra);
                target["ReservoirQuotaTTL"] = json!(now + 300.0);
            }
            let fields = self.target.as_object().expect("fields").clone();
            target.as_object_mut().expect("a target").extend(fields);
            targets.push(target);
        }
        json!({
            "SamplingTargetDocuments": targets, "LastRuleModification": self.modification,
            "UnprocessedStatistics": unprocessed, "UnprocessedBoostStatistics": [],
        })
    }
}
