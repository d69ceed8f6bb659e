//! The text of a policy, as far as it has to make sense.

use serde::Deserialize;
use serde_json::Value;

use crate::arn::ACCOUNT;
use crate::json::problem;

/// The action that a policy must leave to somebody.
const PUT: &str = "xray:PutResourcePolicy";

/// What a policy states.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(super) struct Statements {
    #[serde(rename = "Version")]
    _version: Version,
    statement: OneOrMany<Statement>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
enum Version {
    #[serde(rename = "2012-10-17")]
    Current,
    #[serde(rename = "2008-10-17")]
    Old,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Statement {
    effect: Effect,
    principal: Option<Value>,
    not_principal: Option<Value>,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    condition: Option<Value>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::Many(all) => all,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

impl Statements {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let statements: Self =
            serde_path_to_error::deserialize(&mut deserializer).map_err(|error| match error
                .inner()
                .to_string()
            {
                // What serde tells of a value that may be written in two ways says nothing.
                told if told.contains("untagged") => {
                    "Statement: expected an object, or a list of them, each with an Effect (Allow or Deny) and actions that are texts"
                        .to_owned()
                }
                _ => problem(&error),
            })?;
        deserializer.end().map_err(|error| error.to_string())?;
        let all = statements.statement.as_slice();
        if all.is_empty() {
            return Err("Statement is empty".to_owned());
        }
        for (number, statement) in all.iter().enumerate() {
            let lacks = |what: &str| Err(format!("Statement[{number}].{what} is required"));
            if statement.principal.is_none() && statement.not_principal.is_none() {
                return lacks("Principal");
            }
            match statement.action.as_ref().or(statement.not_action.as_ref()) {
                Some(actions) if !actions.as_slice().is_empty() => {}
                _ => return lacks("Action"),
            }
        }
        Ok(statements)
    }

    /// Whether nobody could change the policy once it is there.
    pub(super) fn lock_out(&self) -> bool {
        self.statement.as_slice().iter().any(|statement| {
            statement.effect == Effect::Deny
                && statement.condition.is_none()
                && statement.principal.as_ref().is_some_and(is_everybody)
                && statement.denies_put()
        })
    }
}

impl Statement {
    fn denies_put(&self) -> bool {
        let names = |actions: &OneOrMany<String>| {
            let mut all = actions.as_slice().iter();
            all.any(|action| matches(&action.to_ascii_lowercase(), &PUT.to_ascii_lowercase()))
        };
        self.action.as_ref().is_some_and(names)
            || self
                .not_action
                .as_ref()
                .is_some_and(|actions| !names(actions))
    }
}

/// Everybody, or everybody of the account that calls.
fn is_everybody(principal: &Value) -> bool {
    match principal {
        Value::String(text) => {
            text == "*" || text == ACCOUNT || *text == format!("arn:aws:iam::{ACCOUNT}:root")
        }
        Value::Array(all) => all.iter().any(is_everybody),
        Value::Object(kinds) => kinds.get("AWS").is_some_and(is_everybody),
        _ => false,
    }
}

/// Whether a text is of a pattern with stars.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem_of(document: &Value) -> String {
        Statements::parse(&document.to_string()).expect_err("is no policy")
    }

    fn statement(change: &Value) -> Value {
        let mut statement = json!({
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": ["xray:PutTraceSegments"], "Resource": "*",
        });
        for (key, value) in change.as_object().expect("an object") {
            match value {
                Value::Null => drop(statement.as_object_mut().expect("an object").remove(key)),
                value => statement[key] = value.clone(),
            }
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    }

    #[test]
    fn what_makes_no_policy_is_told() {
        assert!(Statements::parse(&statement(&json!({})).to_string()).is_ok());
        for (document, part) in [
            (json!([]), "expected an object"),
            (json!({"Version": "2012-10-17"}), "Statement is required"),
            (
                json!({"Version": "1", "Statement": []}),
                "Version: unknown variant `1`",
            ),
            (
                json!({"Version": "2012-10-17", "Statement": []}),
                "Statement is empty",
            ),
            (
                statement(&json!({"Effect": "Perhaps"})),
                "Effect (Allow or Deny)",
            ),
            (
                statement(&json!({"Principal": null})),
                "Statement[0].Principal is required",
            ),
            (
                statement(&json!({"Action": null})),
                "Statement[0].Action is required",
            ),
            (
                statement(&json!({"Action": []})),
                "Statement[0].Action is required",
            ),
        ] {
            let problem = problem_of(&document);
            assert!(problem.contains(part), "{document}: {problem}");
        }
        assert!(Statements::parse("{").is_err());
    }

    #[test]
    fn a_policy_locks_out_when_it_denies_everybody_the_next_change() {
        let locks = |change: Value| {
            let document = statement(&change).to_string();
            Statements::parse(&document).expect("a policy").lock_out()
        };
        for action in [
            "*",
            "xray:*",
            "xray:Put*",
            "XRAY:putresourcepolicy",
            "xray:*Policy",
        ] {
            assert!(
                locks(json!({"Effect": "Deny", "Principal": "*", "Action": action})),
                "{action}"
            );
        }
        let root = json!({"AWS": ["arn:aws:iam::000000000000:root"]});
        assert!(locks(
            json!({"Effect": "Deny", "Principal": root, "Action": "xray:*"})
        ));
        let other = json!({"Action": null, "NotAction": "xray:PutTraceSegments"});
        assert!(locks(
            json!({"Effect": "Deny", "Principal": "*", "Action": null, "NotAction": other["NotAction"]})
        ));
        for change in [
            json!({"Effect": "Allow", "Principal": "*", "Action": "*"}),
            json!({"Effect": "Deny", "Principal": "*", "Action": "xray:PutTraceSegments"}),
            json!({"Effect": "Deny", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "*"}),
            json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
        ] {
            assert!(!locks(change.clone()), "{change}");
        }
    }
}
