use std::time::SystemTime;

use aws_sdk_xray::error::SdkError;
use aws_sdk_xray::types::{
    EncryptionType, IndexingRuleValue, IndexingRuleValueUpdate, InsightsConfiguration,
    ProbabilisticRuleValueUpdate, RetrievalStatus, SamplingBoostStatisticsDocument, SamplingRule,
    SamplingRuleUpdate, SamplingStatisticsDocument, SamplingStrategy, SamplingStrategyName, Tag,
    TelemetryRecord, TimeRangeType, TraceFormatType, TraceSegmentDestination,
    TraceSegmentDestinationStatus,
};

use super::*;

/// What the operation that is called here gives back.
macro_rules! done {
    ($call:expr) => {
        $call.send().await.expect("is answered")
    };
}

#[tokio::test]
async fn what_is_put_is_found_by_every_reading_operation() {
    let shop = Shop::open();
    let client = &shop.client;
    let put = done!(
        client
            .put_trace_segments()
            .trace_segment_documents("nonsense")
    );
    let refused = put.unprocessed_trace_segments();
    assert_eq!(refused[0].error_code(), Some("ParseError"));
    let record = TelemetryRecord::builder()
        .timestamp(start())
        .segments_received_count(1);
    let record = record.build().expect("is whole");
    done!(client.put_telemetry_records().telemetry_records(record));

    let strategy = SamplingStrategy::builder()
        .name(SamplingStrategyName::FixedRate)
        .value(1.0);
    let summaries = done!(
        client
            .get_trace_summaries()
            .start_time(start())
            .end_time(end())
            .time_range_type(TimeRangeType::Event)
            .sampling(true)
            .sampling_strategy(strategy.build())
            .filter_expression("annotation.order = \"o-17\"")
    );
    let [summary] = summaries.trace_summaries() else {
        panic!("{summaries:?}");
    };
    assert_eq!(
        (summary.id(), summary.has_fault()),
        (Some(TRACE), Some(true))
    );
    assert_eq!(
        summary
            .http()
            .and_then(aws_sdk_xray::types::Http::http_status),
        Some(500)
    );
    assert_eq!(
        summary.annotations().map(std::collections::HashMap::len),
        Some(3)
    );
    assert_eq!(summary.fault_root_causes().len(), 1);
    assert!(summaries.next_token().is_none());

    let traces = done!(client.batch_get_traces().trace_ids(TRACE));
    assert_eq!(traces.traces()[0].segments().len(), 2);
    let services = done!(client.get_trace_graph().trace_ids(TRACE));
    assert_eq!(services.services().len(), 3);
    let graph = done!(
        client
            .get_service_graph()
            .start_time(start())
            .end_time(end())
            .group_name("Default")
    );
    assert_eq!(graph.services().len(), 3);
    assert_eq!(graph.start_time(), Some(&start()));
    let series = done!(
        client
            .get_time_series_service_statistics()
            .start_time(start())
            .end_time(end())
            .entity_selector_expression("service(\"shop\")")
            .period(300)
            .forecast_statistics(true)
    );
    let [window] = series.time_series_service_statistics() else {
        panic!("{series:?}");
    };
    let faults = window
        .service_summary_statistics()
        .and_then(|all| all.fault_statistics());
    assert_eq!(
        faults.and_then(aws_sdk_xray::types::FaultStatistics::total_count),
        Some(1)
    );
    assert!(window.service_forecast_statistics().is_some());
}

#[tokio::test]
async fn a_retrieval_is_started_fetched_and_given_up() {
    let shop = Shop::open();
    let client = &shop.client;
    let started = done!(
        client
            .start_trace_retrieval()
            .trace_ids(TRACE)
            .start_time(start())
            .end_time(end())
    );
    let token = started.retrieval_token().expect("a token");
    for format in [TraceFormatType::Xray, TraceFormatType::Otel] {
        let listed = done!(
            client
                .list_retrieved_traces()
                .retrieval_token(token)
                .trace_format(format)
        );
        assert_eq!(listed.retrieval_status(), Some(&RetrievalStatus::Complete));
        assert_eq!(listed.traces()[0].spans().len(), 2);
    }
    let graph = done!(client.get_retrieved_traces_graph().retrieval_token(token));
    assert_eq!(graph.services().len(), 3);
    done!(client.cancel_trace_retrieval().retrieval_token(token));
    let listed = done!(client.list_retrieved_traces().retrieval_token(token));
    assert_eq!(listed.retrieval_status(), Some(&RetrievalStatus::Cancelled));
}

