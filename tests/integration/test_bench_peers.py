"""The other peers of the benches put out what headrace's topologies do.

SPDX-License-Identifier: Apache-2.0
"""
import pytest
from test_bench_kafka_streams import by_headrace, by_peer, cluster, line  # noqa: F401 (cluster is a fixture)

from harness import peers, workloads
from harness.broker import fill

GOOD = {"UUID": "1", "Origin": "EWR", "Dest": "GRR", "Carrier": "EV", "FlightDate": "2013-12-31", "DepDelay": 4.0}


@pytest.fixture(scope="module")
def franz_go():
    found = peers.load("franz_go")
    found.build()
    return found


def job_of(name, cluster, topic):  # noqa: F811
    return workloads.Job(workloads.WORKLOADS[name], cluster.bootstrap, topic, "", "", partitions=1)


@pytest.mark.parametrize("name, kind, count", [("pass", "flight", 100), ("flight_20x5", "flight_real", 5290)])
def test_franz_go_puts_out_the_bytes_that_headrace_does(cluster, franz_go, name, kind, count):  # noqa: F811
    topic = cluster.topics.create_new("in")
    fill(cluster, topic, kind, records=count)
    job = job_of(name, cluster, topic)
    assert franz_go.supports(job)
    wanted = by_headrace(cluster, job)
    assert wanted
    assert by_peer(cluster, franz_go, job, len(wanted)) == wanted


def test_franz_go_sends_what_it_cannot_work_on_to_the_dead_letters(cluster, franz_go):  # noqa: F811
    bad = [b"not JSON", b"[]", line({**GOOD, "Dest": "XXX"}), line({**GOOD, "FlightDate": "2013-02-30"}),
           line({**GOOD, "DepDelay": "4"}), line({**GOOD, "DayOfYear": {}}), line(GOOD) + b"}",
           line({name: value for name, value in GOOD.items() if name != "Carrier"})]
    topic = cluster.topics.create_new("in")
    cluster.topics.produce(topic, [*bad, line(GOOD)])
    before = sum(cluster.topics.end_offsets(workloads.DEAD_LETTERS).values())
    job = job_of("flight_20x5", cluster, topic)
    assert by_peer(cluster, franz_go, job, 1) == by_headrace(cluster, job)
    letters = [message.value() for message in cluster.topics.read(workloads.DEAD_LETTERS)][before:]
    assert letters[:len(bad)] == bad
    assert len(letters) == 2 * len(bad)  # the others are headrace's own


@pytest.mark.parametrize("name", ["franz_go", "quix", "spark"])
def test_a_peer_says_what_it_runs(name):
    peer = peers.load(name)
    jobs = {one: workloads.Job(workloads.WORKLOADS[one], "", "in", "out", "group") for one in workloads.WORKLOADS}
    assert peer.NAME == name
    assert all(peer.supports(jobs[one]) for one in ("pass", "flight_20x5"))
    assert not any(peer.supports(jobs[one]) for one in ("flight_mongo", "yahoo", "nexmark_q0", "nexmark_q13"))
    assert "unknown" not in peer.SETTINGS.values()
