"""Numbered records, and the books kept about them: what was lost, repeated, reordered or altered on the way.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import json
import threading
import time

SCHEMA = {"type": "record", "name": "Counted", "fields": [
    {"name": "id", "type": "string"}, {"name": "key", "type": "string"}, {"name": "n", "type": "long"},
    {"name": "pad", "type": ["null", "string"], "default": None}]}


def record(n, keys=50, pad=0, **more):
    """Record n, of key n modulo keys."""
    key = f"k{n % keys}"
    value = {"id": f"r{n}", "key": key, "n": n}
    if pad:
        value["pad"] = "x" * pad
    return {"key": key, "value": json.dumps(value), **more}


def records(first, end, **options):
    return [record(n, **options) for n in range(first, end)]


@dataclasses.dataclass
class Audit:
    lost: set
    repeated: int
    reordered: int
    strange: list

    def assert_nothing_lost(self):
        assert not self.lost, f"{len(self.lost)} lost, the first ones {sorted(self.lost)[:10]}"
        assert not self.strange, self.strange[:5]
        assert self.reordered == 0, f"{self.reordered} out of order within their keys"

    def assert_exactly_once(self):
        self.assert_nothing_lost()
        assert self.repeated == 0, f"{self.repeated} repeated"


def audit(sent, values):
    """sent: the numbers that went in. values: what came out (bytes of JSON or dicts), in order within each
    key. Order is asked of first occurrences: a repetition comes later by its nature."""
    sent, seen, last = set(sent), set(), {}
    result = Audit(set(), 0, 0, [])
    for value in values:
        one = value if isinstance(value, dict) else json.loads(value)
        n = one["n"]
        if n in seen:
            result.repeated += 1
            continue
        seen.add(n)
        if n not in sent or one["twice"] != 2 * n or one["id"] != f"r{n}":
            result.strange.append(one)
        result.reordered += last.get(one["key"], -1) > n
        last[one["key"]] = max(n, last.get(one["key"], -1))
    result.lost = sent - seen
    return result


class Feed(threading.Thread):
    """Produces records at a rate until it is stopped; what stop() returns was acknowledged, all of it."""

    def __init__(self, topics, topic, rate, make=record):
        super().__init__(daemon=True)
        self.topics, self.topic, self.rate, self.make = topics, topic, rate, make
        self.count = 0
        self.stopping = threading.Event()
        self.error = None
        self.start()

    def run(self):
        begin = time.monotonic()
        try:
            while not self.stopping.wait(0.02):
                due = int((time.monotonic() - begin) * self.rate)
                self.topics.produce(self.topic, [self.make(n) for n in range(self.count, due)])
                self.count = due
        except Exception as error:  # handed to whoever stops the feed
            self.error = error

    def stop(self):
        """Ends it; returns how many records were sent: numbers 0 to that."""
        self.stopping.set()
        self.join()
        if self.error is not None:
            raise self.error
        return self.count
