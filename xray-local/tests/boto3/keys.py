#!/usr/bin/env python3
"""Starts xray-local with keys, and calls it with boto3: signed well, signed wrongly, and not at all.

    python keys.py target/debug/xray-local

Exits with 1 and says what differs, or with 0.
"""

import json
import re
import subprocess
import sys
import tempfile
import time

import boto3
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCD"
KEYS = {
    "keys": [
        {"access_key_id": "DAEMON", "secret_access_key": SECRET, "policies": ["AWSXRayDaemonWriteAccess"]},
        {"access_key_id": "VIEWER", "secret_access_key": SECRET[::-1], "actions": ["xray:Get*", "xray:BatchGet*"]},
    ]
}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: keys.py PROGRAM, for example keys.py target/debug/xray-local")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(KEYS, file)
        file.flush()
        program = subprocess.Popen(
            [sys.argv[1], "--memory", "--bind", "127.0.0.1:0", "--keys", file.name], stderr=subprocess.PIPE, text=True
        )
        try:
            check(url(program))
        finally:
            program.terminate()
            program.wait()


def url(program):
    for line in program.stderr:
        if found := re.search(r"AWS_ENDPOINT_URL_XRAY=(\S+)", line):
            return found[1]
    sys.exit(f"{sys.argv[1]} did not start")


def check(address):
    daemon = client(address, "DAEMON", SECRET)
    viewer = client(address, "VIEWER", SECRET[::-1])
    now = time.time()
    window = {"StartTime": now - 60, "EndTime": now + 60}
    document = {
        "name": "keys",
        "id": "70de5b6f19ff9a0a",
        "trace_id": f"1-{int(now):08x}-a006649127e371903a2de979",
        "start_time": now,
        "end_time": now + 0.5,
    }
    put = {"TraceSegmentDocuments": [json.dumps(document)]}

    assert daemon.put_trace_segments(**put)["UnprocessedTraceSegments"] == []
    assert len(viewer.get_trace_summaries(**window)["TraceSummaries"]) == 1
    with_token = client(address, "VIEWER", SECRET[::-1], token="any")
    assert len(with_token.get_trace_summaries(**window)["TraceSummaries"]) == 1
    refused("AccessDeniedException", lambda: daemon.get_trace_summaries(**window))
    refused("AccessDeniedException", lambda: viewer.put_trace_segments(**put))
    refused("UnrecognizedClientException", lambda: client(address, "NOBODY", SECRET).put_trace_segments(**put))
    refused("InvalidSignatureException", lambda: client(address, "DAEMON", SECRET[::-1]).put_trace_segments(**put))

    unsigned = client(address, None, None, signature_version=UNSIGNED)
    assert unsigned.get_sampling_rules()["SamplingRuleRecords"]
    refused("MissingAuthenticationTokenException", lambda: unsigned.put_trace_segments(**put))
    refused("MissingAuthenticationTokenException", lambda: unsigned.get_trace_summaries(**window))

    for question in ["map?start=0&end=1", f"traces/{document['trace_id']}", "ledger", "filter?text="]:
        for owner, secret, status in [("VIEWER", SECRET[::-1], 200), ("DAEMON", SECRET, 403)]:
            found = get(f"{address}/local/{question}", owner, secret)
            assert found == status, f"{owner} asks for {question}: {found}"
    print("ok keys")


def client(address, key, secret, token=None, **settings):
    return boto3.client(
        "xray",
        endpoint_url=address,
        region_name="eu-north-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, **settings),
    )


def get(url, key, secret):
    """The status of a signed GET. What the page asks for beyond the X-Ray API takes the right to what it tells."""
    signed = AWSRequest(method="GET", url=url)
    SigV4Auth(Credentials(key, secret), "xray", "eu-north-1").add_auth(signed)
    return URLLib3Session().send(signed.prepare()).status_code


def refused(name, call):
    try:
        call()
    except ClientError as error:
        found = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert found == (name, 403), found
    else:
        sys.exit(f"FAILED: a call was answered that should have been refused as {name}")


if __name__ == "__main__":
    main()
