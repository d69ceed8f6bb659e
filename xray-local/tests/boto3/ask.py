"""Whether something is as it should be; AssertionError says what differs."""


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
