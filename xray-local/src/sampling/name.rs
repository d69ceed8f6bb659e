//! What a rule is called.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::RuleError;
use crate::arn;
use crate::bound::{Text, quoted};

/// The name of the rule that always exists.
const DEFAULT: &str = "Default";

/// The kind of resource that a rule is, in its ARN.
pub(crate) const KIND: &str = "sampling-rule";

/// The name of a rule, by which alone it is known: its ARN is made of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct RuleName(Text<1, 32>);

/// The ARN of a rule, of any account and region.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct RuleArn(RuleName);

impl RuleName {
    /// The name, if it is one.
    pub(crate) fn new(name: &str) -> Option<Self> {
        Text::new(name).map(Self)
    }

    /// The rule that a call means: it names it, or gives its ARN.
    pub(crate) fn meant(name: Option<Self>, arn: Option<RuleArn>) -> Result<Self, RuleError> {
        match (name, arn) {
            (Some(name), None) | (None, Some(RuleArn(name))) => Ok(name),
            (None, None) => Err(RuleError::Nameless),
            (Some(_), Some(_)) => Err(RuleError::NamedTwice),
        }
    }

    pub(crate) fn default_rule() -> Self {
        Self::new(DEFAULT).expect("is no longer than a name may be")
    }

    pub(crate) fn is_default(&self) -> bool {
        self.as_str() == DEFAULT
    }

    pub(crate) fn arn(&self) -> String {
        format!("{}{KIND}/{self}", arn::PREFIX)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for RuleArn {
    type Error = String;

    fn try_from(arn: String) -> Result<Self, String> {
        let name = arn::resource(&arn)
            .filter(|(kind, _)| *kind == KIND)
            .and_then(|(_, name)| RuleName::new(name));
        let (found, prefix) = (quoted(&arn), arn::PREFIX);
        name.map(Self)
            .ok_or_else(|| format!("invalid value: string {found:?}, expected {prefix}{KIND}/NAME"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_named_by_its_name_or_its_arn_and_not_by_both() {
        let name = RuleName::new("slow/paths").expect("a name");
        let arn = RuleArn::try_from(name.arn()).expect("an ARN");
        let meant = |name: Option<&RuleName>, arn: Option<&RuleArn>| {
            RuleName::meant(name.cloned(), arn.cloned())
        };
        assert_eq!(meant(Some(&name), None), Ok(name.clone()));
        assert_eq!(meant(None, Some(&arn)), Ok(name.clone()));
        assert_eq!(meant(None, None), Err(RuleError::Nameless));
        assert_eq!(meant(Some(&name), Some(&arn)), Err(RuleError::NamedTwice));
    }

    #[test]
    fn the_arn_may_be_of_any_account_and_region() {
        let arn = "arn:aws-cn:xray:cn-north-1:123456789012:sampling-rule/checkout";
        let arn = RuleArn::try_from(arn.to_owned()).expect("an ARN");
        assert_eq!(arn.0.as_str(), "checkout");
    }

    #[test]
    fn other_texts_are_no_arn_of_a_rule() {
        for text in [
            "",
            "checkout",
            "arn:aws:xray:us-east-1:000000000000:group/checkout",
            "arn:aws:sqs:us-east-1:000000000000:sampling-rule/checkout",
            "arn:aws:xray:us-east-1:000000000000:sampling-rule/",
            "arn:aws:xray:us-east-1:000000000000:sampling-rule/a-name-of-more-than-32-characters",
        ] {
            let error = RuleArn::try_from(text.to_owned()).expect_err(text);
            assert!(error.ends_with("sampling-rule/NAME"), "{error}");
        }
    }
}
