"""Sampling rules, targets and statistics."""

import secrets
import time

from ask import close, equal, holds, only, refused


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
