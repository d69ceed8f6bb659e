//! TagResource, UntagResource and ListTagsForResource: tags on groups and sampling rules.

use serde::{Deserialize, Serialize};

use super::Backend;
use super::error::{ApiError, Kind};
use super::wire::{Nothing, no_token};
use crate::arn;
use crate::bound::{List, Text, quoted};
use crate::group::{GroupArn, Meant};
use crate::sampling::{RULE_KIND, RuleName};
use crate::tag::{Tag, TagKey, Tags, TooManyTags};

/// The tags of a call.
pub(super) type TagList = List<Tag, 200>;

/// The ARN of a resource.
type ResourceArn = Text<1, 1011>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: ResourceArn,
    tags: TagList,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UntagResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: ResourceArn,
    tag_keys: List<TagKey, 200>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListTagsForResource {
    #[serde(rename = "ResourceARN")]
    resource_arn: ResourceArn,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagsListed {
    tags: Vec<Tag>,
}

/// Adds tags; those with keys that the resource has already take their places. All or none.
pub(super) fn tag_resource(backend: &Backend, input: TagResource) -> Result<Nothing, ApiError> {
    let arn = resource(backend, &input.resource_arn)?;
    let tags = input.tags.into_vec();
    let put = backend.control.tags().edit(|all| {
        let put = all.put(&arn, tags);
        put.map_err(|error| ApiError::about(Kind::TooManyTags, error.to_string(), &arn))
    });
    put?;
    Ok(Nothing {})
}

/// Takes tags off. Keys that the resource does not have are no error.
pub(super) fn untag_resource(backend: &Backend, input: UntagResource) -> Result<Nothing, ApiError> {
    let arn = resource(backend, &input.resource_arn)?;
    let keys = input.tag_keys.into_vec();
    backend
        .control
        .tags()
        .change(|all| all.remove(&arn, &keys))?;
    Ok(Nothing {})
}

/// Lists all tags of a resource at once: there are at most 50.
pub(super) fn list_tags_for_resource(
    backend: &Backend,
    input: ListTagsForResource,
) -> Result<TagsListed, ApiError> {
    no_token(input.next_token.as_deref())?;
    let arn = resource(backend, &input.resource_arn)?;
    let tags = backend.control.tags().get().of(&arn);
    Ok(TagsListed { tags })
}

/// The tags of a resource that is to be made.
pub(super) fn check(tags: Option<TagList>) -> Result<Vec<Tag>, ApiError> {
    let tags = tags.unwrap_or_default().into_vec();
    Tags::check(&tags)?;
    Ok(tags)
}

/// Takes the tags of a resource that is gone.
pub(super) fn forget(backend: &Backend, arn: &str) -> Result<(), ApiError> {
    Ok(backend.control.tags().change(|all| all.forget(arn))?)
}

/// The ARN under which the tags of a resource are kept, whatever account and region the call names it by.
fn resource(backend: &Backend, given: &ResourceArn) -> Result<String, ApiError> {
    let control = &backend.control;
    let given = given.as_str();
    let found = match arn::resource(given) {
        Some((kind, name)) if kind == RULE_KIND => RuleName::new(name)
            .filter(|name| control.sampling(|sampling, _| sampling.rules().get(name).is_ok()))
            .map(|name| name.arn()),
        Some(("group", _)) => GroupArn::new(given).and_then(|arn| {
            let groups = control.groups().get();
            let group = groups.get(&Meant::Arn(arn)).ok()?;
            Some(group.group_arn.clone())
        }),
        _ => {
            return Err(ApiError::invalid_request(format!(
                "ResourceARN {:?} is not valid: expected the ARN of a group or a sampling rule",
                quoted(given)
            )));
        }
    };
    found.ok_or_else(|| {
        let message = format!("there is no group and no sampling rule with the ARN {given:?}");
        ApiError::not_found(message, given)
    })
}

/// Where a resource is made, the API has no error of its own for this.
impl From<TooManyTags> for ApiError {
    fn from(error: TooManyTags) -> Self {
        Self::invalid_request(format!("Tags: {error}"))
    }
}
