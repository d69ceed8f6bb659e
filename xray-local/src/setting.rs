//! The settings of one server: how data is encrypted, where segments go, and how much of what comes by another way is indexed. Pure.
//!
//! Each says what is so here, not what was wished: encryption is settled when the store is made, every segment goes into the store of this machine, and all of
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

/// The encryption, in the form of the API. It is settled when a store is made, so nothing can be set but what is so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Encryption {
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
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
    /// None, or another one, in place of encryption with this key.
    EncryptedWith(String),
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

impl Encryption {
    /// The encryption of a store whose key is called so.
    pub(crate) fn of(key: Option<&str>) -> Self {
        Self {
            key_id: key.map(str::to_owned),
            status: "ACTIVE",
            kind: match key {
                Some(_) => EncryptionType::Kms,
                None => EncryptionType::None,
            },
        }
    }

    /// Takes what is so already, and nothing else.
    pub(crate) fn set(
        self,
        kind: EncryptionType,
        key: Option<&KeyId>,
    ) -> Result<Self, SettingError> {
        match (kind, key, &self.key_id) {
            (EncryptionType::None, Some(_), _) => Err(SettingError::KeyWithoutEncryption),
            (EncryptionType::Kms, None, _) => Err(SettingError::KeyMissing),
            (EncryptionType::None, None, None) => Ok(self),
            (EncryptionType::Kms, Some(_), None) => Err(SettingError::NotEncrypted),
            (EncryptionType::Kms, Some(key), Some(own)) if key.as_str() == own => Ok(self),
            (_, _, Some(own)) => Err(SettingError::EncryptedWith(own.clone())),
        }
    }
}

impl Settings {
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
                "Type KMS is not possible: this store was made without a key, expected NONE; to encrypt, start the server with --encryption-key and a new folder",
            ),
            Self::EncryptedWith(key) => write!(
                f,
                "this store is encrypted with the key {key:?} from its start to its end: expected Type KMS and this KeyId; for another, start the server with a new folder"
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
    fn of_encryption_what_is_so_can_be_set_and_nothing_else() {
        let told =
            |encryption: Encryption| serde_json::to_value(encryption).expect("can be written");
        assert_eq!(
            told(Encryption::of(None)),
            json!({"Status": "ACTIVE", "Type": "NONE"})
        );
        assert_eq!(
            told(Encryption::of(Some("alias/mine"))),
            json!({"KeyId": "alias/mine", "Status": "ACTIVE", "Type": "KMS"})
        );
        let [ours, other] =
            ["alias/mine", "alias/other"].map(|key| KeyId::new(key).expect("a key"));
        use EncryptionType::{Kms, None as Nothing};
        let encrypted = || SettingError::EncryptedWith("alias/mine".to_owned());
        for (own, kind, key, error) in [
            (None, Nothing, None, None),
            (
                None,
                Nothing,
                Some(&ours),
                Some(SettingError::KeyWithoutEncryption),
            ),
            (None, Kms, None, Some(SettingError::KeyMissing)),
            (None, Kms, Some(&ours), Some(SettingError::NotEncrypted)),
            (Some("alias/mine"), Kms, Some(&ours), None),
            (Some("alias/mine"), Kms, Some(&other), Some(encrypted())),
            (Some("alias/mine"), Nothing, None, Some(encrypted())),
        ] {
            assert_eq!(Encryption::of(own).set(kind, key).err(), error);
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
