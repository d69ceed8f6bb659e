use serde_json::json;

use super::*;

const NOW: f64 = 1_700_000_000.25;

fn name(text: &str) -> GroupName {
    GroupName::new(text).expect("a name")
}

fn condition(text: &str) -> Option<Condition> {
    Some(Condition::try_from(text.to_owned()).expect("an expression"))
}

fn insights(enabled: Option<bool>, notifications: Option<bool>) -> InsightsChange {
    InsightsChange {
        insights_enabled: enabled,
        notifications_enabled: notifications,
    }
}

/// Groups with these names and expressions.
fn groups(all: &[(&str, &str)]) -> Groups {
    let mut groups = Groups::default();
    for (group, text) in all {
        groups
            .create(name(group), condition(text), InsightsChange::default(), NOW)
            .expect("a new group");
    }
    groups
}

fn names(groups: &Groups) -> Vec<&str> {
    groups
        .all()
        .iter()
        .map(|group| group.group_name.as_str())
        .collect()
}

#[test]
fn the_default_group_is_always_there_and_first() {
    let groups = groups(&[("zebra", ""), ("Ant", ""), ("ant", "fault")]);
    assert_eq!(names(&groups), ["Default", "Ant", "ant", "zebra"]);
    assert_eq!(
        serde_json::to_value(&groups.all()[0]).expect("can be written"),
        json!({
            "GroupName": "Default",
            "GroupARN": "arn:aws:xray:us-east-1:000000000000:group/Default",
            "InsightsConfiguration": {"InsightsEnabled": false, "NotificationsEnabled": false},
        })
    );
}

#[test]
fn the_default_group_keeps_its_traces_and_stays() {
    let mut groups = Groups::default();
    let default = Meant::Name(name("Default"));
    assert_eq!(groups.delete(&default), Err(GroupError::DefaultStays));
    assert_eq!(
        groups.update(&default, condition("fault"), InsightsChange::default()),
        Err(GroupError::DefaultFilter)
    );
    let watched = groups.update(&default, None, insights(Some(true), None));
    assert!(
        watched
            .expect("can be watched")
            .insights_configuration
            .insights_enabled
    );
    assert_eq!(
        groups.create(name("Default"), None, InsightsChange::default(), NOW),
        Err(GroupError::Exists(name("Default")))
    );
}

#[test]
fn a_group_is_meant_by_name_by_arn_or_by_both_of_one() {
    let groups = groups(&[("slow", "responsetime > 5"), ("failed", "fault")]);
    let [_, failed, slow] = groups.all() else {
        panic!("three groups");
    };
    let arn = |group: &Group| GroupArn::new(&group.group_arn).expect("an ARN");
    assert_eq!(groups.get(&Meant::Arn(arn(slow))), Ok(slow));
    assert_eq!(groups.get(&Meant::Both(name("slow"), arn(slow))), Ok(slow));
    assert!(groups.get(&Meant::Both(name("slow"), arn(failed))).is_err());
    assert!(groups.get(&Meant::Name(name("Slow"))).is_err());
    let elsewhere = slow.group_arn.replace("000000000000", "123456789012");
    let elsewhere = Meant::Arn(GroupArn::new(&elsewhere).expect("an ARN"));
    assert_eq!(groups.get(&elsewhere), Ok(slow));
}

#[test]
fn a_group_that_is_made_again_has_another_arn() {
    let mut groups = groups(&[("slow", "")]);
    let first = groups
        .delete(&Meant::Name(name("slow")))
        .expect("was there");
    let second = groups
        .create(name("slow"), None, InsightsChange::default(), NOW + 1.0)
        .expect("a new group");
    assert_ne!(first.group_arn, second.group_arn);
}

#[test]
fn notifications_need_insights() {
    let mut groups = groups(&[("slow", "")]);
    let slow = Meant::Name(name("slow"));
    assert_eq!(
        groups.update(&slow, None, insights(None, Some(true))),
        Err(GroupError::NothingToNotify)
    );
    let mut set = |enabled, notifications| {
        let group = groups.update(&slow, None, insights(enabled, notifications));
        let insights = group.expect("makes sense").insights_configuration;
        (insights.insights_enabled, insights.notifications_enabled)
    };
    assert_eq!(set(Some(true), Some(true)), (true, true));
    assert_eq!(set(None, None), (true, true), "what is left out stays");
    assert_eq!(set(Some(false), None), (false, false));
}

#[test]
fn there_are_25_groups_at_most() {
    let all: Vec<_> = (0..25).map(|number| format!("group-{number}")).collect();
    let all: Vec<_> = all.iter().map(|group| (group.as_str(), "")).collect();
    let mut groups = groups(&all);
    assert_eq!(
        groups.create(name("more"), None, InsightsChange::default(), NOW),
        Err(GroupError::LimitReached(25))
    );
}

#[test]
fn groups_within_expressions_stand_for_what_belongs_to_them() {
    let groups = groups(&[
        ("failed", "fault OR error"),
        ("alices", "user = \"alice\" AND group.name = \"failed\""),
        ("ring", "group.name = \"chain\""),
        ("chain", "group.name = \"ring\" OR ok"),
    ]);
    let resolved = |text: &str| {
        groups
            .resolve(&Filter::parse(text).expect("an expression"))
            .expect("few conditions")
    };
    let failed = Filter::parse("fault OR error").expect("an expression");
    assert_eq!(resolved("group.name = \"failed\""), failed);
    assert_eq!(resolved("group.name = \"Default\""), Filter::every());
    assert_eq!(resolved("group.name = \"nobody\""), Filter::none());
    let arn = &groups.all()[1].group_arn;
    assert!(arn.contains(":group/alices/"), "{arn}");
    assert_eq!(
        resolved(&format!("group.arn = \"{arn}\"")),
        resolved("group.name = \"alices\"")
    );
    // A ring of groups says nothing, and ends.
    assert_ne!(resolved("group.name = \"ring\""), Filter::every());
}

#[test]
fn what_was_written_is_read_again() {
    let groups = groups(&[("slow", "responsetime > 5"), ("all", "")]);
    let text = serde_json::to_string(&groups).expect("can be written");
    let read: Groups = serde_json::from_str(&text).expect("can be read");
    assert_eq!(read.restored(), Ok(groups));
    let none: Groups = serde_json::from_str("{\"Groups\": []}").expect("can be read");
    assert_eq!(none.restored(), Ok(Groups::default()));
}

#[test]
fn groups_that_name_groups_over_and_over_are_refused_before_they_fill_memory() {
    let mut all = Groups::default();
    let mut create = |number: usize, text: &str| {
        let made = name(&format!("b{number}"));
        all.create(made, condition(text), InsightsChange::default(), NOW)
            .expect("a new group");
    };
    create(0, "fault");
    for number in 1..24 {
        let inner = number - 1;
        create(
            number,
            &format!(r#"group.name = "b{inner}" OR !group.name = "b{inner}""#),
        );
    }
    let get = |group: &str| all.get(&Meant::Name(name(group))).expect("is there");
    assert!(all.filter(get("b8")).is_ok());
    let refused = Err(GroupError::TooManyConditions(CONDITIONS));
    assert_eq!(all.filter(get("b23")), refused);
    let filter = Filter::parse(r#"group.name = "b23""#).expect("an expression");
    assert_eq!(
        all.resolve(&filter),
        refused.map(|_: Option<Filter>| filter)
    );
}
