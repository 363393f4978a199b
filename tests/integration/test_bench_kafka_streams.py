"""The Kafka Streams peer of the benches does what headrace's topologies do: the same bytes come out, so that what is
compared is the same work.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import json
import os
import subprocess
import sys

import pytest

from headrace import ROOT

sys.path.insert(0, str(ROOT / "bench"))

from harness import measure, peers, workloads  # noqa: E402
from harness.broker import fill  # noqa: E402

# Records of bench_fill, and how many. Compiled by half, the JVM starts in less time.
WORKLOADS = {"pass": ("flight", 100), "flight_20x5": ("flight_real", 5290), "yahoo": ("yahoo", 500),
             "nexmark_q0": ("nexmark_bid", 500), "nexmark_q1": ("nexmark_bid", 5000), "nexmark_q2": ("nexmark_bid", 5000),
             "nexmark_q13": ("nexmark_bid", 500)}
QUICK_JVM = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -Xshare:auto"}


class Cluster:
    """What harness.measure wants of a broker."""

    def __init__(self, kafka, topics):
        self.bootstrap, self.topics, self.pid = kafka.bootstrap, topics, os.getpid()
        if workloads.DEAD_LETTERS not in topics.admin.list_topics(timeout=10).topics:
            topics.create(workloads.DEAD_LETTERS)


@pytest.fixture(scope="module")
def peer():
    found = peers.load("kafka_streams")
    found.build()
    return found


@pytest.fixture
def cluster(kafka, topics):
    return Cluster(kafka, topics)


def out(messages):
    return [(message.key(), message.value(), message.timestamp(), message.headers()) for message in messages]


def line(request):
    return json.dumps(request, separators=(",", ":")).encode()


def by_headrace(cluster, job):
    """What the topology of the workload puts out."""
    system = workloads.Headrace()
    topic = cluster.topics.create_new("by_headrace")
    job = dataclasses.replace(job, out_topic=topic, group=topic)
    subprocess.run(system.command(job), env={**os.environ, **system.environment(job)}, check=True, timeout=60)
    return out(cluster.topics.read(topic))


def by_peer(cluster, peer, job, count):
    topic = cluster.topics.create_new("by_peer")
    job = dataclasses.replace(job, out_topic=topic, group=topic)
    measure.run(cluster, peer.command(job), topic, count, ends=peer.ENDS, limit_s=60, environment=QUICK_JVM, touch=False)
    return out(cluster.topics.read(topic))


@pytest.mark.parametrize("name", WORKLOADS)
def test_kafka_streams_puts_out_the_bytes_that_headrace_does(cluster, peer, name):
    kind, count = WORKLOADS[name]
    topic = cluster.topics.create_new("in")
    fill(cluster, topic, kind, records=count)
    job = workloads.Job(workloads.WORKLOADS[name], cluster.bootstrap, topic, "", "", partitions=1)
    assert peer.supports(job)
    wanted = by_headrace(cluster, job)
    assert wanted
    assert by_peer(cluster, peer, job, len(wanted)) == wanted


def test_kafka_streams_sends_what_it_cannot_work_on_to_the_dead_letters(cluster, peer):
    good = {"UUID": "1", "Origin": "EWR", "Dest": "GRR", "Carrier": "EV", "FlightDate": "2013-12-31", "DepDelay": 4.0}
    bad = [b"not JSON", b"[]", line({**good, "Dest": "XXX"}), line({**good, "FlightDate": "2013-02-30"}),
           line({**good, "DepDelay": "4"}), line({**good, "DayOfYear": {}}), line(good) + b"}",
           line({name: value for name, value in good.items() if name != "Carrier"})]
    topic = cluster.topics.create_new("in")
    cluster.topics.produce(topic, [*bad, line(good)])
    before = sum(cluster.topics.end_offsets(workloads.DEAD_LETTERS).values())
    job = workloads.Job(workloads.WORKLOADS["flight_20x5"], cluster.bootstrap, topic, "", "", partitions=1)
    made = by_peer(cluster, peer, job, 1)
    assert made == by_headrace(cluster, job)
    letters = [message.value() for message in cluster.topics.read(workloads.DEAD_LETTERS)][before:]
    assert letters[:len(bad)] == bad
    assert len(letters) == 2 * len(bad)  # the others are headrace's own
