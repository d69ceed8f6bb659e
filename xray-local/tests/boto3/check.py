#!/usr/bin/env python3
"""Calls every operation that xray-local answers with boto3, and compares what comes back with what was sent.

    python check.py 127.0.0.1:2000

Needs boto3 (any version that knows X-Ray). Exits with 1 and says what differs, or with 0.
"""

import json
import secrets
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# More than two pages of summaries.
SMALL_TRACES = 450


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check.py ADDRESS, for example check.py 127.0.0.1:2000")
    address = sys.argv[1]
    xray = boto3.client(
        "xray",
        endpoint_url=address if "://" in address else f"http://{address}",
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(retries={"total_max_attempts": 1}),
    )
    checks = [
        put_trace_segments,
        put_telemetry_records,
        get_trace_summaries,
        get_trace_summaries_in_pages,
        batch_get_traces,
        get_service_graph,
        get_trace_graph,
        get_sampling_rules,
        get_sampling_targets,
        errors,
    ]
    sent = Sent()
    for check in checks:
        try:
            check(xray, sent)
        except (AssertionError, KeyError, IndexError, ClientError, BotoCoreError) as failure:
            print(f"FAILED {check.__name__}: {type(failure).__name__}: {failure}", file=sys.stderr)
            sys.exit(1)
        print(f"ok {check.__name__}")


class Sent:
    """The documents of this run: a trace of two services, and many small ones."""

    def __init__(self):
        self.start = round(time.time() - 10, 3)
        self.trace_id = trace_id(self.start)
        self.front_id, self.call_id, self.orders_id, self.table_id = (secrets.token_hex(8) for _ in range(4))
        self.documents = [self.front(), self.orders()]
        self.small = [self.small_document(number) for number in range(SMALL_TRACES)]
        self.small_ids = {document["trace_id"] for document in self.small}

    def front(self):
        return {
            "name": "front",
            "id": self.front_id,
            "trace_id": self.trace_id,
            "start_time": self.start,
            "end_time": self.start + 0.25,
            "origin": "AWS::ECS::Container",
            "user": "alice",
            "error": True,
            "http": {
                "request": {"method": "GET", "url": "http://shop.example.com/checkout", "client_ip": "192.0.2.7"},
                "response": {"status": 404},
            },
            "annotations": {"basket": 3, "express": True, "order": "o-17"},
            "subsegments": [
                {
                    "name": "orders.internal",
                    "id": self.call_id,
                    "namespace": "remote",
                    "start_time": self.start + 0.05,
                    "end_time": self.start + 0.2,
                    "http": {"request": {"method": "GET", "url": "http://orders.internal/"}, "response": {"status": 200}},
                }
            ],
        }

    def orders(self):
        return {
            "name": "orders",
            "id": self.orders_id,
            "trace_id": self.trace_id,
            "parent_id": self.call_id,
            "start_time": self.start + 0.1,
            "end_time": self.start + 0.15,
            "subsegments": [
                {
                    "name": "DynamoDB",
                    "id": self.table_id,
                    "namespace": "aws",
                    "start_time": self.start + 0.11,
                    "end_time": self.start + 0.13,
                    "aws": {"operation": "GetItem", "table_name": "orders-table"},
                    "http": {"response": {"status": 200}},
                }
            ],
        }

    def small_document(self, number):
        # All before the trace above, each at a time of its own.
        start = self.start - 600 + number
        return {
            "name": "small",
            "id": secrets.token_hex(8),
            "trace_id": trace_id(start),
            "start_time": start,
            "end_time": start + 0.5,
        }

    def window(self):
        """The time of the first trace alone, on whole seconds as the command line of AWS sends them, and beyond."""
        return {"StartTime": int(self.start) - 1, "EndTime": self.start + 5.5}


def trace_id(start):
    return f"1-{int(start):08x}-{secrets.token_hex(12)}"


def put_trace_segments(xray, sent):
    answer = xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(document) for document in sent.documents])
    equal(answer["UnprocessedTraceSegments"], [])
    for first in range(0, len(sent.small), 50):
        batch = [json.dumps(document) for document in sent.small[first : first + 50]]
        equal(xray.put_trace_segments(TraceSegmentDocuments=batch)["UnprocessedTraceSegments"], [])

    endless = {"name": "endless", "id": secrets.token_hex(8), "trace_id": trace_id(sent.start), "start_time": sent.start}
    answer = xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(endless), "nonsense"])
    refused = answer["UnprocessedTraceSegments"]
    equal([one["ErrorCode"] for one in refused], ["MissingEndTime", "ParseError"])
    equal([one.get("Id") for one in refused], [endless["id"], None])
    holds(all(one["Message"].startswith("Invalid segment. ErrorCode: ") for one in refused), refused)


