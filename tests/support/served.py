"""What the process's own HTTP server of a running headrace answers, checked for its types.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import re

from prometheus_client.parser import text_string_to_metric_families

from services.process import wait_until

# The shape of /topology: a type, a list of one shape, an object, or None for "may be null".
LATENCY = {"count": int, "p50": int, "p90": int, "p99": int, "p999": int, "max": int}
NODE = {"name": str, "kind": str, "type": str, "connection": (str, None), "table": (str, None), "from": [str],
        "ready": bool, "trouble": (str, None), "trouble_ms": int, "in": int, "out": int, "dropped": int, "failed": int,
        "bytes": int, "processing_ns": int, "metrics": [{"name": str, "labels": dict, "value": (int, float)}]}
PARTITION = {"source": str, "topic": str, "partition": int, "thread": int, "position": int, "committed": int,
             "end": int, "lag": int}
LETTER = {"time_ms": int, "topic": str, "partition": int, "offset": int, "node": str, "code": str, "reason": str}
TOPOLOGY = {"name": str, "description": (str, None), "file": str, "group": str, "guarantee": str, "state": str,
            "failure": (str, None), "waiting_for": [str], "threads": int, "nodes": [NODE], "partitions": [PARTITION],
            "latency_us": LATENCY, "latency_recent_us": LATENCY, "end_to_end_us": LATENCY, "commit_us": LATENCY,
            "failures": [{"node": str, "code": str, "action": str, "count": int}], "counters": dict, "memory": [{"budget": str, "bytes": int, "limit": int}], "dead_letters": [LETTER]}
ANSWER = {"version": str, "time_ms": int, "started_ms": int, "ready": bool, "process": dict, "topologies": [TOPOLOGY]}


def check_shape(value, shape, path="$"):
    """Fails unless the value has the members of the shape, of their types; more members may be there."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{path} is {value!r}"
        for name, part in shape.items():
            assert name in value, f"{path} has no {name}"
            check_shape(value[name], part, f"{path}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{path} is {value!r}"
        for i, item in enumerate(value):
            check_shape(item, shape[0], f"{path}[{i}]")
    else:
        allowed = shape if isinstance(shape, tuple) else (shape,)
        kinds = tuple(kind for kind in allowed if kind is not None)
        right = (value is None and None in allowed) or (isinstance(value, kinds) and (
            not isinstance(value, bool) or bool in kinds))
        assert right, f"{path} is {value!r}, not {shape}"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.text = body.decode()

    def json(self):
        assert self.headers["Content-Type"] == "application/json", self.headers["Content-Type"]
        return json.loads(self.text)

    def error(self):
        """(status, code) of an error as every route tells it."""
        told = self.json()
        check_shape(told, {"status": str, "code": str, "message": str})
        assert told["status"] == "ERROR"
        return self.status, told["code"]


class Served:
    """The server that a process says it listens on."""

    def __init__(self, process, token=None):
        self.address = process.wait_line(r"http on http://(\S+?)/ of=headrace")[1]
        self.token = token

    def get(self, path, headers=None, method="GET"):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        all_headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **(headers or {})}
        try:
            connection.request(method, path, headers=all_headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def topology(self, name=None):
        """The numbers of a topology: the only one, or that of the name."""
        answer = self.get("/topology")
        assert answer.status == 200, answer.text
        told = answer.json()
        check_shape(told, ANSWER)
        found = [one for one in told["topologies"] if name in (None, one["name"])]
        assert len(found) == 1, [one["name"] for one in told["topologies"]]
        found[0]["by_name"] = {node["name"]: node for node in found[0]["nodes"]}
        return found[0]

    def wait_topology(self, condition, what, name=None, limit_s=30):
        """The numbers once the condition is true. They are read anew then: one answer is not of one moment, and what
        the condition looked at may have been read last."""
        wait_until(lambda: condition(self.topology(name)), limit_s, what, interval_s=0.05)
        return self.topology(name)

    def metrics(self):
        return Metrics(self.get("/metrics"))

    def wait_ready(self, status=200, limit_s=30):
        try:
            answer = wait_until(lambda: self._ready(status), limit_s, "", interval_s=0.05)
        except TimeoutError:
            raise AssertionError(f"after {limit_s} s: /readyz is not {status}: {self.get('/readyz').text}") from None
        check_shape(answer.json(), {"status": str, "waiting_for": [{"topology": str, "for": str}]})
        assert (answer.json()["waiting_for"] == []) == (status == 200)
        return answer.json()

    def _ready(self, status):
        answer = self.get("/readyz")
        return answer if answer.status == status else None


class Metrics:
    """A text of /metrics, read by Prometheus' own client."""

    def __init__(self, answer):
        assert answer.status == 200, answer.text
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        self.text = answer.text
        self.families = {family.name: family for family in text_string_to_metric_families(self.text)}
        self.names = set(re.findall(r"^# TYPE (\S+)", self.text, re.MULTILINE))

    def with_values(self):
        """Names as they were declared, of metrics that have values."""
        return {line_name(family, sample) for family in self.families.values() for sample in family.samples}

    def values(self, name, **labels):
        """{labels: value} of a metric's samples that have these labels."""
        return {frozenset(sample.labels.items()): sample.value for family in self.families.values()
                for sample in family.samples if sample.name == name and labels.items() <= sample.labels.items()}

    def value(self, name, **labels):
        """The value of one sample, or the sum of those that have these labels."""
        found = self.values(name, **labels)
        assert found, f"no {name} {labels}"
        return sum(found.values())


def line_name(family, sample):
    """The name in the TYPE line: a histogram's samples have endings of their own, and the parser takes _total
    away from a counter's name."""
    if family.type == "histogram":
        return family.name
    return f"{family.name}_total" if family.type == "counter" else sample.name
