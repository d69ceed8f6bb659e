use super::*;
use crate::sampling::Rules;
use folder::Folder;

#[path = "../../../tests/all/folder.rs"]
mod folder;

const RULE: &str = r#"{"RuleName":"a","RuleARN":"arn:aws:xray:eu-west-1:123456789012:sampling-rule/a","ResourceARN":"*","Priority":7,
"FixedRate":0.5,"ReservoirSize":3,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"/a","Version":1,
"Attributes":{"k":"v"},"SamplingRateBoost":{"MaxRate":0.9,"CooldownWindowMinutes":5}}"#;

fn contents(rules: &[&str]) -> String {
    let records: Vec<_> = rules
        .iter()
        .map(|rule| format!(r#"{{"SamplingRule":{rule},"CreatedAt":1.0,"ModifiedAt":2.0}}"#))
        .collect();
    format!(r#"{{"SamplingRuleRecords":[{}]}}"#, records.join(","))
}

#[test]
fn what_is_written_is_read_again() {
    let folder = Folder::new();
    let rules = Rules::read(contents(&[RULE]).as_bytes()).expect("rules");
    let (mut file, none) =
        KeptFile::<Rules>::open(folder.file(), None).expect("there need not be one");
    assert_eq!(none, Rules::default());
    assert!(
        !folder.file().exists(),
        "nothing is written before a change"
    );
    file.write(&rules).expect("can be written");
    let (_, read) = KeptFile::<Rules>::open(folder.file(), None).expect("is there");
    assert_eq!(read, rules);
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "nothing is left beside it: {left:?}");
}

#[test]
fn folders_are_made_where_there_are_none() {
    let folder = Folder::new();
    let path = folder.path().join("state/xray-local/rules.json");
    let (mut file, rules) =
        KeptFile::<Rules>::open(path.clone(), None).expect("there need not be one");
    file.write(&rules).expect("can be written");
    assert!(path.exists());
}

#[test]
fn an_answer_of_aws_is_a_rules_file() {
    let default = RULE.replace("/a\"", "*\"").replace("\"a\"", "\"Default\"");
    let default = default
        .replace("sampling-rule*", "sampling-rule/Default")
        .replace("\"Priority\":7", "\"Priority\":10000")
        .replace(r#"{"k":"v"}"#, "{}");
    let text = contents(&[RULE, &default]).replace("1.0", "\"2018-06-06T20:46:07+00:00\"");
    let rules = Rules::read(text.as_bytes()).expect("rules");
    let [a, default] = rules.records() else {
        panic!("{rules:?}");
    };
    assert_eq!((a.created_at, a.modified_at), (0.0, 2.0));
    assert_eq!(default.sampling_rule.fixed_rate, 0.5);
}

#[test]
fn more_rules_than_could_be_made_are_taken_over() {
    let many: Vec<_> = (0..60)
        .map(|number| RULE.replace("\"a\"", &format!("\"a{number}\"")))
        .collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let rules = Rules::read(contents(&many).as_bytes()).expect("rules");
    assert_eq!(rules.records().len(), 61);
}

#[test]
fn what_is_no_rules_file_is_told_with_the_place_and_left_as_it_is() {
    let cases = [
        (String::new(), "EOF"),
        ("[]".to_owned(), "expected an object"),
        ("{}".to_owned(), "SamplingRuleRecords is required"),
        (
            contents(&[
                RULE,
                &RULE.replace("\"a\"", "\"b\"").replace(":7", ":70000"),
            ]),
            "SamplingRuleRecords[1].SamplingRule.Priority: invalid value: integer `70000`, expected a whole number from 1 to 9999 at line 3",
        ),
        (
            contents(&[RULE, RULE]),
            "SamplingRuleRecords[1]: RuleName \"a\" is taken",
        ),
        (
            contents(&[&RULE.replace("\"Host\"", "\"Ghost\"")]),
            "SamplingRuleRecords[0]: SamplingRule.Host is required",
        ),
        (contents(&[RULE]) + "x", "trailing characters"),
    ];
    for (text, expected) in cases {
        let folder = Folder::new();
        fs::write(folder.file(), &text).expect("can be written");
        let error = KeptFile::<Rules>::open(folder.file(), None)
            .err()
            .expect("is refused")
            .to_string();
        assert!(
            error.contains(expected),
            "{error:?} should tell of {expected:?}"
        );
        let left = fs::read_to_string(folder.file()).expect("is there");
        assert_eq!(left, text);
    }
}

#[test]
fn what_somebody_else_wrote_is_not_written_over() {
    let folder = Folder::new();
    let (mut file, rules) =
        KeptFile::<Rules>::open(folder.file(), None).expect("there need not be one");
    file.write(&rules).expect("can be written");
    fs::write(folder.file(), contents(&[RULE])).expect("can be written");
    let error = file.write(&rules).expect_err("is refused");
    assert!(
        error.to_string().contains("changed by another program"),
        "{error}"
    );
    let left = fs::read_to_string(folder.file()).expect("is there");
    assert_eq!(left, contents(&[RULE]));

    fs::remove_file(folder.file()).expect("is there");
    file.write(&rules).expect("there is nothing to write over");
}

#[cfg(unix)]
#[test]
fn a_link_to_the_file_stays_a_link() {
    let folder = Folder::new();
    let link = folder.path().join("link.json");
    fs::write(folder.file(), contents(&[RULE])).expect("can be written");
    std::os::unix::fs::symlink(folder.file(), &link).expect("a link");
    let (mut file, _) = KeptFile::<Rules>::open(link.clone(), None).expect("is there");
    file.write(&Rules::default()).expect("can be written");
    assert!(fs::symlink_metadata(&link).expect("is there").is_symlink());
    let (_, read) = KeptFile::<Rules>::open(folder.file(), None).expect("is there");
    assert_eq!(read, Rules::default());
}

#[test]
fn a_file_that_cannot_be_written_is_told() {
    let folder = Folder::new();
    fs::write(folder.path().join("no-folder"), "").expect("can be written");
    let path = folder.path().join("no-folder/rules.json");
    // Reading fails there already on some systems.
    let Ok((mut file, rules)) = KeptFile::<Rules>::open(path, None) else {
        return;
    };
    assert!(matches!(file.write(&rules), Err(FileError::Write(..))));
}