#[tokio::test]
async fn groups_and_tags_are_made_changed_and_taken_away() {
    let shop = Shop::open();
    let client = &shop.client;
    let tag = |key: &str| {
        Tag::builder()
            .key(key)
            .value("x")
            .build()
            .expect("is whole")
    };
    let made = done!(
        client
            .create_group()
            .group_name("failed")
            .filter_expression("fault")
            .tags(tag("a"))
    );
    let group = made.group().expect("a group");
    let arn = group.group_arn().expect("an ARN");
    let insights = InsightsConfiguration::builder()
        .insights_enabled(true)
        .build();
    done!(
        client
            .update_group()
            .group_arn(arn)
            .insights_configuration(insights)
    );
    let got = done!(client.get_group().group_name("failed"));
    let insights = got.group().and_then(|group| group.insights_configuration());
    assert_eq!(
        insights.and_then(aws_sdk_xray::types::InsightsConfiguration::insights_enabled),
        Some(true)
    );
    assert_eq!(done!(client.get_groups()).groups().len(), 2);
    done!(client.tag_resource().resource_arn(arn).tags(tag("b")));
    done!(client.untag_resource().resource_arn(arn).tag_keys("a"));
    let tags = done!(client.list_tags_for_resource().resource_arn(arn));
    assert_eq!(tags.tags(), [tag("b")]);
    let summaries = client.get_insight_summaries().group_name("failed");
    let summaries = done!(summaries.start_time(start()).end_time(end()));
    assert!(
        summaries.insight_summaries().is_empty(),
        "one fault is no insight"
    );
    done!(client.delete_group().group_name("failed"));
    assert_eq!(done!(client.get_groups()).groups().len(), 1);
}

#[tokio::test]
async fn an_insight_is_told_with_its_events_and_its_graph() {
    let shop = Shop::open();
    let client = &shop.client;
    let documents = (0..10).map(|number| {
        json!({
            "name": "shop", "id": format!("2{number:015x}"), "trace_id": format!("1-581cf771-{number:024x}"),
            "start_time": START, "end_time": START + 1, "fault": true,
        })
        .to_string()
    });
    let documents: Vec<_> = documents.collect();
    done!(
        client
            .put_trace_segments()
            .set_trace_segment_documents(Some(documents))
    );
    let insights = InsightsConfiguration::builder()
        .insights_enabled(true)
        .build();
    done!(
        client
            .update_group()
            .group_name("Default")
            .insights_configuration(insights)
    );
    let summaries = client
        .get_insight_summaries()
        .group_name("Default")
        .max_results(10);
    let summaries = done!(summaries.start_time(start()).end_time(end()));
    let [summary] = summaries.insight_summaries() else {
        panic!("{summaries:?}");
    };
    let id = summary.insight_id().expect("an id");
    let insight = done!(client.get_insight().insight_id(id));
    let name = insight
        .insight()
        .and_then(|insight| insight.root_cause_service_id()?.name());
    assert_eq!(name, Some("shop"));
    assert_eq!(
        done!(client.get_insight_events().insight_id(id))
            .insight_events()
            .len(),
        1
    );
    let graph = client.get_insight_impact_graph().insight_id(id);
    let graph = done!(graph.start_time(start()).end_time(end()));
    assert_eq!(graph.services().len(), 2);
}

