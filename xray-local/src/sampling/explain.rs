//! Which rule a request falls under, and why no other one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xray_sdk::sampling::Pattern;

use super::name::RuleName;
use super::rules::Rules;

/// What is known of a request before it is decided on. What is not known matches every rule, but for attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SampledRequest {
    /// The name of the service.
    pub service: Option<String>,
    /// What the service runs on, as `AWS::ECS::Container`.
    #[serde(rename = "type")]
    pub service_type: Option<String>,
    /// The host that was asked for, without its port.
    pub host: Option<String>,
    /// The HTTP method.
    pub method: Option<String>,
    /// The path of the URL.
    pub path: Option<String>,
    /// The ARN of the resource that the service runs on.
    pub arn: Option<String>,
    /// What else is known. An attribute that a rule asks for and that is not here does not match.
    #[serde(skip)]
    pub attributes: BTreeMap<String, String>,
}

/// A rule that was tried on a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Trial {
    pub(crate) rule: RuleName,
    pub(crate) priority: u32,
    /// Why it does not match; none where it does, and decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mismatch: Option<Mismatch>,
}

/// The first field of a rule that a request does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The name of the field, as the API has it: `URLPath`, `Attributes.tier`.
    pub field: String,
    /// The pattern that the rule has there.
    pub expected: String,
    /// What the request has there; `None` where an attribute is not known.
    pub found: Option<String>,
}

impl Rules {
    /// The rules that are tried on a request, in their order. The last one matches, and decides.
    pub(crate) fn explain(&self, request: &SampledRequest) -> Vec<Trial> {
        let mut trials = Vec::new();
        for record in self.records() {
            let rule = &record.sampling_rule;
            let mismatch = request.mismatch(rule.patterns(), rule.attributes());
            let is_match = mismatch.is_none();
            trials.push(Trial {
                rule: rule.rule_name.clone(),
                priority: rule.priority,
                mismatch,
            });
            if is_match {
                break;
            }
        }
        trials
    }
}

impl SampledRequest {
    /// The first thing in which the request is not what a rule is for; `None` where the rule matches. `patterns` are the fields of the
    /// rule by their names in the API (`ServiceName`, `ServiceType`, `Host`, `HTTPMethod`, `URLPath`, `ResourceARN`), `attributes` those that
    /// it asks for.
    ///
    /// ```
    /// use xray_local::SampledRequest;
    ///
    /// let request = SampledRequest { path: Some("/orders".to_owned()), ..SampledRequest::default() };
    /// let mismatch = request.mismatch([("Host", "shop.*"), ("URLPath", "/health")], []);
    /// assert_eq!(mismatch.map(|mismatch| mismatch.field).as_deref(), Some("URLPath"));
    /// ```
    pub fn mismatch<'r>(
        &self,
        patterns: impl IntoIterator<Item = (&'r str, &'r str)>,
        attributes: impl IntoIterator<Item = (&'r str, &'r str)>,
    ) -> Option<Mismatch> {
        let mut unlike = patterns.into_iter().filter_map(|(field, pattern)| {
            let found = self.known(field)?;
            (!Pattern::new(pattern).matches(found)).then(|| Mismatch {
                field: field.to_owned(),
                expected: pattern.to_owned(),
                found: Some(found.to_owned()),
            })
        });
        unlike.next().or_else(|| {
            let mut attributes = attributes.into_iter().filter_map(|(name, pattern)| {
                let found = self.attributes.get(name);
                let is_match = found.is_some_and(|found| Pattern::new(pattern).matches(found));
                (!is_match).then(|| Mismatch {
                    field: format!("Attributes.{name}"),
                    expected: pattern.to_owned(),
                    found: found.cloned(),
                })
            });
            attributes.next()
        })
    }

    /// What is known of a field of rules.
    fn known(&self, field: &str) -> Option<&str> {
        let known = match field {
            "ServiceName" => &self.service,
            "ServiceType" => &self.service_type,
            "Host" => &self.host,
            "HTTPMethod" => &self.method,
            "URLPath" => &self.path,
            "ResourceARN" => &self.arn,
            _ => &None,
        };
        known.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::Definition;

    fn rules(definitions: &[&str]) -> Rules {
        let mut rules = Rules::default();
        for definition in definitions {
            let any = r#""ResourceARN":"*","FixedRate":0.5,"ReservoirSize":1,"ServiceType":"*","Version":1"#;
            let json = format!("{{{any},{definition}}}");
            let definition: Definition = serde_json::from_str(&json).expect("a definition");
            rules.create(definition, 0.0).expect("is fit");
        }
        rules
    }

    fn told(rules: &Rules, request: &SampledRequest) -> Vec<String> {
        let line = |trial: &Trial| match &trial.mismatch {
            None => format!("{} matches", trial.rule),
            Some(mismatch) => format!(
                "{}: {} {} is not {}",
                trial.rule,
                mismatch.field,
                mismatch.found.as_deref().unwrap_or("(none)"),
                mismatch.expected
            ),
        };
        rules.explain(request).iter().map(line).collect()
    }

    fn request(method: &str, path: &str) -> SampledRequest {
        SampledRequest {
            service: Some("front".to_owned()),
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            ..SampledRequest::default()
        }
    }

    #[test]
    fn rules_are_tried_by_priority_until_one_matches() {
        let rules = rules(&[
            r#""RuleName":"late","Priority":20,"ServiceName":"*","Host":"*","HTTPMethod":"*","URLPath":"/orders/*""#,
            r#""RuleName":"posts","Priority":10,"ServiceName":"fr?nt","Host":"*","HTTPMethod":"POST","URLPath":"*""#,
        ]);
        assert_eq!(
            told(&rules, &request("GET", "/orders/7")),
            ["posts: HTTPMethod GET is not POST", "late matches"]
        );
        assert_eq!(told(&rules, &request("post", "/")), ["posts matches"]);
        assert_eq!(
            told(&rules, &request("GET", "/")),
            [
                "posts: HTTPMethod GET is not POST",
                "late: URLPath / is not /orders/*",
                "Default matches"
            ]
        );
    }

    #[test]
    fn what_is_not_known_matches_but_for_attributes() {
        let rules = rules(&[
            r#""RuleName":"vip","Priority":1,"ServiceName":"*","Host":"shop.*","HTTPMethod":"*","URLPath":"*","Attributes":{"tier":"gold"}"#,
        ]);
        let mut request = request("GET", "/");
        assert_eq!(
            told(&rules, &request),
            ["vip: Attributes.tier (none) is not gold", "Default matches"]
        );
        request
            .attributes
            .insert("tier".to_owned(), "gold".to_owned());
        assert_eq!(told(&rules, &request), ["vip matches"]);
    }
}
