//! What is kept in files, and how it is written there: in the form of the API's answers as far as it has one.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::group::Groups;
use crate::json::problem;
use crate::policy::Policies;
use crate::sampling::{Definition, KeptRule, Record, Rules};
use crate::setting::Settings;
use crate::tag::Tags;

/// Something that a file can hold.
pub(crate) trait Content: Clone + Default + PartialEq {
    /// The name of its file.
    const FILE: &'static str;
    /// What it is, for errors.
    const WHAT: &'static str;

    /// Reads what a file holds. Fails with where and why.
    fn read(bytes: &[u8]) -> Result<Self, String>;

    /// What a file is to hold.
    fn write(&self) -> Vec<u8>;
}

/// In the form of GetSamplingRules' answer, so that such an answer is a rules file too.
impl Content for Rules {
    const FILE: &'static str = "sampling-rules.json";
    const WHAT: &'static str = "sampling rules";

    fn read(bytes: &[u8]) -> Result<Self, String> {
        let kept = from_json::<KeptRecords>(bytes)?
            .sampling_rule_records
            .into_iter()
            .map(KeptRule::from);
        Self::restore(kept)
            .map_err(|(number, error)| format!("SamplingRuleRecords[{number}]: {error}"))
    }

    fn write(&self) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Records<'a> {
            sampling_rule_records: &'a [Record],
        }
        to_json(&Records {
            sampling_rule_records: self.records(),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct KeptRecords {
    sampling_rule_records: Vec<KeptRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct KeptRecord {
    sampling_rule: Definition,
    /// AWS's command line writes times as texts. Nothing depends on them: one that is no number is none.
    created_at: Option<Value>,
    modified_at: Option<Value>,
}

impl From<KeptRecord> for KeptRule {
    fn from(record: KeptRecord) -> Self {
        let seconds = |time: Option<Value>| time.and_then(|time| time.as_f64()).unwrap_or(0.0);
        Self {
            definition: record.sampling_rule.without_arn(),
            created_at: seconds(record.created_at),
            modified_at: seconds(record.modified_at),
        }
    }
}

impl Content for Groups {
    const FILE: &'static str = "groups.json";
    const WHAT: &'static str = "groups";

    fn read(bytes: &[u8]) -> Result<Self, String> {
        from_json::<Self>(bytes)?.restored()
    }

    fn write(&self) -> Vec<u8> {
        to_json(self)
    }
}

impl Content for Tags {
    const FILE: &'static str = "tags.json";
    const WHAT: &'static str = "tags";

    fn read(bytes: &[u8]) -> Result<Self, String> {
        from_json(bytes)
    }

    fn write(&self) -> Vec<u8> {
        to_json(self)
    }
}

impl Content for Policies {
    const FILE: &'static str = "resource-policies.json";
    const WHAT: &'static str = "resource policies";

    fn read(bytes: &[u8]) -> Result<Self, String> {
        from_json(bytes)
    }

    fn write(&self) -> Vec<u8> {
        to_json(self)
    }
}

impl Content for Settings {
    const FILE: &'static str = "settings.json";
    const WHAT: &'static str = "settings";

    fn read(bytes: &[u8]) -> Result<Self, String> {
        from_json(bytes)
    }

    fn write(&self) -> Vec<u8> {
        to_json(self)
    }
}

/// Reads what a file holds.
fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer);
    let value = value.map_err(|error| problem(&error))?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(value)
}

/// What a file is to hold, for people to read too.
pub(super) fn to_json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .expect("all keys are text, and no field refuses to be written");
    bytes.push(b'\n');
    bytes
}
