//! Groups: traces that a filter expression means, under a name. Pure.
//!
//! AWS looks which groups a trace belongs to when the trace comes, so that an answer may hold traces of an older filter. Here a group is
//! looked at when something is asked for: what it says now holds of all traces.

mod error;
mod name;

use serde::{Deserialize, Serialize};

use crate::arn;
use crate::filter::{Filter, FilterError, GroupReference};
use crate::hash::letters;
use crate::page::Page;
pub(crate) use error::GroupError;
pub(crate) use name::{GroupArn, GroupName};

/// How many groups may be made, beside the default group: AWS's quota.
const LIMIT: usize = 25;

/// How many conditions a filter may have with those of the groups that it names. A group may name another one twice, and that one a third.
const CONDITIONS: usize = 1000;

/// A group, in the form of the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Group {
    pub(crate) group_name: GroupName,
    #[serde(rename = "GroupARN")]
    pub(crate) group_arn: String,
    #[serde(default, skip_serializing_if = "Condition::is_empty")]
    filter_expression: Condition,
    #[serde(default)]
    pub(crate) insights_configuration: Insights,
}

/// Whether a group's faults are watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Insights {
    pub(crate) insights_enabled: bool,
    /// Kept and told; there is nobody to notify.
    pub(crate) notifications_enabled: bool,
}

/// What a call says of a group's insights: what it leaves out stays as it is.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct InsightsChange {
    insights_enabled: Option<bool>,
    notifications_enabled: Option<bool>,
}

/// A filter expression and its text. The empty one means every trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Condition {
    text: String,
    filter: Filter,
}

/// All groups of one server: the default group, which all traces belong to, then the others by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Groups {
    groups: Vec<Group>,
}

/// The default group alone.
impl Default for Groups {
    fn default() -> Self {
        Self {
            groups: vec![Group::default_group()],
        }
    }
}

impl Groups {
    /// Makes a group. Its ARN is one that no group had before, by the time.
    pub(crate) fn create(
        &mut self,
        name: GroupName,
        condition: Option<Condition>,
        insights: InsightsChange,
        now: f64,
    ) -> Result<Group, GroupError> {
        if self.named(name.as_str()).is_some() {
            return Err(GroupError::Exists(name));
        }
        if self.groups.len() > LIMIT {
            return Err(GroupError::LimitReached(LIMIT));
        }
        let group = Group {
            group_arn: format!(
                "{}group/{name}/{}",
                arn::PREFIX,
                letters(&[name.as_str().as_bytes(), &now.to_bits().to_be_bytes()])
            ),
            group_name: name,
            filter_expression: condition.unwrap_or_default(),
            insights_configuration: Insights::default().with(insights)?,
        };
        let place = self.groups[1..].partition_point(|other| other.group_name < group.group_name);
        self.groups.insert(1 + place, group.clone());
        Ok(group)
    }

    /// Changes what the call names of a group.
    pub(crate) fn update(
        &mut self,
        meant: &Meant,
        condition: Option<Condition>,
        insights: InsightsChange,
    ) -> Result<Group, GroupError> {
        let place = self.place(meant)?;
        let group = &mut self.groups[place];
        let filters = condition
            .as_ref()
            .is_some_and(|condition| !condition.is_empty());
        if filters && group.group_name.is_default() {
            return Err(GroupError::DefaultFilter);
        }
        group.insights_configuration = group.insights_configuration.with(insights)?;
        if let Some(condition) = condition {
            group.filter_expression = condition;
        }
        Ok(group.clone())
    }

    /// Takes a group away.
    pub(crate) fn delete(&mut self, meant: &Meant) -> Result<Group, GroupError> {
        let place = self.place(meant)?;
        match self.groups[place].group_name.is_default() {
            true => Err(GroupError::DefaultStays),
            false => Ok(self.groups.remove(place)),
        }
    }

    pub(crate) fn get(&self, meant: &Meant) -> Result<&Group, GroupError> {
        self.place(meant).map(|place| &self.groups[place])
    }

    /// All of them, the default group first.
    pub(crate) fn all(&self) -> &[Group] {
        &self.groups
    }

    /// Up to `limit` groups, from the one behind `after` on.
    pub(crate) fn page(
        &self,
        after: Option<&(bool, GroupName)>,
        limit: usize,
    ) -> Page<Group, (bool, GroupName)> {
        // The default group first, as the list has it.
        let position = |group: &Group| (!group.group_name.is_default(), group.group_name.clone());
        Page::of(self.groups.iter().cloned(), after, limit, position)
    }

    /// What the traces of a group fulfil; `None` where that is every trace.
    pub(crate) fn filter(&self, group: &Group) -> Result<Option<Filter>, GroupError> {
        let condition = &group.filter_expression;
        if condition.is_empty() {
            return Ok(None);
        }
        self.bounded(&condition.filter, &mut vec![&group.group_name])
            .map(Some)
    }

