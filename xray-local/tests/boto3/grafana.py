"""What Grafana's X-Ray data source asks, in its order, and what it reads of the answers without looking whether it is there."""

import json
import secrets
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from ask import equal, holds

# The most rows of a list.
ROWS = 1000


def grafana(xray, sent):
    window = sent.window()
    health_check(xray)
    groups = drop_down(xray)
    for group in groups:
        service_map(xray, window, group["GroupName"])
        insights(xray, window, group)
    summaries = trace_list(xray, window, "")
    holds(summaries, "no traces")
    holds(trace_list(xray, window, 'annotation.basket = 3'), "no trace of the filter")
    trace_view(xray, sent.trace_id)
    digits = sent.trace_id.replace("-", "")[1:]
    # What other data sources name by its W3C id is asked for by X-Ray's.
    trace_view(xray, f"1-{digits[:8]}-{digits[8:]}")
    equal(xray.batch_get_traces(TraceIds=[f"1-{digits[:8]}-{secrets.token_hex(12)}"])["Traces"], [])
    statistics(xray, window, None)
    statistics(xray, window, 'service("front")')
    statistics(xray, window, 'edge("front", "orders")')
    analytics(xray, window)
    other_services(xray)


def health_check(xray):
    holds(isinstance(xray.get_groups()["Groups"], list), "no groups")


def drop_down(xray):
    groups = [group for page in xray.get_paginator("get_groups").paginate() for group in page["Groups"]]
    holds("Default" in [group["GroupName"] for group in groups], groups)
    for group in groups:
        group["GroupARN"], group["InsightsConfiguration"]["InsightsEnabled"]
    return groups


def service_map(xray, window, group):
    pages = xray.get_paginator("get_service_graph").paginate(GroupName=group, **window)
    services = [service for page in pages for service in page["Services"]]
    holds(services, f"no services in {group}")
    accounts = {service.get("AccountId") for service in services}
    holds(accounts, "no accounts")
    for service in services:
        service["ReferenceId"], service["Name"], service["Type"], service["State"]
        holds(isinstance(service["Edges"], list), service)
        read_histogram(service["ResponseTimeHistogram"])
        if "SummaryStatistics" in service:
            read_statistics(service["SummaryStatistics"])
        else:
            # A client: its numbers are those of its first edge.
            edge = service["Edges"][0]
            edge["StartTime"].timestamp(), edge["EndTime"].timestamp()
            read_statistics(edge["SummaryStatistics"])
        for edge in service["Edges"]:
            edge["ReferenceId"]
            read_statistics(edge["SummaryStatistics"])
            read_histogram(edge["ResponseTimeHistogram"])


def read_statistics(statistics):
    total = statistics["TotalCount"]
    failed = statistics["ErrorStatistics"]["TotalCount"] + statistics["FaultStatistics"]["TotalCount"]
    equal(statistics["OkCount"] + failed, total)
    statistics["ErrorStatistics"]["ThrottleCount"], statistics["FaultStatistics"]["OtherCount"]
    return statistics["TotalResponseTime"] / max(total, 1)


def read_histogram(histogram):
    return [entry["Value"] * entry["Count"] for entry in histogram]


def trace_list(xray, window, expression):
    rows, token = [], {}
    while len(rows) < ROWS:
        page = xray.get_trace_summaries(FilterExpression=expression, **window, **token)
        for summary in page["TraceSummaries"]:
            http = summary["Http"]
            rows.append((summary["Id"], http.get("HttpMethod"), http.get("HttpStatus"), len(summary["Annotations"])))
        if "NextToken" not in page:
            return rows
        token = {"NextToken": page["NextToken"]}
    return rows


def trace_view(xray, trace_id):
    with ThreadPoolExecutor() as threads:
        traces = threads.submit(xray.batch_get_traces, TraceIds=[trace_id])
        graph = threads.submit(xray.get_trace_graph, TraceIds=[trace_id])
        trace, services = traces.result()["Traces"][0], graph.result()["Services"]
    holds(trace["Duration"] >= 0, trace)
    for segment in trace["Segments"]:
        document = json.loads(segment["Document"])
        document["id"], document["name"], document["start_time"]
        rows = document.get("origin", document["name"])
        holds(rows, document)
        if "http" in document and "request" in document["http"]:
            holds("response" in document["http"], document)
    for service in services:
        holds(isinstance(service["Edges"], list), service)


def statistics(xray, window, expression):
    given = {"Period": 60, **window}
    if expression:
        given["EntitySelectorExpression"] = expression
    found = xray.get_time_series_service_statistics(**given)["TimeSeriesServiceStatistics"]
    holds(found, f"no statistics of {expression}")
    for point in found:
        point["Timestamp"].timestamp()
        kind = "ServiceSummaryStatistics" if expression and expression.startswith("service") else "EdgeSummaryStatistics"
        read_statistics(point[kind])
        read_histogram(point["ResponseTimeHistogram"])
    return sum(point.get("EdgeSummaryStatistics", {"TotalCount": 0})["TotalCount"] for point in found)


def analytics(xray, window):
    """Counts the traces, then asks for the four quarters at once, by a rate that keeps them below 10,000."""
    count = statistics(xray, window, None)
    rate = min(1.0, 10_000 / count)
    while count * rate > 10_000:
        rate /= 2
    start, quarter = window["StartTime"], (window["EndTime"] - window["StartTime"]) / 4

    def part(number):
        found, token = [], {}
        while True:
            page = xray.get_trace_summaries(
                StartTime=start + number * quarter,
                EndTime=start + (number + 1) * quarter,
                TimeRangeType="Event",
                Sampling=True,
                SamplingStrategy={"Name": "FixedRate", "Value": rate},
                **token,
            )
            found += page["TraceSummaries"]
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}

    with ThreadPoolExecutor() as threads:
        summaries = {summary["Id"]: summary for part in threads.map(part, range(4)) for summary in part}
    holds(summaries, "no traces")
    for summary in summaries.values():
        for kind in ("FaultRootCauses", "ErrorRootCauses", "ResponseTimeRootCauses"):
            for cause in summary[kind]:
                names = [f'{service["Name"]} ({service["Type"]}) -> {service["EntityPath"][0]["Name"]}' for service in cause["Services"]]
                holds(names, cause)
                [entity["Name"] for service in cause["Services"] for entity in service["EntityPath"]]
                exceptions = [entity.get("Exceptions", []) for service in cause["Services"] for entity in service["EntityPath"]]
                [exception["Name"] for each in exceptions for exception in each]
        http = summary["Http"]
        [http.get(key) for key in ("HttpURL", "HttpMethod", "HttpStatus")]
        [user["UserName"] for user in summary["Users"]]
        summary["ResponseTime"], summary["Duration"]


def insights(xray, window, group):
    found = xray.get_insight_summaries(GroupName=group["GroupName"], **window)["InsightSummaries"]
    for insight in found:
        sentence, dot, _ = insight["Summary"].partition(".")
        holds(sentence and dot, insight)
        service = insight["TopAnomalousServices"][0]["ServiceId"]
        service["Name"], service["Type"]
        root = insight["RootCauseServiceId"]
        root["Name"], root["Type"]
        insight["StartTime"].timestamp(), insight["Categories"][0], insight["State"], insight["InsightId"]


def other_services(xray):
    """Application Signals, which goes to the same address."""
    request = urllib.request.Request(f"{xray.meta.endpoint_url}/services", data=b"{}", method="POST")
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as refusal:
        equal((refusal.code, refusal.headers["x-amzn-errortype"]), (404, "UnknownOperationException"))
    else:
        raise AssertionError("an operation that is not there was answered")
