"""Whether a peer does the work that headrace does: what it puts out is compared record for record before anything is
measured. One that differs is not measured, and the results say so.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import json

from . import measure, workloads
from .broker import fill

RECORDS = {"flight": ("flight_real", 5290)}  # the recorded requests as they are; of other kinds:
COUNT = 5000


class Different(Exception):
    """The first difference, as a sentence."""


class Comparison:
    """Of all peers with one headrace. The output of headrace is made once for each workload."""

    def __init__(self, broker, headrace):
        self.broker, self.headrace = broker, headrace
        self.known = {}

    def job(self, workload):
        """With the topic of its records, one partition: so there is one right order."""
        kind, count = RECORDS.get(workload.records, (workload.records, COUNT))
        source = self.broker.topics.create_new("bench_alike", partitions=1)
        fill(self.broker, source, kind, records=count)
        return workloads.Job(workload, self.broker.bootstrap, source, "", "", partitions=1), count

    def put_out(self, system, job, count, expected):
        out = self.broker.topics.create_new("bench_alike_out", partitions=1)
        job = dataclasses.replace(job, out_topic=out, group=out)
        measure.run(self.broker, system.command(job), out, count, expected=expected, ends=system.ENDS, limit_s=90,
                    environment=workloads.environment(system, job), touch=False, at_least=True)
        return [Record(message) for message in self.broker.topics.read(out)]

    def by_headrace(self, workload):
        if workload.name not in self.known:
            job, count = self.job(workload)
            self.known[workload.name] = job, count, self.put_out(self.headrace, job, count, 1)
        return self.known[workload.name]

    def prepare(self, peer, workload):
        """What a peer wants done with a running job before it is measured."""
        if hasattr(peer, "prepare"):
            job, _, wanted = self.by_headrace(workload)
            out = self.broker.topics.create_new("bench_prepare", partitions=1)
            peer.prepare(self.broker, dataclasses.replace(job, out_topic=out, group=out), len(wanted))

    def of(self, peer, workload):
        """How many records were compared, and how. Different: they are not alike."""
        job, count, wanted = self.by_headrace(workload)
        found = self.put_out(peer, job, count, len(wanted))
        compare = getattr(peer, "compare", equal)
        return {"records": count, "records_out": len(found), "compared": compare(workload, wanted, found)}


class Record:
    """What of a record is compared."""

    def __init__(self, message):
        self.key, self.value, self.timestamp = message.key(), message.value(), message.timestamp()


def equal(_, wanted, found):
    """Keys, values and timestamps, to the byte."""
    same([(one.key, one.value, one.timestamp) for one in wanted], [(one.key, one.value, one.timestamp) for one in found])
    return "keys, values and timestamps, byte for byte"


def same(wanted, found):
    if len(wanted) != len(found):
        raise Different(f"{len(found)} records came out, {len(wanted)} of headrace")
    for number, (one, other) in enumerate(zip(wanted, found)):
        if one != other:
            raise Different(f"record {number} is {other!r}, of headrace {one!r}")


def fields(records, without=()):
    """Of JSON records, without some."""
    return [{name: value for name, value in json.loads(one.value).items() if name not in without} for one in records]
