"""Every operation with valid and with invalid input, for any client that can call one by its name.

A client is a function of an operation's name and an input, which returns the answer or raises Refused.
"""

import json
import secrets
import time

from ask import Differs, equal, holds

INVALID = "InvalidRequestException"
NOT_FOUND = "ResourceNotFoundException"
NO_INSIGHT = "00000000-0000-4000-8000-000000000000"
POLICY = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "xray:PutTraceSegments", "Resource": "*"}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "xray:*"}


class Refused(Exception):
    """A call was refused with this error."""

    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name, self.message = name, message


def every_operation(call, operations):
    """Calls all, and checks that none of `operations` was left out. The server is to be as it was started."""
    done, refused = set(), set()
    last = {}
    for operation, given, error, part in cases():
        given = given(last) if callable(given) else given
        try:
            last[operation] = call(operation, given)
            holds(error is None, f"{operation} {given} was answered {last[operation]}, expected {error}")
            done.add(operation)
        except Refused as refusal:
            holds(error == refusal.name, f"{operation} {given}: {refusal}, expected {error}")
            holds(part in refusal.message, Differs(refusal.message, part))
            refused.add(operation)
    # These have no input that could be wrong.
    without = {"GetEncryptionConfig", "GetTraceSegmentDestination"}
    equal(done, set(operations))
    equal(refused, set(operations) - without)
    return len(done)


