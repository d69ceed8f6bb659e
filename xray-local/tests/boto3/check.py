#!/usr/bin/env python3
"""Calls every operation that xray-local answers with boto3, and compares what comes back with what was sent.

    python check.py 127.0.0.1:2000

Needs boto3 (any version that knows SamplingRateBoost), and a server without sampling rules of its own, as
`xray-local --memory` has. Takes away what it makes. Exits with 1 and says what differs, or with 0.
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
        # Invalid input is the server's to refuse here, not boto3's.
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
    checks = [
        put_trace_segments,
        put_telemetry_records,
        get_trace_summaries,
        get_trace_summaries_by_filter,
        get_trace_summaries_in_pages,
        batch_get_traces,
        get_service_graph,
        get_trace_graph,
        create_sampling_rule,
        get_sampling_rules,
        update_sampling_rule,
        get_sampling_targets,
        get_sampling_statistic_summaries,
        delete_sampling_rule,
        too_many_sampling_rules,
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
        self.suffix = secrets.token_hex(4)
        self.rule = self.sampling_rule("check", priority=20)
        self.other_rule = self.sampling_rule("other", priority=10)

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

    def sampling_rule(self, name, priority):
        """A rule that no other run makes."""
        return {
            "RuleName": f"{name}-{self.suffix}",
            "ResourceARN": "*",
            "Priority": priority,
            "FixedRate": 0.25,
            "ReservoirSize": 7,
            "ServiceName": "checkout",
            "ServiceType": "*",
            "Host": "*.example.com",
            "HTTPMethod": "GET",
            "URLPath": "/orders/*",
            "Version": 1,
        }

    def arn(self, rule):
        return f"arn:aws:xray:us-east-1:000000000000:sampling-rule/{rule['RuleName']}"

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
    for field in ("FaultRootCauses", "ResourceARNs", "InstanceIds", "AvailabilityZones"):
        equal(summary[field], [])
    for field in ("ErrorRootCauses", "ResponseTimeRootCauses"):
        (cause,) = summary[field]
        holds(cause["ClientImpacting"], cause)
        equal(cause["Services"][0]["Name"], "front")
        equal(cause["Services"][0]["EntityPath"][0]["Name"], "front")
    holds(summary["Revision"] >= 1, summary["Revision"])


def get_trace_summaries_by_filter(xray, sent):
    def meant(expression):
        pages = xray.get_paginator("get_trace_summaries").paginate(FilterExpression=expression, **sent.window())
        return [summary["Id"] for page in pages for summary in page["TraceSummaries"]]

    whole = meant("")
    for expression in ('annotation.basket = 3', 'user = "alice"', 'service("orders")', 'http.status = 404 AND error', 'edge("orders", "orders-table")'):
        found = meant(expression)
        holds(found and set(found) <= set(whole), f"{expression}: {found}")
        equal(meant(f"{expression} AND user = nobody"), [])
        equal(meant(f"!({expression})"), [trace for trace in whole if trace not in found])


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


def create_sampling_rule(xray, sent):
    for rule in (sent.rule, sent.other_rule):
        record = xray.create_sampling_rule(SamplingRule=rule, Tags=[{"Key": "stage", "Value": ""}])["SamplingRuleRecord"]
        found = record["SamplingRule"]
        equal(found.pop("RuleARN"), sent.arn(rule))
        equal(found, {"Attributes": {}, **rule})
        close(record["CreatedAt"].timestamp(), record["ModifiedAt"].timestamp())
        holds(abs(record["CreatedAt"].timestamp() - time.time()) < 60, record)

    def create(**change):
        xray.create_sampling_rule(SamplingRule={**sent.rule, "RuleName": f"bad-{sent.suffix}", **change})

    refused(xray, lambda: create(RuleName=sent.rule["RuleName"]), f'RuleName "{sent.rule["RuleName"]}" is taken')
    refused(
        xray,
        lambda: create(Priority=10000),
        "Priority 10000 is that of the default rule: expected a whole number from 1 to 9999",
    )
    refused(
        xray,
        lambda: create(FixedRate=1.5),
        "SamplingRule.FixedRate: invalid value: floating point `1.5`, expected a number from 0 to 1",
    )
    refused(xray, lambda: create(Host="x" * 65), "expected a text of at most 64 characters")


def get_sampling_rules(xray, sent):
    pages = list(xray.get_paginator("get_sampling_rules").paginate())
    holds("NextToken" not in pages[-1], "the last page has a token")
    rules = [record["SamplingRule"] for page in pages for record in page["SamplingRuleRecords"]]
    ours = [rule["RuleName"] for rule in rules if rule["RuleName"] in (sent.rule["RuleName"], sent.other_rule["RuleName"])]
    equal(ours, [sent.other_rule["RuleName"], sent.rule["RuleName"]])
    equal(sorted(rules, key=lambda rule: rule["Priority"]), rules)
    default = rules[-1]
    equal(
        {key: default[key] for key in ("RuleName", "Priority", "FixedRate", "ReservoirSize", "Version", "Attributes")},
        {"RuleName": "Default", "Priority": 10000, "FixedRate": 0.05, "ReservoirSize": 1, "Version": 1, "Attributes": {}},
    )
    equal({default[key] for key in ("ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath", "ResourceARN")}, {"*"})
    refused(xray, lambda: xray.get_sampling_rules(NextToken="x"), 'NextToken "x" is not valid')


def update_sampling_rule(xray, sent):
    name, arn = sent.rule["RuleName"], sent.arn(sent.rule)

    def update(**change):
        record = xray.update_sampling_rule(SamplingRuleUpdate=change)["SamplingRuleRecord"]
        holds(record["ModifiedAt"] >= record["CreatedAt"], record)
        return record["SamplingRule"]

    boost = {"MaxRate": 0.9, "CooldownWindowMinutes": 10}
    rule = update(RuleName=name, FixedRate=0.75, Attributes={"stage": "prod"}, SamplingRateBoost=boost)
    equal((rule["FixedRate"], rule["Attributes"], rule["SamplingRateBoost"]), (0.75, {"stage": "prod"}, boost))
    rule = update(RuleARN=arn, Attributes={}, URLPath="/orders/?")
    equal((rule["FixedRate"], rule["Attributes"], rule["URLPath"]), (0.75, {}, "/orders/?"))
    equal(update(RuleName="Default", FixedRate=0.5, ReservoirSize=3)["ReservoirSize"], 3)
    update(RuleName="Default", FixedRate=0.05, ReservoirSize=1)

    refused(xray, lambda: update(FixedRate=0.5), "RuleName or RuleARN is required")
    refused(xray, lambda: update(RuleName=name, RuleARN=arn), "RuleName and RuleARN are both there")
    refused(xray, lambda: update(RuleName="nobody", FixedRate=0.5), 'there is no sampling rule "nobody"')
    refused(xray, lambda: update(RuleName="Default", Host="shop"), "Host of the default rule cannot be changed")
    refused(xray, lambda: update(RuleARN=arn, FixedRate=2.0), "SamplingRuleUpdate.FixedRate: invalid value")


def get_sampling_targets(xray, sent):
    clients = [secrets.token_hex(12), secrets.token_hex(12)]
    name = sent.rule["RuleName"]

    def report(rule, client):
        return {
            "RuleName": rule,
            "ClientID": client,
            "Timestamp": time.time(),
            "RequestCount": 9,
            "SampledCount": 2,
            "BorrowCount": 1,
        }

    both = [report(name, client) for client in clients]
    answer = xray.get_sampling_targets(SamplingStatisticsDocuments=[*both, report("deleted", clients[0])])
    targets = answer["SamplingTargetDocuments"]
    for target in targets:
        equal((target["RuleName"], target["FixedRate"], target["Interval"]), (name, 0.75, 10))
        holds(200 < target["ReservoirQuotaTTL"].timestamp() - time.time() <= 300, target)
    equal(sum(target["ReservoirQuota"] for target in targets), sent.rule["ReservoirSize"])
    holds(answer["LastRuleModification"].timestamp() > sent.start, answer["LastRuleModification"])
    unprocessed = only(answer["UnprocessedStatistics"])
    equal((unprocessed["RuleName"], unprocessed["ErrorCode"]), ("deleted", "404"))
    equal(answer["UnprocessedBoostStatistics"], [])

    anomalies = {
        "RuleName": name,
        "ServiceName": "checkout",
        "Timestamp": time.time(),
        "AnomalyCount": 3,
        "TotalCount": 9,
        "SampledAnomalyCount": 1,
    }
    answer = xray.get_sampling_targets(
        SamplingStatisticsDocuments=both,
        SamplingBoostStatisticsDocuments=[anomalies, {**anomalies, "RuleName": sent.other_rule["RuleName"]}],
    )
    for target in answer["SamplingTargetDocuments"]:
        equal(target["SamplingBoost"]["BoostRate"], 0.9)
        holds(50 < target["SamplingBoost"]["BoostRateTTL"].timestamp() - time.time() <= 60, target)
    unprocessed = only(answer["UnprocessedBoostStatistics"])
    equal((unprocessed["RuleName"], unprocessed["ErrorCode"]), (sent.other_rule["RuleName"], "400"))

    answer = xray.get_sampling_targets(SamplingStatisticsDocuments=[report(name, "g" * 24)])
    equal((answer["SamplingTargetDocuments"], only(answer["UnprocessedStatistics"])["ErrorCode"]), ([], "400"))
    refused(xray, lambda: xray.get_sampling_targets(SamplingStatisticsDocuments=both * 13), "expected at most 25")


def get_sampling_statistic_summaries(xray, sent):
    pages = list(xray.get_paginator("get_sampling_statistic_summaries").paginate())
    holds("NextToken" not in pages[-1], "the last page has a token")
    summaries = [summary for page in pages for summary in page["SamplingStatisticSummaries"]]
    ours = [summary for summary in summaries if summary["RuleName"] == sent.rule["RuleName"]]
    # Two clients that reported twice, perhaps in two windows.
    totals = [sum(summary[count] for summary in ours) for count in ("RequestCount", "SampledCount", "BorrowCount")]
    equal(totals, [36, 8, 4])
    equal({summary["Timestamp"].timestamp() % 10 for summary in ours}, {0.0})
    refused(xray, lambda: xray.get_sampling_statistic_summaries(NextToken="x"), 'NextToken "x" is not valid')


def delete_sampling_rule(xray, sent):
    record = xray.delete_sampling_rule(RuleName=sent.rule["RuleName"])["SamplingRuleRecord"]
    equal(record["SamplingRule"]["FixedRate"], 0.75)
    xray.delete_sampling_rule(RuleARN=sent.arn(sent.other_rule))
    names = {record["SamplingRule"]["RuleName"] for record in xray.get_sampling_rules()["SamplingRuleRecords"]}
    equal(names & {sent.rule["RuleName"], sent.other_rule["RuleName"]}, set())

    delete = xray.delete_sampling_rule
    refused(xray, lambda: delete(RuleName=sent.rule["RuleName"]), "there is no sampling rule")
    refused(xray, lambda: delete(RuleName="Default"), "the default rule cannot be deleted")
    refused(xray, lambda: delete(RuleARN="nonsense"), 'RuleARN: invalid value: string "nonsense"')
    refused(xray, lambda: delete(), "RuleName or RuleARN is required")


def too_many_sampling_rules(xray, sent):
    rules = [{**sent.rule, "RuleName": f"{sent.suffix}-{number}"} for number in range(26)]
    made = []
    try:
        for rule in rules:
            xray.create_sampling_rule(SamplingRule=rule)
            made.append(rule["RuleName"])
    except xray.exceptions.RuleLimitExceededException as refusal:
        equal(refusal.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        holds("there are 25 sampling rules" in refusal.response["Error"]["Message"], refusal)
    else:
        raise AssertionError("26 rules were made")
    finally:
        for name in made:
            xray.delete_sampling_rule(RuleName=name)


def errors(xray, sent):
    refused(xray, lambda: xray.get_trace_summaries(FilterExpression="fault AND", **sent.window()), "column 10")


def refused(xray, call, part):
    """Whether a call is an invalid request, and the message says why."""
    try:
        answer = call()
    except xray.exceptions.InvalidRequestException as refusal:
        error = refusal.response["Error"]
        equal(error["Code"], "InvalidRequestException")
        holds(part in error["Message"], Differs(error["Message"], part))
        equal(refusal.response["ResponseMetadata"]["HTTPStatusCode"], 400)
    else:
        raise AssertionError(f"expected {part!r}, was answered {answer!r}")


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
