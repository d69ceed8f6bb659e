"""Sending documents, and reading traces and graphs."""

import json
import secrets

from ask import close, equal, holds, only, refused, same
from sent import trace_id


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


def bad_filter(xray, sent):
    refused(xray, lambda: xray.get_trace_summaries(FilterExpression="fault AND", **sent.window()), "column 10")
