use std::sync::Arc;

use crate::assemble::block::Common;
use crate::document::Service;
use crate::notice::Notices;
use crate::origin::{Findings, Whereabouts};

/// What all segments say of the service, and of where it runs.
pub(crate) struct Description {
    service: Service,
    /// Said in code: it wins over what was found out.
    origin: Option<String>,
    /// The same for its ARN.
    resource_arn: Option<String>,
    whereabouts: Arc<Whereabouts>,
}

impl Description {
    pub(crate) fn new(
        version: Option<String>,
        origin: Option<String>,
        resource_arn: Option<String>,
        whereabouts: Arc<Whereabouts>,
    ) -> Self {
        Self {
            service: Service {
                version,
                runtime: Some("rustc".to_owned()),
                ..Service::default()
            },
            origin,
            resource_arn,
            whereabouts,
        }
    }

    /// The kind of AWS resource that the service runs on, as far as it is known by now. Takes no lock.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin_with(self.whereabouts.known())
    }

    /// The ARN of that resource, as far as it is known by now. Takes no lock.
    pub(crate) fn resource_arn(&self) -> Option<&str> {
        let said = self.resource_arn.as_deref();
        said.or_else(|| self.whereabouts.known().resource_arn())
    }

    fn origin_with<'a>(&'a self, findings: &'a Findings) -> Option<&'a str> {
        self.origin.as_deref().or_else(|| findings.origin())
    }

    /// What is known at the start.
    pub(crate) fn at_start(&self, notices: &Notices) -> Common {
        self.common(self.whereabouts.known(), notices)
    }

    /// What was found out since then: none so long as nothing was.
    pub(crate) fn later(&self, notices: &Notices) -> Option<Common> {
        let findings = self.whereabouts.later()?;
        Some(self.common(findings, notices))
    }

    fn common(&self, findings: &Findings, notices: &Notices) -> Common {
        for problem in findings.problems() {
            notices.tell_once(problem, || problem.clone());
        }
        let mut fields = Vec::new();
        if let Some(origin) = self.origin_with(findings) {
            fields.push(format!("\"origin\":{}", serde_json::Value::from(origin)));
        }
        if let Ok(service) = serde_json::to_string(&self.service) {
            fields.push(format!("\"service\":{service}"));
        }
        Common {
            fields: fields.join(","),
            aws: findings.fields(),
        }
    }
}
