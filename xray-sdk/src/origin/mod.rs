//! Where the program runs, found out by itself: what the official SDKs have plugins for.

mod account;
mod answer;
mod beanstalk;
mod container;
mod ec2;
mod ecs;
mod eks;
mod endpoint;
mod fact;
mod finding;
mod log_group;
mod surroundings;
mod whereabouts;

pub(crate) use finding::Findings;
pub use surroundings::Surroundings;
pub(crate) use whereabouts::Whereabouts;

use std::time::Duration;

use crate::error::Error;
use endpoint::Endpoint;

/// What a recorder finds out about where its program runs, for the `origin` and the `aws` block of its segments.
///
/// A recorder looks by itself, as if given [`Origins::detect`]. What environment variables and files tell is in every segment:
///
/// | the program runs | which is seen by | and told as |
/// | --- | --- | --- |
/// | on Elastic Beanstalk | its file `environment.conf` for X-Ray | `AWS::ElasticBeanstalk::Environment`: environment, version, deployment |
/// | on EKS | a service account's token issued by EKS, or a cluster that was named | `AWS::EKS::Container`: cluster (when named), pod, container |
/// | on ECS | `ECS_CONTAINER_METADATA_URI_V4` or `ECS_CONTAINER_METADATA_URI` | `AWS::ECS::Container`: host name, container, its ARN, its log group |
/// | on EC2 | the maker's name of the machine | `AWS::EC2::Instance`: instance, zone, size, image |
///
/// All that is found is told; the origin is the first in this order. `AWS_LOG_GROUP` and the CloudWatch agent's log groups are told as
/// `cloudwatch_logs`, with their ARNs when the account is known.
///
/// ECS and EC2 have to be asked for the details, at the address that ECS has set in its variable, and at the instance's own
/// (169.254.169.254, or what a variable names). That takes a second at most, and longer only where the address has a host name that is
/// slow to resolve. It happens on a short-lived thread: segments that are sent before the answer has come carry what is known, and later
/// ones all of it. Nothing is asked elsewhere; the instance is not asked from within containers of ECS and EKS, where its address is often out of reach.
///
/// `AWS_XRAY_ORIGINS=none` turns it off and wins over code, `AWS_EC2_METADATA_DISABLED=true` only what asks the instance. In Lambda
/// functions nothing is looked for.
///
/// ```
/// use xray_sdk::{Origins, Recorder};
///
/// let recorder = Recorder::builder("checkout")
///     .origins(Origins::detect().cluster_name("shop").log_group("/shop/checkout"))
///     .build()?;
/// # Ok::<(), xray_sdk::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a recorder has to be given it"]
pub struct Origins {
    detection: Detection,
    cluster_name: Option<String>,
    log_groups: Vec<String>,
    surroundings: Option<Surroundings>,
}

/// Whether a recorder finds out by itself where its program runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Detection {
    Automatic,
    Off,
}

/// The environment variable that turns detection off and on.
pub(crate) const VARIABLE: &str = "AWS_XRAY_ORIGINS";

impl Origins {
    /// What can be found out.
    pub fn detect() -> Self {
        Self {
            detection: Detection::Automatic,
            cluster_name: None,
            log_groups: Vec::new(),
            surroundings: None,
        }
    }

    /// What can be found out in other surroundings than those of the process. For tests.
    pub fn detect_in(surroundings: &Surroundings) -> Self {
        Self {
            surroundings: Some(surroundings.clone()),
            ..Self::detect()
        }
    }

    /// Nothing but what is said here, and what `AWS_LOG_GROUP` names.
    pub fn none() -> Self {
        Self {
            detection: Detection::Off,
            ..Self::detect()
        }
    }

    /// The name of the EKS cluster, which a pod cannot see. Said of nothing outside Kubernetes. `AWS_XRAY_EKS_CLUSTER_NAME` wins
    /// over it.
    pub fn cluster_name(self, name: impl Into<String>) -> Self {
        Self {
            cluster_name: Some(name.into()),
            ..self
        }
    }

    /// A group of CloudWatch Logs that the program writes to, so that its logs can be found from its traces. May be called several
    /// times.
    pub fn log_group(mut self, name: impl Into<String>) -> Self {
        self.log_groups.push(name.into());
        self
    }

    pub(crate) fn with_detection(self, detection: Detection) -> Self {
        Self { detection, ..self }
    }

    /// Looks at variables and files only, those of the `process` unless others were given. Returns what they tell, and who can tell more.
    fn look(&self, process: fn() -> Surroundings) -> (Findings, Option<Inquiry>) {
        let surroundings = &self.surroundings.clone().unwrap_or_else(process);
        let mut findings = Findings::default();
        log_group::find_named(surroundings, &mut findings);
        for name in &self.log_groups {
            findings.log_group(name, None);
        }
        if self.detection == Detection::Off || surroundings.is_lambda() {
            return (findings, None);
        }
        log_group::find_agents(surroundings, &mut findings);
        beanstalk::find(surroundings, &mut findings);
        eks::find(surroundings, self.cluster_name.as_deref(), &mut findings);
        let endpoints = ecs::find(surroundings, &mut findings);
        let is_contained = findings.aws.eks.is_some() || findings.aws.ecs.is_some();
        let about = if !is_contained {
            ec2::find(surroundings, &mut findings).map(About::Instance)
        } else if !endpoints.is_empty() {
            Some(About::Container(endpoints))
        } else {
            None
        };
        let inquiry = about.map(|about| Inquiry {
            about,
            patience: surroundings.allowed(),
        });
        (findings, inquiry)
    }
}

impl Default for Origins {
    fn default() -> Self {
        Self::detect()
    }
}

impl Detection {
    pub(crate) fn parse(value: &str) -> Result<Self, Error> {
        match value.trim().to_ascii_lowercase().as_str() {
            "detect" => Ok(Self::Automatic),
            "none" => Ok(Self::Off),
            _ => Err(Error::environment(VARIABLE, value, "detect or none")),
        }
    }
}

/// Who can tell more than variables and files, and how long that may take.
struct Inquiry {
    about: About,
    patience: Duration,
}

enum About {
    Container(Vec<Endpoint>),
    Instance(Endpoint),
}

impl Inquiry {
    /// Asks, and waits for the answers.
    fn make(&self, findings: &mut Findings) {
        match &self.about {
            About::Container(endpoints) => ecs::ask(endpoints, self.patience, findings),
            About::Instance(endpoint) => ec2::ask(endpoint, self.patience, findings),
        }
    }
}

#[cfg(test)]
mod tests;
