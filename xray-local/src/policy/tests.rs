use serde_json::json;

use super::*;

fn name(text: &str) -> PolicyName {
    PolicyName::new(text).expect("a name")
}

fn change(text: &str, revision: Option<&str>) -> PolicyChange {
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "xray:PutTraceSegments", "Resource": "*",
    }});
    PolicyChange {
        name: name(text),
        document: document.to_string(),
        revision: revision.map(str::to_owned),
        may_lock_out: false,
    }
}

fn refusal(result: Result<impl fmt::Debug, PolicyError>) -> String {
    result.expect_err("is refused").to_string()
}

#[test]
fn each_change_is_a_revision_that_the_next_one_can_name() {
    let mut policies = Policies::default();
    let first = policies
        .put(change("a", Some("0")), 1.5)
        .expect("a new policy");
    assert_eq!(
        (first.policy_revision_id.as_str(), first.last_updated_time),
        ("1", 1.0)
    );
    let second = policies
        .put(change("a", Some("1")), 2.0)
        .expect("a revision");
    assert_eq!(second.policy_revision_id, "2");
    policies
        .put(change("a", None), 3.0)
        .expect("whatever is there");
    assert_eq!(
        refusal(policies.put(change("a", Some("2")), 4.0)),
        "PolicyRevisionId \"2\" is not that of \"a\": expected \"3\""
    );
    assert!(policies.put(change("a", Some("0")), 4.0).is_err());
    assert_eq!(
        refusal(policies.put(change("b", Some("1")), 4.0)),
        "PolicyRevisionId \"1\" is not that of \"b\": there is no such policy, expected \"0\" or none"
    );
}

#[test]
fn a_policy_is_taken_away_by_its_revision_or_whatever_it_is() {
    let mut policies = Policies::default();
    policies.put(change("a", None), 1.0).expect("a new policy");
    assert!(policies.delete(&name("a"), Some("7".to_owned())).is_err());
    policies
        .delete(&name("a"), Some("1".to_owned()))
        .expect("is there");
    assert_eq!(
        refusal(policies.delete(&name("a"), None)),
        "there is no resource policy \"a\""
    );
    let again = policies
        .put(change("a", Some("0")), 1.0)
        .expect("a new policy");
    assert_eq!(again.policy_revision_id, "2", "no revision comes twice");
}

#[test]
fn policies_are_bounded_in_number_and_size() {
    let mut policies = Policies::default();
    for policy in ["e", "a", "c", "b", "d"] {
        policies
            .put(change(policy, None), 1.0)
            .expect("a new policy");
    }
    assert_eq!(
        policies.put(change("f", None), 1.0),
        Err(PolicyError::TooMany)
    );
    policies.put(change("a", None), 1.0).expect("a revision");
    let names = policies
        .all()
        .iter()
        .map(|policy| policy.policy_name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);

    let mut large = change("a", None);
    large.document.push_str(&" ".repeat(SIZE));
    assert!(matches!(
        policies.put(large, 1.0),
        Err(PolicyError::TooLarge(_))
    ));
}

#[test]
fn nobody_is_locked_out_by_mistake() {
    let document = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "xray:*"}});
    let mut lock = PolicyChange {
        document: document.to_string(),
        ..change("a", None)
    };
    let mut policies = Policies::default();
    assert_eq!(
        policies.put(
            PolicyChange {
                document: lock.document.clone(),
                ..change("a", None)
            },
            1.0
        ),
        Err(PolicyError::LocksOut)
    );
    lock.may_lock_out = true;
    assert!(policies.put(lock, 1.0).is_ok());
}
