use serde::Serialize;
use serde::de::MapAccess;

use super::lenient::{Block, Field};

/// An HTTP request and its response: the one that a segment served, or that a subsegment sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Http {
    /// What was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<HttpRequest>,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<HttpResponse>,
}

/// What X-Ray keeps of an HTTP request. Each text holds at most 250 characters (segment document schema).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HttpRequest {
    /// The method, for example `GET`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The full URL: scheme, host, port and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The `User-Agent` that the caller sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The caller's IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
    /// Whether `client_ip` was taken from an `X-Forwarded-For` header, which any caller can write. On segments only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub x_forwarded_for: bool,
    /// Whether the called service sends a segment of its own, so that X-Ray waits for it. On subsegments only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub traced: bool,
}

/// What X-Ray keeps of an HTTP response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HttpResponse {
    /// The status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The length of the body in bytes. Some writers put -1 for a length that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_length: Option<i64>,
}

impl Block for Http {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "request" => value.read(&mut self.request),
            "response" => value.read(&mut self.response),
            _ => value.skip(),
        }
    }
}

impl Block for HttpRequest {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "method" => value.read(&mut self.method),
            "url" => value.read(&mut self.url),
            "user_agent" => value.read(&mut self.user_agent),
            "client_ip" => value.read(&mut self.client_ip),
            "x_forwarded_for" => value.fill(&mut self.x_forwarded_for),
            "traced" => value.fill(&mut self.traced),
            _ => value.skip(),
        }
    }
}

impl Block for HttpResponse {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "status" => value.read(&mut self.status),
            "content_length" => value.read(&mut self.content_length),
            _ => value.skip(),
        }
    }
}
