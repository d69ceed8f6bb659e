//! The settings of one server: how data is encrypted, where segments go, and how much of what comes by another way is indexed. Pure.
//!
//! Each says what is so here, not what was wished: nothing is encrypted, every segment goes into the store of this machine, and all of
//! it is indexed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bound::{MOST_PERCENT, Percentage, Text};

/// The name of the one indexing rule.
const INDEXING_RULE: &str = "Default";

/// What AWS begins with, in percent.
const INDEXED: f64 = 1.0;

/// What was set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Settings {
    #[serde(default)]
    destination: Destination,
    #[serde(default)]
    indexing: Indexing,
}

/// Whether what is stored is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EncryptionType {
    /// Not by this server.
    #[serde(rename = "NONE")]
    None,
    #[serde(rename = "KMS")]
    Kms,
}

/// A key of KMS: an alias, an id or an ARN.
pub(crate) type KeyId = Text<1, 3000>;

/// The encryption, in the form of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Encryption {
    status: &'static str,
    #[serde(rename = "Type")]
    kind: EncryptionType,
}

/// Where segments are to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Destination {
    /// The store of this server.
    #[default]
    XRay,
    CloudWatchLogs,
}

/// Where segments are to go and whether they do, in the form of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DestinationStatus {
    destination: Destination,
    status: &'static str,
}

/// What part of the traces that come by the other destination is to be indexed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Indexing {
    modified_at: f64,
    desired_sampling_percentage: f64,
}

/// An indexing rule, in the form of the API.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IndexingRule {
    name: &'static str,
    modified_at: f64,
    rule: IndexingRuleValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct IndexingRuleValue {
    probabilistic: Probabilistic,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Probabilistic {
    desired_sampling_percentage: f64,
    actual_sampling_percentage: f64,
}

/// Why a setting is not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SettingError {
    /// A key that would not be used.
    KeyWithoutEncryption,
    /// Encryption without a key.
    KeyMissing,
    /// Encryption, which is not there.
    NotEncrypted,
    /// A log group's key, where no log group is asked for.
    LogGroupKey,
    /// There is no indexing rule of this name.
    UnknownRule(String),
}

impl Default for Indexing {
    fn default() -> Self {
        Self {
            modified_at: 0.0,
            desired_sampling_percentage: INDEXED,
        }
    }
}

impl Settings {
    pub(crate) fn encryption(&self) -> Encryption {
        Encryption {
            status: "ACTIVE",
            kind: EncryptionType::None,
        }
    }

    /// Takes what is so already. Nothing here encrypts yet, and that is not hidden from who asks for it.
    pub(crate) fn set_encryption(
        &mut self,
        kind: EncryptionType,
        key: Option<&KeyId>,
    ) -> Result<Encryption, SettingError> {
        match (kind, key) {
            (EncryptionType::None, None) => Ok(self.encryption()),
            (EncryptionType::None, Some(_)) => Err(SettingError::KeyWithoutEncryption),
            (EncryptionType::Kms, None) => Err(SettingError::KeyMissing),
            (EncryptionType::Kms, Some(_)) => Err(SettingError::NotEncrypted),
        }
    }

    /// CloudWatch Logs stays pending: there is none here, and segments stay in the store.
    pub(crate) fn destination(&self) -> DestinationStatus {
        DestinationStatus {
            destination: self.destination,
            status: match self.destination {
                Destination::XRay => "ACTIVE",
                Destination::CloudWatchLogs => "PENDING",
            },
        }
    }

    /// Keeps the destination; one that is left out stays.
    pub(crate) fn set_destination(
        &mut self,
        destination: Option<Destination>,
        has_log_group_key: bool,
    ) -> Result<DestinationStatus, SettingError> {
        let destination = destination.unwrap_or(self.destination);
        if has_log_group_key && destination != Destination::CloudWatchLogs {
            return Err(SettingError::LogGroupKey);
        }
        self.destination = destination;
        Ok(self.destination())
    }

