//! What a server tells of a trace in a list, and what `--json` tells of it.

use serde::{Deserialize, Serialize};
use xray_local::Outcome;

/// What GetTraceSummaries tells of a trace, as far as commands show it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Summary {
    pub(super) id: String,
    pub(super) start_time: f64,
    pub(super) duration: Option<f64>,
    pub(super) response_time: Option<f64>,
    pub(super) has_fault: bool,
    pub(super) has_error: bool,
    pub(super) has_throttle: bool,
    pub(super) is_partial: bool,
    pub(super) http: Http,
    pub(super) entry_point: Option<Service>,
    pub(super) service_ids: Vec<Service>,
    pub(super) revision: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Http {
    #[serde(rename = "HttpURL")]
    pub(super) url: Option<String>,
    #[serde(rename = "HttpMethod")]
    pub(super) method: Option<String>,
    #[serde(rename = "HttpStatus")]
    pub(super) status: Option<u16>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Service {
    pub(super) name: String,
    #[serde(rename = "Type")]
    pub(super) kind: String,
}

/// What `--json` tells of a trace in a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToldSummary<'a> {
    id: &'a str,
    /// In seconds since 1970.
    start_time: f64,
    /// In seconds; none while it goes on.
    duration: Option<f64>,
    response_time: Option<f64>,
    outcome: &'static str,
    is_partial: bool,
    method: Option<&'a str>,
    url: Option<&'a str>,
    status: Option<u16>,
    /// The service where it begins.
    service: Option<&'a str>,
    services: Vec<ToldService<'a>>,
}

#[derive(Serialize)]
struct ToldService<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
}

impl Summary {
    /// The gravest of what happened.
    pub(super) fn outcome(&self) -> Outcome {
        if self.has_fault {
            Outcome::Fault
        } else if self.has_throttle {
            Outcome::Throttle
        } else if self.has_error {
            Outcome::Error
        } else {
            Outcome::Ok
        }
    }

    /// The request that the trace began with, in a few words; where it was none, the service.
    pub(super) fn request(&self) -> String {
        let method = self.http.method.as_deref().unwrap_or_default();
        let text = match &self.http.url {
            Some(url) => format!("{method} {}", path(url)),
            None => self.service().to_owned(),
        };
        xray_local::printable(&text)
    }

    /// The name of the service where the trace begins.
    pub(super) fn service(&self) -> &str {
        self.entry_point
            .as_ref()
            .map_or("", |service| &service.name)
    }
}

/// The path of a URL; the whole of what is none.
fn path(url: &str) -> &str {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
        None => url,
    }
}

impl<'a> ToldSummary<'a> {
    pub(super) fn of(summary: &'a Summary) -> Self {
        let service = |service: &'a Service| ToldService {
            name: &service.name,
            kind: &service.kind,
        };
        let entry = summary.entry_point.as_ref();
        Self {
            id: &summary.id,
            start_time: summary.start_time,
            duration: summary.duration,
            response_time: summary.response_time,
            outcome: summary.outcome().as_str(),
            is_partial: summary.is_partial,
            method: summary.http.method.as_deref(),
            url: summary.http.url.as_deref(),
            status: summary.http.status,
            service: entry.map(|service| service.name.as_str()),
            services: summary.service_ids.iter().map(service).collect(),
        }
    }
}
