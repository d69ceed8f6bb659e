//! PutResourcePolicy, ListResourcePolicies and DeleteResourcePolicy: who else may call, as far as anybody asks.

use serde::{Deserialize, Serialize};

use super::Backend;
use super::error::ApiError;
use super::wire::{Nothing, no_token};
use crate::policy::{Policy, PolicyChange, PolicyName};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutResourcePolicy {
    policy_name: PolicyName,
    policy_document: String,
    policy_revision_id: Option<String>,
    bypass_policy_lockout_check: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResourcePolicyPut {
    resource_policy: Policy,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListResourcePolicies {
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResourcePoliciesListed {
    resource_policies: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteResourcePolicy {
    policy_name: PolicyName,
    policy_revision_id: Option<String>,
}

/// Makes a policy or puts another in its place, if it has the revision that the call says.
pub(super) fn put_resource_policy(
    backend: &Backend,
    input: PutResourcePolicy,
) -> Result<ResourcePolicyPut, ApiError> {
    let control = &backend.control;
    let change = PolicyChange {
        name: input.policy_name,
        document: input.policy_document,
        revision: input.policy_revision_id,
        may_lock_out: input.bypass_policy_lockout_check.unwrap_or_default(),
    };
    let put = control
        .policies()
        .edit(|policies| policies.put(change, control.now()));
    Ok(ResourcePolicyPut {
        resource_policy: put?,
    })
}

/// Lists all policies at once: there are at most five.
pub(super) fn list_resource_policies(
    backend: &Backend,
    input: ListResourcePolicies,
) -> Result<ResourcePoliciesListed, ApiError> {
    no_token(input.next_token.as_deref())?;
    Ok(ResourcePoliciesListed {
        resource_policies: backend.control.policies().get().all().to_vec(),
    })
}

/// Takes a policy away, if it has the revision that the call says.
pub(super) fn delete_resource_policy(
    backend: &Backend,
    input: DeleteResourcePolicy,
) -> Result<Nothing, ApiError> {
    let deleted = backend
        .control
        .policies()
        .edit(|policies| policies.delete(&input.policy_name, input.policy_revision_id));
    deleted?;
    Ok(Nothing {})
}
