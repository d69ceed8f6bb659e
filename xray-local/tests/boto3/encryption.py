#!/usr/bin/env python3
"""Starts xray-local with a key that KMS sealed (moto in its place), and looks for what it stores on the disk.

    python encryption.py target/debug/xray-local http://127.0.0.1:5000 aws

Exits with 1 and says what differs, or with 0.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import boto3

SECRET = "the card of alice"


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: encryption.py PROGRAM MOTO AWS: our program, the address of moto, the command line of AWS")
    program, moto, aws = sys.argv[1:]
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")
    kms = boto3.client("kms", endpoint_url=moto)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sealed = folder / "traces.key"
        sealed.write_bytes(kms.generate_data_key(KeyId=key, KeySpec="AES_256")["CiphertextBlob"])
        command = f"{aws} --endpoint-url {moto} kms decrypt --ciphertext-blob fileb://{sealed} --query Plaintext --output text"
        arguments = [program, "--bind", "127.0.0.1:0", "--data", folder / "data", "--encryption-key-id", key]
        arguments += ["--encryption-key-command", command]
        now = time.time()
        document = {
            "name": "kms", "id": "70de5b6f19ff9a0a", "trace_id": f"1-{int(now):08x}-a006649127e371903a2de979",
            "start_time": now, "end_time": now + 0.5, "user": SECRET,
        }
        for start in range(2):
            server, xray = begin(arguments)
            try:
                told = xray.get_encryption_config()["EncryptionConfig"]
                assert told == {"KeyId": key, "Status": "ACTIVE", "Type": "KMS"}, told
                if start == 0:
                    xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(document)])
                found = xray.get_trace_summaries(StartTime=now - 60, EndTime=now + 60)["TraceSummaries"]
                assert found[0]["Users"][0]["UserName"] == SECRET, found
            finally:
                server.terminate()
                server.wait()
        for file in (folder / "data").iterdir():
            assert SECRET.encode() not in file.read_bytes(), f"{file} holds it"
        without = subprocess.run(arguments[:5], capture_output=True, text=True, timeout=30)
        assert without.returncode == 1 and "no key was given" in without.stderr, without
    print("ok encryption")


def begin(arguments):
    server = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if found := re.search(r"AWS_ENDPOINT_URL_XRAY=(\S+)", line):
            return server, boto3.client("xray", endpoint_url=found[1])
    sys.exit(f"{arguments[0]} did not start")


if __name__ == "__main__":
    main()
