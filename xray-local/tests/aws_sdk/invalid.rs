use aws_sdk_xray::types::{
    EncryptionType, IndexingRuleValueUpdate, ProbabilisticRuleValueUpdate, SamplingRule,
    SamplingRuleUpdate, Tag, TraceSegmentDestination,
};

use super::*;

const INVALID: &str = "InvalidRequestException";
const NOT_FOUND: &str = "ResourceNotFoundException";
const NO_INSIGHT: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn reading_operations_tell_what_is_wrong() {
    let shop = Shop::open();
    let client = &shop.client;
    refused(
        client.put_trace_segments().send().await,
        INVALID,
        "TraceSegmentDocuments is required",
    );
    refused(
        client.put_telemetry_records().send().await,
        INVALID,
        "TelemetryRecords is required",
    );
    refused(
        client.batch_get_traces().trace_ids("").send().await,
        INVALID,
        "TraceIds[0]",
    );
    refused(
        client.get_trace_graph().send().await,
        INVALID,
        "TraceIds is required",
    );
    refused(
        client.get_trace_summaries().end_time(end()).send().await,
        INVALID,
        "StartTime is required",
    );
    let summaries = client
        .get_trace_summaries()
        .start_time(start())
        .end_time(end());
    refused(
        summaries.filter_expression("fault AND").send().await,
        INVALID,
        "column 10",
    );
    let graph = client
        .get_service_graph()
        .start_time(end())
        .end_time(start());
    refused(graph.send().await, INVALID, "lies after EndTime");
    let series = client
        .get_time_series_service_statistics()
        .start_time(start())
        .end_time(end());
    refused(
        series.entity_selector_expression("shop").send().await,
        INVALID,
        "EntitySelectorExpression cannot be read",
    );
    let retrieval = client
        .start_trace_retrieval()
        .start_time(start())
        .end_time(end());
    refused(retrieval.send().await, INVALID, "TraceIds is required");
    refused(
        client
            .list_retrieved_traces()
            .retrieval_token("x")
            .send()
            .await,
        NOT_FOUND,
        "\"x\"",
    );
    refused(
        client
            .get_retrieved_traces_graph()
            .retrieval_token("x")
            .send()
            .await,
        NOT_FOUND,
        "\"x\"",
    );
    refused(
        client
            .cancel_trace_retrieval()
            .retrieval_token("x")
            .send()
            .await,
        NOT_FOUND,
        "\"x\"",
    );
    refused(
        client.get_insight().insight_id("x").send().await,
        INVALID,
        "expected a UUID",
    );
    refused(
        client
            .get_insight_events()
            .insight_id(NO_INSIGHT)
            .send()
            .await,
        INVALID,
        "no insight",
    );
    let graph = client.get_insight_impact_graph().insight_id(NO_INSIGHT);
    refused(
        graph.start_time(start()).end_time(end()).send().await,
        INVALID,
        "no insight",
    );
    let summaries = client
        .get_insight_summaries()
        .start_time(start())
        .end_time(end());
    refused(
        summaries.send().await,
        INVALID,
        "GroupName or GroupARN is required",
    );
}

#[tokio::test]
async fn groups_and_tags_tell_what_is_wrong() {
    let shop = Shop::open();
    let client = &shop.client;
    refused(
        client.create_group().group_name("Default").send().await,
        INVALID,
        "is taken",
    );
    refused(
        client.get_group().group_name("nobody").send().await,
        INVALID,
        "no group \"nobody\"",
    );
    refused(
        client.get_groups().next_token("x").send().await,
        INVALID,
        "NextToken \"x\"",
    );
    refused(
        client.update_group().group_name("nobody").send().await,
        INVALID,
        "no group",
    );
    refused(
        client.delete_group().group_name("Default").send().await,
        INVALID,
        "cannot be deleted",
    );
    let arn = "arn:aws:xray:us-east-1:000000000000:group/nobody/X";
    refused(
        client
            .list_tags_for_resource()
            .resource_arn(arn)
            .send()
            .await,
        NOT_FOUND,
        arn,
    );
    refused(
        client
            .untag_resource()
            .resource_arn(arn)
            .tag_keys("a")
            .send()
            .await,
        NOT_FOUND,
        arn,
    );
    let tags = (0..51).map(|number| {
        Tag::builder()
            .key(format!("key-{number}"))
            .value("")
            .build()
    });
    let tags: Vec<_> = tags.map(|tag| tag.expect("is whole")).collect();
    let default = "arn:aws:xray:us-east-1:000000000000:group/Default";
    let tagged = client
        .tag_resource()
        .resource_arn(default)
        .set_tags(Some(tags))
        .send()
        .await;
    let error = tagged.expect_err("too many").into_service_error();
    assert!(error.is_too_many_tags_exception(), "{error:?}");
}

