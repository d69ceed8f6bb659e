//! What a group is called.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bound::Text;

/// The name of the group that always exists.
const DEFAULT: &str = "Default";

/// The name of a group. Upper and lower case differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct GroupName(Text<1, 32>);

/// What a call gives as the ARN of a group.
pub(crate) type GroupArn = Text<1, 400>;

impl GroupName {
    /// The name, if it is one.
    pub(crate) fn new(name: &str) -> Option<Self> {
        Text::new(name).map(Self)
    }

    pub(crate) fn default_group() -> Self {
        Self::new(DEFAULT).expect("is no longer than a name may be")
    }

    pub(crate) fn is_default(&self) -> bool {
        self.as_str() == DEFAULT
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
