use serde::Serialize;
use serde::de::MapAccess;
use serde_json::{Map, Value};

use super::lenient::{Block, Field};

/// What is known of the program that sent a segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Service {
    /// The version of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What runs the application, for example `rustc` or `CPython`. Not in X-Ray's guide; all SDKs write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// The version of what runs the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_version: Option<String>,
    /// All other fields, as they came.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Block for Service {
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: Field<'_, A>,
    ) -> Result<(), A::Error> {
        match key {
            "version" => value.read(&mut self.version),
            "runtime" => value.read(&mut self.runtime),
            "runtime_version" => value.read(&mut self.runtime_version),
            _ => value.keep(key, &mut self.rest),
        }
    }
}
