use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn look(surroundings: &Surroundings) -> (Findings, Option<Inquiry>) {
    Origins::detect_in(surroundings).look(Surroundings::new)
}

fn inquiry(surroundings: &Surroundings) -> Option<&'static str> {
    let (_, inquiry) = look(surroundings);
    inquiry.map(|inquiry| match inquiry.about {
        About::Container(_) => "container",
        About::Instance(_) => "instance",
    })
}

fn nitro() -> Surroundings {
    Surroundings::new().file("/sys/devices/virtual/dmi/id/sys_vendor", "Amazon EC2\n")
}

#[test]
fn the_instance_is_asked_where_the_machine_is_one_and_nowhere_else() {
    let other = |file, content| Surroundings::new().file(file, content);
    assert_eq!(inquiry(&nitro()), Some("instance"));
    let xen = other(
        "/sys/hypervisor/uuid",
        "EC2e1916-9099-7caf-fd21-012345abcdef\n",
    );
    assert_eq!(inquiry(&xen), Some("instance"));
    assert_eq!(inquiry(&Surroundings::new()), None);
    for machine in [
        other("/sys/devices/virtual/dmi/id/sys_vendor", "QEMU\n"),
        other(
            "/sys/hypervisor/uuid",
            "45e12aec-dcd1-b213-94ed-012345abcdef\n",
        ),
    ] {
        assert_eq!(inquiry(&machine), None);
    }
}

#[test]
fn by_itself_the_instance_is_asked_at_its_link_local_address() {
    let (_, inquiry) = look(&nitro());
    let Some(About::Instance(endpoint)) = inquiry.map(|inquiry| inquiry.about) else {
        panic!("an instance is to be asked");
    };
    assert_eq!(endpoint.to_string(), "http://169.254.169.254:80");
}

#[test]
fn the_instance_is_asked_where_a_variable_says_so() {
    for (variable, address) in [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://[::1]:1338/"),
        ("IMDS_ENDPOINT", "127.0.0.1:1338"),
    ] {
        let named = Surroundings::new().variable(variable, address);
        assert_eq!(inquiry(&named), Some("instance"), "{variable}");
    }
}

#[test]
fn variables_keep_the_instance_from_being_asked() {
    let disabled = nitro().variable("AWS_EC2_METADATA_DISABLED", "True");
    assert_eq!(inquiry(&disabled), None);
    let enabled = nitro().variable("AWS_EC2_METADATA_DISABLED", "false");
    assert_eq!(inquiry(&enabled), Some("instance"));
    let (findings, inquiry) = Origins::detect_in(&nitro())
        .with_detection(Detection::Off)
        .look(Surroundings::new);
    assert_eq!((findings.origin(), inquiry.is_none()), (None, true));
}

#[test]
fn containers_do_not_ask_the_instance_that_they_run_on() {
    let uri = "http://169.254.170.2/v4/0a";
    let ecs = nitro().variable("ECS_CONTAINER_METADATA_URI_V4", uri);
    assert_eq!(inquiry(&ecs), Some("container"));
    let eks = nitro()
        .variable("KUBERNETES_SERVICE_HOST", "10.100.0.1")
        .variable("AWS_XRAY_EKS_CLUSTER_NAME", "shop");
    assert_eq!(inquiry(&eks), None);
    // A machine of Elastic Beanstalk is an instance.
    let beanstalk = nitro().file("/var/elasticbeanstalk/xray/environment.conf", "{}");
    assert_eq!(inquiry(&beanstalk), Some("instance"));
}

#[test]
fn addresses_that_cannot_be_asked_are_told() {
    for variable in [
        "ECS_CONTAINER_METADATA_URI_V4",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    ] {
        let wrong = Surroundings::new().variable(variable, "https://a/b");
        let (findings, inquiry) = look(&wrong);
        assert!(inquiry.is_none());
        let problems = findings.problems();
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with(&format!("{variable}=\"https://a/b\"")),
            "{problems:?}"
        );
    }
}

#[test]
fn detection_is_turned_off_and_on_by_two_words() {
    assert_eq!(Detection::parse("none").ok(), Some(Detection::Off));
    assert_eq!(
        Detection::parse(" Detect ").ok(),
        Some(Detection::Automatic)
    );
    let error = Detection::parse("false").expect_err("neither");
    assert_eq!(
        error.to_string(),
        "AWS_XRAY_ORIGINS=\"false\" cannot be used: expected detect or none"
    );
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z:]{500,600}".prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "DockerId",
        "ContainerARN",
        "LogDriver",
        "LogOptions",
        "awslogs-group",
        "awslogs-region",
        "Labels",
        "com.amazonaws.ecs.task-arn",
        "instanceId",
        "availabilityZone",
        "region",
        "accountId",
    ]);
    leaf.prop_recursive(3, 40, 10, move |inner| {
        prop::collection::hash_map(key.clone(), inner, 0..10).prop_map(|fields| {
            let fields = fields
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value));
            Value::Object(fields.collect())
        })
    })
}

proptest! {
    #[test]
    fn whatever_an_endpoint_tells_the_fields_are_short_and_well_formed(answer in json()) {
        let mut findings = Findings::default();
        ecs::take_over(&answer, &mut findings);
        ec2::take_over(&answer, &mut findings);
        let fields = findings.fields();
        let bytes: usize = fields.iter().map(|(key, json)| key.len() + json.len()).sum();
        prop_assert!(bytes <= 8 * 1024);
        for (key, json) in fields {
            let block: Value = serde_json::from_str(&json).expect("JSON");
            prop_assert_eq!(block.is_array(), key == "cloudwatch_logs");
            prop_assert!(block.is_array() || block.is_object());
        }
    }
}
