//! CreateGroup, GetGroup, GetGroups, UpdateGroup and DeleteGroup: traces under a name.

use serde::{Deserialize, Serialize};

use super::Backend;
use super::error::ApiError;
use super::tags::{self, TagList};
use super::wire::{Nothing, required, unknown_token};
use crate::group::{Condition, Group, GroupArn, GroupName, Groups, InsightsChange, Meant};

/// How many groups stand on a page: all that can be made.
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateGroup {
    group_name: GroupName,
    filter_expression: Option<Condition>,
    insights_configuration: Option<InsightsChange>,
    tags: Option<TagList>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NamedGroup {
    group_name: Option<GroupName>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<GroupArn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateGroup {
    group_name: Option<GroupName>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<GroupArn>,
    filter_expression: Option<Condition>,
    insights_configuration: Option<InsightsChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneGroup {
    group: Group,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetGroups {
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupsGot {
    groups: Vec<Group>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Makes a group, which holds the traces that are there already too.
pub(super) fn create_group(backend: &Backend, input: CreateGroup) -> Result<OneGroup, ApiError> {
    let tags = tags::check(input.tags)?;
    let control = &backend.control;
    let insights = input.insights_configuration.unwrap_or_default();
    let group = control.groups().edit(|groups| {
        groups.create(
            input.group_name,
            input.filter_expression,
            insights,
            control.now(),
        )
    })?;
    control.tags().edit(|all| all.put(&group.group_arn, tags))?;
    Ok(OneGroup { group })
}

pub(super) fn get_group(backend: &Backend, input: NamedGroup) -> Result<OneGroup, ApiError> {
    let groups = backend.control.groups().get();
    let meant = meant(input.group_name, input.group_arn)?;
    Ok(OneGroup {
        group: groups.get(&meant)?.clone(),
    })
}

/// Lists the groups, the default group first.
pub(super) fn get_groups(backend: &Backend, input: GetGroups) -> Result<GroupsGot, ApiError> {
    let groups = backend.control.groups().get();
    let after = input.next_token.as_deref();
    let after = after.map(|token| position(&groups, token)).transpose()?;
    let page = groups.page(after.as_ref(), PAGE);
    Ok(GroupsGot {
        groups: page.items,
        next_token: page.next.map(|(_, name)| name.to_string()),
    })
}

/// The place of the group that a page ended with.
fn position(groups: &Groups, token: &str) -> Result<(bool, GroupName), ApiError> {
    let name = GroupName::new(token).filter(|name| groups.get(&Meant::Name(name.clone())).is_ok());
    let name = name.ok_or_else(|| unknown_token(token))?;
    Ok((!name.is_default(), name))
}

/// Changes what the input names of a group. Its traces are those that the new filter means, also the old ones.
pub(super) fn update_group(backend: &Backend, input: UpdateGroup) -> Result<OneGroup, ApiError> {
    let meant = meant(input.group_name, input.group_arn)?;
    let insights = input.insights_configuration.unwrap_or_default();
    let change = backend
        .control
        .groups()
        .edit(|groups| groups.update(&meant, input.filter_expression, insights));
    Ok(OneGroup { group: change? })
}

/// Takes a group away, and its tags.
pub(super) fn delete_group(backend: &Backend, input: NamedGroup) -> Result<Nothing, ApiError> {
    let meant = meant(input.group_name, input.group_arn)?;
    let control = &backend.control;
    let group = control.groups().edit(|groups| groups.delete(&meant))?;
    tags::forget(backend, &group.group_arn)?;
    Ok(Nothing {})
}

/// The group that a call has to name.
pub(super) fn meant(name: Option<GroupName>, arn: Option<GroupArn>) -> Result<Meant, ApiError> {
    required(Meant::of(name, arn), "GroupName or GroupARN")
}