    pub(crate) fn indexing_rule(&self) -> IndexingRule {
        IndexingRule {
            name: INDEXING_RULE,
            modified_at: self.indexing.modified_at,
            rule: IndexingRuleValue {
                probabilistic: Probabilistic {
                    desired_sampling_percentage: self.indexing.desired_sampling_percentage,
                    actual_sampling_percentage: MOST_PERCENT,
                },
            },
        }
    }

    /// Keeps what part is to be indexed. All is, whatever it says.
    pub(crate) fn set_indexing(
        &mut self,
        name: &str,
        percentage: Percentage,
        now: f64,
    ) -> Result<IndexingRule, SettingError> {
        if name != INDEXING_RULE {
            return Err(SettingError::UnknownRule(name.to_owned()));
        }
        self.indexing = Indexing {
            modified_at: now.floor(),
            desired_sampling_percentage: percentage.into(),
        };
        Ok(self.indexing_rule())
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyWithoutEncryption => {
                f.write_str("KeyId is there and Type is NONE: expected no KeyId")
            }
            Self::KeyMissing => f.write_str("KeyId is required where Type is KMS"),
            Self::NotEncrypted => f.write_str(
                "Type KMS is not possible: this server does not encrypt what it stores, expected NONE (put its folder on an encrypted disk)",
            ),
            Self::LogGroupKey => f.write_str(
                "CloudWatchLogsConfiguration is there and Destination is not CloudWatchLogs: expected no configuration",
            ),
            Self::UnknownRule(name) => write!(
                f,
                "there is no indexing rule {name:?}: the only one is {INDEXING_RULE:?}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_encrypted_and_nobody_is_told_otherwise() {
        let mut settings = Settings::default();
        let told = serde_json::to_value(settings.encryption()).expect("can be written");
        assert_eq!(told, json!({"Status": "ACTIVE", "Type": "NONE"}));
        let key = KeyId::new("alias/mine").expect("a key");
        assert!(settings.set_encryption(EncryptionType::None, None).is_ok());
        for (kind, key, error) in [
            (
                EncryptionType::None,
                Some(&key),
                SettingError::KeyWithoutEncryption,
            ),
            (EncryptionType::Kms, None, SettingError::KeyMissing),
            (EncryptionType::Kms, Some(&key), SettingError::NotEncrypted),
        ] {
            assert_eq!(settings.set_encryption(kind, key), Err(error));
        }
    }

    #[test]
    fn segments_stay_here_so_another_destination_stays_pending() {
        let mut settings = Settings::default();
        let told = |status| serde_json::to_value(status).expect("can be written");
        assert_eq!(
            told(settings.destination()),
            json!({"Destination": "XRay", "Status": "ACTIVE"})
        );
        assert_eq!(
            settings.set_destination(None, true),
            Err(SettingError::LogGroupKey)
        );
        let logs = settings.set_destination(Some(Destination::CloudWatchLogs), true);
        assert_eq!(
            told(logs.expect("makes sense")),
            json!({"Destination": "CloudWatchLogs", "Status": "PENDING"})
        );
        assert!(
            settings.set_destination(None, true).is_ok(),
            "what is left out stays"
        );
    }

    #[test]
    fn all_is_indexed_whatever_is_desired() {
        let mut settings = Settings::default();
        let half = || serde_json::from_str::<Percentage>("50").expect("a percentage");
        let told = |rule| serde_json::to_value(rule).expect("can be written");
        let expected = |modified, desired| {
            json!({
                "Name": "Default", "ModifiedAt": modified,
                "Rule": {"Probabilistic": {"DesiredSamplingPercentage": desired, "ActualSamplingPercentage": 100.0}},
            })
        };
        assert_eq!(told(settings.indexing_rule()), expected(0.0, 1.0));
        let changed = settings
            .set_indexing("Default", half(), 7.5)
            .expect("is there");
        assert_eq!(told(changed), expected(7.0, 50.0));
        assert!(settings.set_indexing("Other", half(), 7.5).is_err());
    }
}
