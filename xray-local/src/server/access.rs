//! What a caller may do: for the page, which signs in with a key, and shows what the key may see.

use std::sync::Arc;

use axum::http::request::Parts;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::entrance::Entrance;
use super::removal;
use crate::api::{Backend, OPERATIONS};

/// Who asks here without a signature is told whether one is needed, and nothing else.
pub(super) const PATH: &str = "/local/access";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Access {
    /// Whether anybody may do anything.
    is_open: bool,
    /// The id of the key with which the call was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The operations of the X-Ray API that the caller may do, and those of this server.
    permitted: Vec<&'static str>,
}

pub(super) fn routes(entrance: Arc<Entrance>) -> Router<Backend> {
    Router::new().route(
        PATH,
        get(async move |head: Parts| Json(Access::of(&entrance, &head))),
    )
}

impl Access {
    fn of(entrance: &Entrance, head: &Parts) -> Self {
        let names = OPERATIONS.iter().map(|operation| operation.name);
        let names = names.chain([removal::ACTION]);
        let Some(admission) = entrance.admission() else {
            return Self {
                is_open: true,
                key: None,
                permitted: names.collect(),
            };
        };
        let key = admission.key(head);
        let may = |name: &&str| key.is_some_and(|key| admission.permits(key, name));
        Self {
            is_open: false,
            key: key.map(str::to_owned),
            permitted: names.filter(may).collect(),
        }
    }
}