def put_telemetry_records(xray, sent):
    xray.put_telemetry_records(
        TelemetryRecords=[{"Timestamp": sent.start, "SegmentsReceivedCount": 2, "BackendConnectionErrors": {"OtherCount": 0}}],
        Hostname="here",
    )


def get_trace_summaries(xray, sent):
    answer = xray.get_trace_summaries(**sent.window())
    summary = only(one for one in answer["TraceSummaries"] if one["Id"] == sent.trace_id)
    close(summary["StartTime"].timestamp(), sent.start)
    close(summary["Duration"], 0.25)
    close(summary["ResponseTime"], 0.25)
    equal([summary[flag] for flag in ("HasError", "HasFault", "HasThrottle", "IsPartial")], [True, False, False, False])
    equal(
        summary["Http"],
        {"HttpURL": "http://shop.example.com/checkout", "HttpStatus": 404, "HttpMethod": "GET", "ClientIp": "192.0.2.7"},
    )
    values = {key: [value["AnnotationValue"] for value in values] for key, values in summary["Annotations"].items()}
    equal(
        values,
        {"basket": [{"NumberValue": 3.0}], "express": [{"BooleanValue": True}], "order": [{"StringValue": "o-17"}]},
    )
    equal([user["UserName"] for user in summary["Users"]], ["alice"])
    equal(summary["EntryPoint"]["Name"], "front")
    equal(
        sorted((service["Name"], service["Type"]) for service in summary["ServiceIds"]),
        [("front", "AWS::ECS::Container"), ("front", "client"), ("orders", ""), ("orders-table", "AWS::DynamoDB::Table")],
    )
    for field in ("FaultRootCauses", "ErrorRootCauses", "ResponseTimeRootCauses", "ResourceARNs", "InstanceIds", "AvailabilityZones"):
        equal(summary[field], [])
    holds(summary["Revision"] >= 1, summary["Revision"])


def get_trace_summaries_in_pages(xray, sent):
    pages = list(
        xray.get_paginator("get_trace_summaries").paginate(StartTime=sent.start - 601, EndTime=sent.start - 1, TimeRangeType="Service")
    )
    holds(len(pages) > 2, f"{len(pages)} pages")
    holds("NextToken" not in pages[-1], "the last page has a token")
    summaries = [summary for page in pages for summary in page["TraceSummaries"]]
    ours = [summary["Id"] for summary in summaries if summary["Id"] in sent.small_ids]
    equal(ours, [document["trace_id"] for document in reversed(sent.small)])
    equal(sum(page["TracesProcessedCount"] for page in pages), len(summaries))


def batch_get_traces(xray, sent):
    unknown = trace_id(sent.start)
    answer = xray.batch_get_traces(TraceIds=[sent.trace_id, unknown])
    equal(answer["UnprocessedTraceIds"], [unknown])
    trace = only(answer["Traces"])
    equal(trace["Id"], sent.trace_id)
    close(trace["Duration"], 0.25)
    documents = {segment["Id"]: json.loads(segment["Document"]) for segment in trace["Segments"]}
    same(documents.pop(sent.front_id), sent.front())
    same(documents.pop(sent.orders_id), sent.orders())
    inferred = only(documents.values())
    equal(
        (inferred["name"], inferred["origin"], inferred["inferred"], inferred["parent_id"]),
        ("DynamoDB", "AWS::DynamoDB::Table", True, sent.table_id),
    )
    # AWS stops at five.
    many = [document["trace_id"] for document in sent.small[:8]]
    equal([trace["Id"] for trace in xray.batch_get_traces(TraceIds=many)["Traces"]], many)


def get_service_graph(xray, sent):
    answer = xray.get_service_graph(**sent.window())
    close(answer["StartTime"].timestamp(), int(sent.start) - 1)
    equal(answer["ContainsOldGroupVersions"], False)
    graph(answer["Services"])