#[tokio::test]
async fn sampling_tells_what_is_wrong() {
    let shop = Shop::open();
    let client = &shop.client;
    let rule = SamplingRule::builder()
        .resource_arn("*")
        .priority(0)
        .fixed_rate(0.5)
        .reservoir_size(3)
        .service_name("*")
        .service_type("*")
        .host("*")
        .http_method("*")
        .url_path("*")
        .version(1)
        .build()
        .expect("is whole");
    refused(
        client
            .create_sampling_rule()
            .sampling_rule(rule)
            .send()
            .await,
        INVALID,
        "SamplingRule.Priority",
    );
    let change = SamplingRuleUpdate::builder().rule_name("nobody").build();
    refused(
        client
            .update_sampling_rule()
            .sampling_rule_update(change)
            .send()
            .await,
        INVALID,
        "no sampling rule",
    );
    refused(
        client
            .delete_sampling_rule()
            .rule_name("Default")
            .send()
            .await,
        INVALID,
        "cannot be deleted",
    );
    refused(
        client.get_sampling_rules().next_token("x").send().await,
        INVALID,
        "NextToken",
    );
    refused(
        client.get_sampling_targets().send().await,
        INVALID,
        "SamplingStatisticsDocuments is required",
    );
    refused(
        client
            .get_sampling_statistic_summaries()
            .next_token("x")
            .send()
            .await,
        INVALID,
        "NextToken",
    );
}

#[tokio::test]
async fn settings_and_policies_tell_what_is_wrong() {
    let shop = Shop::open();
    let client = &shop.client;
    let kms = client.put_encryption_config().r#type(EncryptionType::Kms);
    refused(kms.send().await, INVALID, "KeyId is required");
    let other = TraceSegmentDestination::from("S3");
    refused(
        client
            .update_trace_segment_destination()
            .destination(other)
            .send()
            .await,
        INVALID,
        "Destination",
    );
    refused(
        client.get_indexing_rules().next_token("x").send().await,
        INVALID,
        "NextToken",
    );
    let all = ProbabilisticRuleValueUpdate::builder().desired_sampling_percentage(100.0);
    let all = IndexingRuleValueUpdate::Probabilistic(all.build().expect("is whole"));
    refused(
        client
            .update_indexing_rule()
            .name("Other")
            .rule(all)
            .send()
            .await,
        NOT_FOUND,
        "\"Other\"",
    );
    let put = |document: &str| {
        client
            .put_resource_policy()
            .policy_name("a")
            .policy_document(document)
    };
    refused(
        put("{}").send().await,
        "MalformedPolicyDocumentException",
        "Version is required",
    );
    refused(
        put(&" ".repeat(5121)).send().await,
        "PolicySizeLimitExceededException",
        "5121 bytes",
    );
    let deny = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*"}}"#;
    refused(
        put(deny).send().await,
        "LockoutPreventionException",
        "BypassPolicyLockoutCheck",
    );
    let stale = put(deny)
        .bypass_policy_lockout_check(true)
        .policy_revision_id("7");
    refused(
        stale.send().await,
        "InvalidPolicyRevisionIdException",
        "\"7\"",
    );
    for name in ["b", "c", "d", "e", "f"] {
        let put = put(deny)
            .policy_name(name)
            .bypass_policy_lockout_check(true);
        put.send().await.expect("is answered");
    }
    let sixth = put(deny).bypass_policy_lockout_check(true);
    refused(
        sixth.send().await,
        "PolicyCountLimitExceededException",
        "there are 5",
    );
    refused(
        client
            .delete_resource_policy()
            .policy_name("a")
            .send()
            .await,
        INVALID,
        "no resource policy",
    );
    refused(
        client.list_resource_policies().next_token("x").send().await,
        INVALID,
        "NextToken",
    );
}
