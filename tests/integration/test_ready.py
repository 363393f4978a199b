"""Ready or not, and the numbers beside: on a real broker that goes away and comes back.

SPDX-License-Identifier: Apache-2.0
"""
import json
import urllib.error
import urllib.request

from counted import records
from services.process import wait_until

FOREVER = {"blockConnection": True, "blockTimeMS": 600_000}


OWN = {"http": {"listen": "127.0.0.1:0"}}


class Own:
    """The own server of a process that runs with the config OWN."""

    def __init__(self, process):
        self.address = process.wait_line(r"http on http://(\S+?)/ of=headrace")[1]

    def get(self, path):
        """Status and JSON."""
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def ready(self):
        return self.get("/readyz")[0] == 200

    def run(self):
        return self.get("/topology")[1]["topologies"][0]

    def node(self, name):
        return next(node for node in self.run()["nodes"] if node["name"] == name)

    def waits_for(self):
        return " ".join(self.run()["waiting_for"])


def test_a_topology_without_traffic_is_ready_again_when_its_broker_is_back(own_kafka, own_kafka_rig):
    rig = own_kafka_rig
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    own_kafka.kill()
    process = rig.run(config=OWN)
    own = Own(process)
    wait_until(lambda: "source requests: no broker answers" in own.waits_for(), 30, "not away")
    assert not own.ready()
    own_kafka.start()
    wait_until(own.ready, 60, "not ready")
    own_kafka.kill()
    wait_until(lambda: own.node("requests")["trouble"], 30, "the source has no trouble")
    assert not own.ready()
    own_kafka.start()
    wait_until(own.ready, 60, "not ready again")
    process.stop_cleanly()


def test_threads_that_have_no_partition_do_not_hold_up_readiness(rig):
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    process = rig.run(config={**OWN, "threads": 4})
    own = Own(process)
    wait_until(own.ready, 60, "not ready")
    wait_until(lambda: len(own.run()["partitions"]) == 2, 30, "partitions are not shown")
    process.stop_cleanly()


def test_partitions_commits_and_latencies_are_those_of_the_broker(rig):
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    process = rig.run(config=OWN)
    own = Own(process)
    rig.topics.produce(rig.requests, records(0, 5000))
    rig.wait_done()
    ends = rig.topics.end_offsets(rig.requests)
    wait_until(lambda: all(p["committed"] == p["end"] == ends[p["partition"]] for p in own.run()["partitions"]), 30,
               "not committed")
    run = own.run()
    for partition in run["partitions"]:
        assert partition["source"] == "requests" and partition["topic"] == rig.requests
        assert partition["position"] == ends[partition["partition"]] and partition["lag"] == 0
    sink = own.node("to_kafka")
    assert sink["in"] == sink["out"] == sink["latency_us"]["count"] == 5000
    assert 0 < sink["latency_us"]["p50"] <= sink["latency_us"]["max"] < 60_000_000
    assert run["latency_us"]["count"] == run["end_to_end_us"]["count"] == 5000
    assert run["end_to_end_us"]["p99"] >= run["latency_us"]["p50"]
    assert run["counters"]["commits"] > 0 and run["counters"]["commit_failures"] == 0
    assert {m["budget"]: m["bytes"] for m in run["memory"]}["produce_queue"] == 0  # all delivered
    process.stop_cleanly()


def test_time_that_a_full_sink_holds_up_is_counted_while_it_lasts(fault_rig, mongofault):
    rig = fault_rig
    rig.create_topics()
    rig.counted("mongo")
    mongofault.fail(["update"], **FOREVER)
    process = rig.run(config={**OWN, "memory": "32MiB"})
    own = Own(process)
    wait_until(own.ready, 60, "not ready")
    rig.topics.produce(rig.requests, records(0, 4000, pad=10_000))  # of small ones a thousand are fetched ahead
    wait_until(lambda: own.node("to_mongo")["backpressure_ms"] > 1000, 60, "no back-pressure")

    def held():
        memory = {m["budget"]: m for m in own.run()["memory"]}
        return [memory["mailboxes"], memory["prefetch"]]
    wait_until(lambda: all(m["limit"] / 4 < m["bytes"] for m in held()), 60, "what waits does not fill its memory")
    assert all(m["bytes"] < 2 * m["limit"] for m in held()), held()
    mongofault.clear()
    rig.wait_done(limit_s=90)
    wait_until(lambda: own.node("to_mongo")["out"] == 4000, 30, "not all acknowledged")
    sink = own.node("to_mongo")
    assert sink["latency_us"]["max"] > 1_000_000
    assert own.run()["counters"]["backpressure_ms"] >= sink["backpressure_ms"] > 1000
    process.stop_cleanly()