    /// The filter with what belongs to a group in place of each group that it names. No trace belongs to a group that is not there.
    pub(crate) fn resolve(&self, filter: &Filter) -> Result<Filter, GroupError> {
        self.bounded(filter, &mut Vec::new())
    }

    fn bounded<'a>(
        &'a self,
        filter: &Filter,
        within: &mut Vec<&'a GroupName>,
    ) -> Result<Filter, GroupError> {
        let mut left = CONDITIONS.checked_sub(filter.conditions());
        let resolved = self.resolved(filter, within, &mut left);
        left.map(|_| resolved)
            .ok_or(GroupError::TooManyConditions(CONDITIONS))
    }

    /// `within` has the groups that are being looked at: one that is named within itself has no traces there. `left` is how many conditions
    /// there may still be; none where there were too many, and nothing is looked at any more.
    fn resolved<'a>(
        &'a self,
        filter: &Filter,
        within: &mut Vec<&'a GroupName>,
        left: &mut Option<usize>,
    ) -> Filter {
        filter.with_groups(&mut |reference| {
            let group = match reference {
                GroupReference::Name(name) => self.named(name),
                GroupReference::Arn(arn) => self.groups.iter().find(|group| group.has_arn(arn)),
            };
            let Some(group) = group.filter(|group| !within.contains(&&group.group_name)) else {
                return Filter::none();
            };
            if group.filter_expression.is_empty() {
                return Filter::every();
            }
            let inner = &group.filter_expression.filter;
            *left = left.and_then(|left| left.checked_sub(inner.conditions()));
            if left.is_none() {
                return Filter::none();
            }
            within.push(&group.group_name);
            let meaning = self.resolved(inner, within, left);
            within.pop();
            meaning
        })
    }

    fn named(&self, name: &str) -> Option<&Group> {
        self.groups
            .iter()
            .find(|group| group.group_name.as_str() == name)
    }

    fn place(&self, meant: &Meant) -> Result<usize, GroupError> {
        let is_meant = |group: &Group| match meant {
            Meant::Name(name) => group.group_name == *name,
            Meant::Arn(arn) => group.has_arn(arn.as_str()),
            Meant::Both(name, arn) => group.group_name == *name && group.has_arn(arn.as_str()),
        };
        let place = self.groups.iter().position(is_meant);
        place.ok_or_else(|| GroupError::Unknown(meant.clone()))
    }

    /// What was kept, with the default group first. Fails with what is wrong.
    pub(crate) fn restored(mut self) -> Result<Self, String> {
        self.groups
            .sort_by_key(|group| (!group.group_name.is_default(), group.group_name.clone()));
        if !self
            .groups
            .first()
            .is_some_and(|first| first.group_name.is_default())
        {
            self.groups.insert(0, Group::default_group());
        }
        match self
            .groups
            .windows(2)
            .find(|two| two[0].group_name == two[1].group_name)
        {
            Some(two) => Err(format!(
                "two groups have the name {:?}",
                two[0].group_name.as_str()
            )),
            None => Ok(self),
        }
    }
}

/// Which group a call means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    Name(GroupName),
    Arn(GroupArn),
    /// Both have to be those of one group.
    Both(GroupName, GroupArn),
}

impl Meant {
    /// `None` where nothing is named.
    pub(crate) fn of(name: Option<GroupName>, arn: Option<GroupArn>) -> Option<Self> {
        match (name, arn) {
            (Some(name), None) => Some(Self::Name(name)),
            (None, Some(arn)) => Some(Self::Arn(arn)),
            (Some(name), Some(arn)) => Some(Self::Both(name, arn)),
            (None, None) => None,
        }
    }
}

impl Group {
    fn default_group() -> Self {
        let group_name = GroupName::default_group();
        Self {
            group_arn: format!("{}group/{group_name}", arn::PREFIX),
            group_name,
            filter_expression: Condition::default(),
            insights_configuration: Insights::default(),
        }
    }

    /// Whether an ARN is that of the group, of whatever account and region.
    fn has_arn(&self, arn: &str) -> bool {
        arn::resource(arn).is_some_and(|resource| arn::resource(&self.group_arn) == Some(resource))
    }
}

impl Insights {
    fn with(self, change: InsightsChange) -> Result<Self, GroupError> {
        let insights = Self {
            insights_enabled: change.insights_enabled.unwrap_or(self.insights_enabled),
            // Turned off together with what it would tell of, unless the call says otherwise.
            notifications_enabled: change
                .notifications_enabled
                .unwrap_or(self.notifications_enabled && change.insights_enabled != Some(false)),
        };
        match insights.notifications_enabled && !insights.insights_enabled {
            true => Err(GroupError::NothingToNotify),
            false => Ok(insights),
        }
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self {
            text: String::new(),
            filter: Filter::every(),
        }
    }
}

impl Condition {
    fn parse(text: String) -> Result<Self, FilterError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let filter = Filter::parse(&text)?;
        Ok(Self { text, filter })
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(text).map_err(|error| format!("cannot be read: {error}"))
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.text
    }
}

#[cfg(test)]
mod tests;