def get_trace_graph(xray, sent):
    services = xray.get_trace_graph(TraceIds=[sent.trace_id])["Services"]
    graph(services)
    by_type = {service["Type"]: service for service in services}
    equal(by_type["AWS::ECS::Container"]["SummaryStatistics"], statistics(error=1, time=0.25))
    equal(by_type[""]["SummaryStatistics"], statistics(ok=1, time=0.05))
    equal(by_type[""]["ResponseTimeHistogram"], [{"Value": 0.05, "Count": 1}])
    holds("SummaryStatistics" not in by_type["client"], by_type["client"])
    edge = only(by_type["AWS::ECS::Container"]["Edges"])
    equal(edge["SummaryStatistics"], statistics(ok=1, time=0.15))


def graph(services):
    """The four services, and who calls whom."""
    names = {service["ReferenceId"]: (service["Name"], service["Type"]) for service in services}
    equal(len(names), len(services))
    edges = {(names[service["ReferenceId"]], names[edge["ReferenceId"]]) for service in services for edge in service["Edges"]}
    client, front = ("front", "client"), ("front", "AWS::ECS::Container")
    orders, table = ("orders", ""), ("orders-table", "AWS::DynamoDB::Table")
    equal(sorted(edges & {(client, front), (front, orders), (orders, table)}), sorted([(client, front), (front, orders), (orders, table)]))
    holds("orders.internal" not in {name for name, _ in names.values()}, names)


def statistics(ok=0, error=0, time=0.0):
    return {
        "OkCount": ok,
        "ErrorStatistics": {"ThrottleCount": 0, "OtherCount": error, "TotalCount": error},
        "FaultStatistics": {"OtherCount": 0, "TotalCount": 0},
        "TotalCount": ok + error,
        "TotalResponseTime": time,
    }


def get_sampling_rules(xray, sent):
    record = only(xray.get_sampling_rules()["SamplingRuleRecords"])
    rule = record["SamplingRule"]
    equal(
        {key: rule[key] for key in ("RuleName", "Priority", "FixedRate", "ReservoirSize", "Version")},
        {"RuleName": "Default", "Priority": 10000, "FixedRate": 0.05, "ReservoirSize": 1, "Version": 1},
    )
    equal({rule[key] for key in ("ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath", "ResourceARN")}, {"*"})


def get_sampling_targets(xray, sent):
    def report(rule):
        return {"RuleName": rule, "ClientID": secrets.token_hex(12), "Timestamp": sent.start, "RequestCount": 9, "SampledCount": 2}

    answer = xray.get_sampling_targets(SamplingStatisticsDocuments=[report("Default"), report("deleted")])
    target = only(answer["SamplingTargetDocuments"])
    equal((target["RuleName"], target["FixedRate"], target["Interval"]), ("Default", 0.05, 10))
    holds(target["ReservoirQuotaTTL"].timestamp() > time.time(), target)
    equal([one["RuleName"] for one in answer["UnprocessedStatistics"]], ["deleted"])


def errors(xray, sent):
    try:
        xray.get_trace_summaries(FilterExpression="fault", **sent.window())
    except xray.exceptions.InvalidRequestException as refusal:
        error = refusal.response["Error"]
        equal(error["Code"], "InvalidRequestException")
        holds("not supported yet" in error["Message"], error)
        equal(refusal.response["ResponseMetadata"]["HTTPStatusCode"], 400)
    else:
        raise AssertionError("a filter was taken")
    try:
        xray.get_groups()
    except ClientError as refusal:
        equal(refusal.response["Error"]["Code"], "UnknownOperationException")
    else:
        raise AssertionError("an operation that is not there was answered")


def holds(condition, found):
    if not condition:
        raise AssertionError(f"found {found!r}")


def equal(found, expected):
    holds(found == expected, Differs(found, expected))


def close(found, expected):
    holds(abs(found - expected) < 1e-5, Differs(found, expected))


def only(values):
    values = list(values)
    equal(len(values), 1)
    return values[0]


class Differs:
    def __init__(self, found, expected):
        self.found, self.expected = found, expected

    def __repr__(self):
        return f"{self.found!r}, expected {self.expected!r}"


def same(found, expected):
    """Whether two documents are the same, their times to the microsecond."""
    if isinstance(expected, dict):
        equal(found.keys(), expected.keys())
        for key, value in expected.items():
            same(found[key], value)
    elif isinstance(expected, list):
        equal(len(found), len(expected))
        for one, other in zip(found, expected):
            same(one, other)
    elif isinstance(expected, float):
        close(found, expected)
    else:
        equal(found, expected)


if __name__ == "__main__":
    main()
