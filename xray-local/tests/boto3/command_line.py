#!/usr/bin/env python3
"""Calls every operation with the command line of AWS, with valid and with invalid input.

    python command_line.py 127.0.0.1:2000

Runs under a Python that has awscli: the program `aws` itself, called within this one, since starting it anew takes a second each time. Needs a
server as check.py does. Exits with 1 and says what differs, or with 0.
"""

import contextlib
import io
import json
import os
import re
import sys
import tempfile

from every import Refused, every_operation

# How `aws` tells of a refusal on its standard error.
REFUSAL = re.compile(r"An error occurred \((\w+)\) when calling the \w+ operation: (.*)", re.DOTALL)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: command_line.py ADDRESS, for example command_line.py 127.0.0.1:2000")
    with tempfile.NamedTemporaryFile("w", suffix=".config") as config:
        # Invalid input is the server's to refuse here, not the command line's.
        config.write("[default]\nregion = us-east-1\noutput = json\nparameter_validation = false\nmax_attempts = 1\n")
        config.flush()
        os.environ.update(
            AWS_CONFIG_FILE=config.name,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_ACCESS_KEY_ID="none",
            AWS_SECRET_ACCESS_KEY="none",
            AWS_PAGER="",
        )
        count = check(f"http://{sys.argv[1]}")
    print(f"ok aws: {count} operations")


def check(endpoint):
    # Reads the environment when it is made.
    from awscli.clidriver import create_clidriver

    driver = create_clidriver()
    commands = {}
    for operation in driver.session.get_service_model("xray").operation_names:
        commands[operation] = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", operation).lower()

    def call(operation, given):
        words = ["xray", commands[operation], "--endpoint-url", endpoint, "--cli-input-json", json.dumps(given)]
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            code = driver.main(words)
        if code == 0:
            return json.loads(output.getvalue() or "{}")
        refusal = REFUSAL.search(errors.getvalue())
        if refusal is None:
            raise AssertionError(f"aws {' '.join(words)} ended with {code}: {errors.getvalue()}")
        raise Refused(refusal[1], refusal[2])

    return every_operation(call, commands)


if __name__ == "__main__":
    try:
        main()
    except AssertionError as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        sys.exit(1)
