"""Holds each answer, as it comes over the wire, to AWS's model of the API.

Clients overlook what they do not know and fill in what is missing; this does neither.
"""

import json
import re

# All others are 400. boto3 does not give these numbers of its model away.
STATUS = {"ResourceNotFoundException": 404, "ThrottledException": 429}


class Model:
    """Watches the answers that a boto3 client gets: call `watch` before the first call."""

    def __init__(self, client):
        self.answers = 0
        client.meta.events.register("before-parse.xray.*", self.watch)

    def watch(self, operation_model, response_dict, **_):
        status, body = response_dict["status_code"], json.loads(response_dict["body"])
        name = operation_model.name
        if status == 200:
            self.check(operation_model.output_shape, body, name)
        else:
            self.check_error(operation_model, status, response_dict["headers"], body)
        self.answers += 1

    def check_error(self, operation, status, headers, body):
        name = headers["x-amzn-errortype"]
        # The model names an error for each operation, and invalid requests for all but one of them.
        known = {shape.name for shape in operation.error_shapes} | {"InvalidRequestException"}
        demand(name in known, f"{operation.name} was refused with {name}, which the model does not know of it")
        demand(status == STATUS.get(name, 400), f"{name} came with the status {status}")
        demand(body["__type"] == name and body["Message"] == body["message"], body)

    def check(self, shape, value, path):
        getattr(self, f"check_{shape.type_name}")(shape, value, path)

    def check_structure(self, shape, value, path):
        demand(isinstance(value, dict), f"{path} is no object: {value!r}")
        for member in shape.required_members:
            demand(value.get(member) is not None, f"{path}.{member} is required and not there")
        for key, member in value.items():
            demand(key in shape.members, f"{path}.{key} is not in the model")
            if member is not None:
                self.check(shape.members[key], member, f"{path}.{key}")
        if getattr(shape, "is_tagged_union", False):
            demand(len(value) == 1, f"{path} is a union and has {len(value)} members")

    def check_list(self, shape, value, path):
        demand(isinstance(value, list), f"{path} is no list: {value!r}")
        self.check_bounds(shape, len(value), path)
        for number, member in enumerate(value):
            self.check(shape.member, member, f"{path}[{number}]")

    def check_map(self, shape, value, path):
        demand(isinstance(value, dict), f"{path} is no map: {value!r}")
        for key, member in value.items():
            self.check(shape.value, member, f"{path}[{key!r}]")

    def check_string(self, shape, value, path):
        demand(isinstance(value, str), f"{path} is no text: {value!r}")
        self.check_bounds(shape, len(value), path)
        demand(not shape.enum or value in shape.enum, f"{path} is {value!r}, expected one of {shape.enum}")
        pattern = shape.metadata.get("pattern")
        demand(not pattern or re.fullmatch(pattern, value), f"{path} is {value!r}, expected {pattern}")

    def check_boolean(self, shape, value, path):
        demand(isinstance(value, bool), f"{path} is no boolean: {value!r}")

    def check_integer(self, shape, value, path):
        demand(type(value) is int, f"{path} is no whole number: {value!r}")

    def check_double(self, shape, value, path):
        demand(type(value) in (int, float), f"{path} is no number: {value!r}")

    check_long = check_integer
    check_float = check_double
    # Seconds since 1970: AWS's SDK for Rust reads nothing else.
    check_timestamp = check_double

    def check_bounds(self, shape, size, path):
        least, most = shape.metadata.get("min", 0), shape.metadata.get("max", size)
        demand(least <= size <= most, f"{path} has {size}, expected {least} to {most}")


def demand(condition, problem):
    if not condition:
        raise AssertionError(problem)
