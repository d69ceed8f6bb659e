"""What one run sends: a trace of two services, and many small ones; and the sampling rules that it makes."""

import secrets
import time

# More than two pages of summaries.
SMALL_TRACES = 450


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
