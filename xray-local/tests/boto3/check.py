#!/usr/bin/env python3
"""Calls xray-local with boto3: compares what comes back with what was sent, and each answer with AWS's model of the API.

    python check.py 127.0.0.1:2000

Needs boto3 (any version that knows SamplingRateBoost), and a server without rules and groups of its own, as `xray-local --memory` has.
Takes away what it makes. Exits with 1 and says what differs, or with 0.
"""

import json
import pathlib
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import grafana
import sampling
import traces
from ask import equal, holds
from every import Refused, every_operation
from model import Model
from sent import Sent

# AWS's model, where it lies beside the repository; boto3 has one of its own.
MODEL = pathlib.Path(__file__).parents[4] / "shared/data/botocore-xray-service-2.json"


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
    model = Model(xray)
    checks = [
        traces.put_trace_segments,
        traces.put_telemetry_records,
        traces.get_trace_summaries,
        traces.get_trace_summaries_by_filter,
        traces.get_trace_summaries_in_pages,
        traces.batch_get_traces,
        traces.get_service_graph,
        traces.get_trace_graph,
        traces.bad_filter,
        sampling.create_sampling_rule,
        sampling.get_sampling_rules,
        sampling.update_sampling_rule,
        sampling.get_sampling_targets,
        sampling.get_sampling_statistic_summaries,
        sampling.delete_sampling_rule,
        sampling.too_many_sampling_rules,
        every,
        grafana.grafana,
        the_model,
    ]
    sent = Sent()
    for check in checks:
        try:
            check(xray, sent)
        except (AssertionError, KeyError, IndexError, ClientError, BotoCoreError) as failure:
            print(f"FAILED {check.__name__}: {type(failure).__name__}: {failure}", file=sys.stderr)
            sys.exit(1)
        print(f"ok {check.__name__}")
    print(f"{model.answers} answers are as the model has them")


def every(xray, sent):
    """All operations that boto3 knows of, with valid and with invalid input."""

    def call(operation, given):
        try:
            return xray._make_api_call(operation, given)
        except ClientError as refusal:
            error = refusal.response["Error"]
            raise Refused(error["Code"], error["Message"]) from refusal

    count = every_operation(call, xray.meta.service_model.operation_names)
    holds(count >= 38, f"{count} operations")


def the_model(xray, sent):
    """What this boto3 knows is what the model beside the repository says, so that holding answers to the one is holding them to the other."""
    if not MODEL.exists():
        return
    model = json.loads(MODEL.read_text())
    ours = xray.meta.service_model
    equal(sorted(ours.operation_names), sorted(model["operations"]))
    for name, operation in model["operations"].items():
        equal(ours.operation_model(name).http["requestUri"], operation["http"]["requestUri"])
    for name, shape in model["shapes"].items():
        if shape["type"] == "structure" and name in ours.shape_names:
            known = ours.shape_for(name)
            equal((name, sorted(known.members)), (name, sorted(shape.get("members", {}))))
            equal((name, sorted(known.required_members)), (name, sorted(shape.get("required", []))))


if __name__ == "__main__":
    main()