#[tokio::test]
async fn sampling_rules_are_made_reported_changed_and_taken_away() {
    let shop = Shop::open();
    let client = &shop.client;
    let rule = SamplingRule::builder()
        .rule_name("slow")
        .resource_arn("*")
        .priority(7)
        .fixed_rate(0.5)
        .reservoir_size(3)
        .service_name("*")
        .service_type("*")
        .host("*")
        .http_method("*")
        .url_path("/slow")
        .version(1)
        .build()
        .expect("is whole");
    let made = done!(client.create_sampling_rule().sampling_rule(rule));
    assert!(
        made.sampling_rule_record()
            .and_then(|record| record.created_at())
            .is_some()
    );
    let change = SamplingRuleUpdate::builder()
        .rule_name("slow")
        .fixed_rate(0.75)
        .build();
    done!(client.update_sampling_rule().sampling_rule_update(change));
    assert_eq!(
        done!(client.get_sampling_rules())
            .sampling_rule_records()
            .len(),
        2
    );
    let report = SamplingStatisticsDocument::builder()
        .rule_name("slow")
        .client_id("0123456789abcdef01234567")
        .timestamp(SystemTime::now().into())
        .request_count(9)
        .sampled_count(2)
        .build()
        .expect("is whole");
    let boost = SamplingBoostStatisticsDocument::builder()
        .rule_name("slow")
        .service_name("shop")
        .timestamp(SystemTime::now().into())
        .anomaly_count(1)
        .total_count(9)
        .sampled_anomaly_count(0)
        .build()
        .expect("is whole");
    let targets = client
        .get_sampling_targets()
        .sampling_statistics_documents(report);
    let targets = done!(targets.sampling_boost_statistics_documents(boost));
    assert_eq!(targets.sampling_target_documents()[0].fixed_rate(), 0.75);
    assert_eq!(targets.unprocessed_boost_statistics().len(), 1);
    let summaries = done!(client.get_sampling_statistic_summaries());
    assert_eq!(
        summaries.sampling_statistic_summaries()[0].request_count(),
        9
    );
    done!(client.delete_sampling_rule().rule_name("slow"));
}

#[tokio::test]
async fn settings_and_policies_are_told_as_they_are() {
    let shop = Shop::open();
    let client = &shop.client;
    let encryption = done!(client.put_encryption_config().r#type(EncryptionType::None));
    let same = done!(client.get_encryption_config());
    assert_eq!(encryption.encryption_config(), same.encryption_config());
    let logs = TraceSegmentDestination::CloudWatchLogs;
    let destination = done!(client.update_trace_segment_destination().destination(logs));
    assert_eq!(
        destination.status(),
        Some(&TraceSegmentDestinationStatus::Pending)
    );
    let told = done!(client.get_trace_segment_destination());
    assert_eq!(told.destination(), destination.destination());
    let half = ProbabilisticRuleValueUpdate::builder().desired_sampling_percentage(50.0);
    let half = IndexingRuleValueUpdate::Probabilistic(half.build().expect("is whole"));
    done!(client.update_indexing_rule().name("Default").rule(half));
    let rules = done!(client.get_indexing_rules());
    let value = rules.indexing_rules()[0]
        .rule()
        .map(IndexingRuleValue::as_probabilistic);
    let Some(Ok(value)) = value else {
        panic!("{rules:?}");
    };
    assert_eq!(value.desired_sampling_percentage(), 50.0);
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "xray:PutTraceSegments", "Resource": "*",
    }});
    let put = client.put_resource_policy().policy_name("all");
    let put = done!(put.policy_document(document.to_string()));
    let revision = put
        .resource_policy()
        .and_then(|policy| policy.policy_revision_id());
    let listed = done!(client.list_resource_policies());
    assert_eq!(listed.resource_policies()[0].policy_revision_id(), revision);
    done!(
        client
            .delete_resource_policy()
            .policy_name("all")
            .set_policy_revision_id(revision.map(str::to_owned))
    );
}

#[tokio::test]
async fn pages_of_the_sdk_end() {
    let shop = Shop::open();
    let pages = shop
        .client
        .get_trace_summaries()
        .start_time(start())
        .end_time(end())
        .into_paginator();
    let pages: Result<Vec<_>, SdkError<_>> = pages.send().collect().await;
    assert_eq!(pages.expect("is answered").len(), 1);
}