def cases():
    now = round(time.time(), 3)
    # A time of its own, so that what an earlier run sent is not what is expected.
    start = now - 7200 * (1 + secrets.randbelow(200))
    suffix = secrets.token_hex(4)
    window = {"StartTime": start - 60, "EndTime": start + 60}
    traces = [failing(start + number / 10, number % 2) for number in range(20)]
    trace_id = traces[0]["trace_id"]
    rule = {
        "RuleName": f"rule-{suffix}",
        "ResourceARN": "*",
        "Priority": 7,
        "FixedRate": 0.25,
        "ReservoirSize": 7,
        "ServiceName": "*",
        "ServiceType": "*",
        "Host": "*",
        "HTTPMethod": "GET",
        "URLPath": "/*",
        "Version": 1,
    }
    report = {"RuleName": rule["RuleName"], "ClientID": secrets.token_hex(12), "Timestamp": now, "RequestCount": 9, "SampledCount": 2}
    group, policy = f"group-{suffix}", f"policy-{suffix}"
    arn = lambda last: last["CreateGroup"]["Group"]["GroupARN"]
    token = lambda last, **more: {"RetrievalToken": last["StartTraceRetrieval"]["RetrievalToken"], **more}
    insight = lambda last, **more: {"InsightId": last["GetInsightSummaries"]["InsightSummaries"][0]["InsightId"], **more}
    nobody = {"ResourceARN": "arn:aws:xray:us-east-1:000000000000:group/nobody/X"}

    def ok(operation, given):
        return (operation, given, None, "")

    def bad(operation, given, part, error=INVALID):
        return (operation, given, error, part)

    return [
        ok("PutTraceSegments", {"TraceSegmentDocuments": [json.dumps(trace) for trace in traces]}),
        bad("PutTraceSegments", {}, "TraceSegmentDocuments is required"),
        ok("PutTelemetryRecords", {"TelemetryRecords": [{"Timestamp": now, "SegmentsSentCount": 3}], "Hostname": "here"}),
        bad("PutTelemetryRecords", {"TelemetryRecords": [{}]}, "TelemetryRecords[0].Timestamp is required"),
        # Sampling.
        ok("CreateSamplingRule", {"SamplingRule": rule, "Tags": [{"Key": "stage", "Value": "test"}]}),
        bad("CreateSamplingRule", {"SamplingRule": {**rule, "RuleName": "x", "FixedRate": 2.0}}, "SamplingRule.FixedRate"),
        ok("UpdateSamplingRule", {"SamplingRuleUpdate": {"RuleName": rule["RuleName"], "FixedRate": 0.5}}),
        bad("UpdateSamplingRule", {"SamplingRuleUpdate": {"RuleName": "nobody"}}, "no sampling rule"),
        ok("GetSamplingRules", {}),
        bad("GetSamplingRules", {"NextToken": "x"}, "NextToken"),
        ok("GetSamplingTargets", {"SamplingStatisticsDocuments": [report]}),
        bad("GetSamplingTargets", {"SamplingStatisticsDocuments": [report] * 26}, "at most 25"),
        ok("GetSamplingStatisticSummaries", {}),
        bad("GetSamplingStatisticSummaries", {"NextToken": "x"}, "NextToken"),
        ok("DeleteSamplingRule", {"RuleName": rule["RuleName"]}),
        bad("DeleteSamplingRule", {"RuleName": rule["RuleName"]}, "no sampling rule"),
        # Reading.
        ok("GetTraceSummaries", {**window, "FilterExpression": "fault", "TimeRangeType": "Service"}),
        ok("GetTraceSummaries", {**window, "Sampling": True, "SamplingStrategy": {"Name": "FixedRate", "Value": 0.5}}),
        bad("GetTraceSummaries", {**window, "FilterExpression": "fault AND"}, "column 10"),
        ok("BatchGetTraces", {"TraceIds": [trace_id]}),
        bad("BatchGetTraces", {"TraceIds": ["x" * 36]}, "TraceIds[0]"),
        ok("GetTraceGraph", {"TraceIds": [trace_id]}),
        bad("GetTraceGraph", {"TraceIds": [trace_id], "NextToken": "x"}, "NextToken"),
        ok("GetServiceGraph", window),
        bad("GetServiceGraph", {"StartTime": now, "EndTime": start}, "lies after EndTime"),
        ok("GetTimeSeriesServiceStatistics", window),
        ok(
            "GetTimeSeriesServiceStatistics",
            {**window, "EntitySelectorExpression": 'id(name: "front")', "Period": 300, "ForecastStatistics": True},
        ),
        bad("GetTimeSeriesServiceStatistics", {**window, "EntitySelectorExpression": ""}, "EntitySelectorExpression"),
        # Groups and tags.
        ok("CreateGroup", {"GroupName": group, "FilterExpression": "fault", "InsightsConfiguration": {"InsightsEnabled": True}}),
        bad("CreateGroup", {"GroupName": group}, "is taken"),
        ok("GetGroup", {"GroupName": group}),
        bad("GetGroup", {"GroupName": "nobody"}, "no group"),
        ok("GetGroups", {}),
        bad("GetGroups", {"NextToken": "x"}, "NextToken"),
        ok("UpdateGroup", lambda last: {"GroupARN": arn(last), "FilterExpression": ""}),
        bad("UpdateGroup", {"GroupName": group, "FilterExpression": "("}, "FilterExpression: cannot be read"),
        ok("TagResource", lambda last: {"ResourceARN": arn(last), "Tags": [{"Key": "stage", "Value": "test"}]}),
        bad("TagResource", {**nobody, "Tags": []}, "group/nobody", NOT_FOUND),
        bad(
            "TagResource",
            lambda last: {"ResourceARN": arn(last), "Tags": [{"Key": str(number), "Value": ""} for number in range(50)]},
            "51 tags",
            "TooManyTagsException",
        ),
        ok("ListTagsForResource", lambda last: {"ResourceARN": arn(last)}),
        bad("ListTagsForResource", nobody, "group/nobody", NOT_FOUND),
        ok("UntagResource", lambda last: {"ResourceARN": arn(last), "TagKeys": ["stage"]}),
        bad("UntagResource", {"ResourceARN": "x", "TagKeys": []}, "expected the ARN"),
        # Insights.
        ok("GetInsightSummaries", {**window, "GroupName": group, "States": ["CLOSED"], "MaxResults": 10}),
        bad("GetInsightSummaries", window, "GroupName or GroupARN is required"),
        ok("GetInsight", lambda last: insight(last)),
        bad("GetInsight", {"InsightId": NO_INSIGHT}, "no insight"),
        ok("GetInsightEvents", lambda last: insight(last, MaxResults=50)),
        bad("GetInsightEvents", lambda last: insight(last, MaxResults=51), "MaxResults"),
        ok("GetInsightImpactGraph", lambda last: insight(last, **window)),
        bad("GetInsightImpactGraph", {**window, "InsightId": "x"}, "expected a UUID"),
        ok("DeleteGroup", lambda last: {"GroupARN": arn(last)}),
        bad("DeleteGroup", {"GroupName": "Default"}, "cannot be deleted"),
        # Retrieval.
        ok("StartTraceRetrieval", {**window, "TraceIds": [trace_id]}),
        bad("StartTraceRetrieval", {**window, "TraceIds": [trace_id] * 101}, "at most 100"),
        ok("ListRetrievedTraces", lambda last: token(last)),
        ok("ListRetrievedTraces", lambda last: token(last, TraceFormat="OTEL")),
        bad("ListRetrievedTraces", {"RetrievalToken": "x"}, "no retrieval", NOT_FOUND),
        ok("GetRetrievedTracesGraph", lambda last: token(last)),
        bad("GetRetrievedTracesGraph", lambda last: token(last, NextToken="x"), "NextToken"),
        ok("CancelTraceRetrieval", lambda last: token(last)),
        bad("CancelTraceRetrieval", {"RetrievalToken": "x"}, "no retrieval", NOT_FOUND),
        # Settings and policies.
        ok("GetEncryptionConfig", {}),
        ok("PutEncryptionConfig", {"Type": "NONE"}),
        bad("PutEncryptionConfig", {"Type": "KMS", "KeyId": "alias/mine"}, "made without a key"),
        ok("UpdateTraceSegmentDestination", {"Destination": "CloudWatchLogs"}),
        ok("GetTraceSegmentDestination", {}),
        ok("UpdateTraceSegmentDestination", {"Destination": "XRay"}),
        bad("UpdateTraceSegmentDestination", {"Destination": "S3"}, "expected `XRay` or `CloudWatchLogs`"),
        ok("UpdateIndexingRule", {"Name": "Default", "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 5.0}}}),
        bad("UpdateIndexingRule", {"Name": "Other", "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 5.0}}}, "Other", NOT_FOUND),
        ok("GetIndexingRules", {}),
        bad("GetIndexingRules", {"NextToken": "x"}, "NextToken"),
        ok("PutResourcePolicy", put_policy(policy, PolicyRevisionId="0")),
        bad("PutResourcePolicy", put_policy(policy, PolicyRevisionId="0"), "PolicyRevisionId", "InvalidPolicyRevisionIdException"),
        bad("PutResourcePolicy", {"PolicyName": "a", "PolicyDocument": "{}"}, "is required", "MalformedPolicyDocumentException"),
        bad("PutResourcePolicy", {"PolicyName": "a", "PolicyDocument": " " * 5121}, "5121 bytes", "PolicySizeLimitExceededException"),
        bad("PutResourcePolicy", put_policy("a", DENY), "Bypass", "LockoutPreventionException"),
        *[ok("PutResourcePolicy", put_policy(f"{policy}-{number}", DENY, BypassPolicyLockoutCheck=True)) for number in range(4)],
        bad("PutResourcePolicy", put_policy("a"), "there are 5", "PolicyCountLimitExceededException"),
        ok("ListResourcePolicies", {}),
        bad("ListResourcePolicies", {"NextToken": "x"}, "NextToken"),
        *[ok("DeleteResourcePolicy", {"PolicyName": f"{policy}-{number}"}) for number in range(4)],
        bad("DeleteResourcePolicy", {"PolicyName": policy, "PolicyRevisionId": "0"}, "expected", "InvalidPolicyRevisionIdException"),
        ok("DeleteResourcePolicy", {"PolicyName": policy}),
    ]


def put_policy(name, statement=None, **more):
    document = {"Version": "2012-10-17", "Statement": [statement or POLICY]}
    return {"PolicyName": name, "PolicyDocument": json.dumps(document), **more}


def failing(start, number):
    """A trace of a front that calls a table, which fails."""
    return {
        "name": "front",
        "id": secrets.token_hex(8),
        "trace_id": f"1-{int(start):08x}-{secrets.token_hex(12)}",
        "start_time": start,
        "end_time": start + 0.5,
        "fault": True,
        "annotations": {"number": number, "even": number == 0},
        "http": {"request": {"method": "GET", "url": "http://front/"}, "response": {"status": 500}},
        "links": [{"trace_id": f"1-{int(start):08x}-{secrets.token_hex(12)}", "id": secrets.token_hex(8)}],
        "subsegments": [
            {
                "name": "DynamoDB",
                "id": secrets.token_hex(8),
                "namespace": "aws",
                "start_time": start,
                "end_time": start + 0.25,
                "fault": True,
                "aws": {"operation": "GetItem", "table_name": "orders-table"},
                "cause": {"exceptions": [{"id": secrets.token_hex(8), "type": "Gone", "message": "gone"}]},
            }
        ],
    }
