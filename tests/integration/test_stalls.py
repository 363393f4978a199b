"""A sink that takes nothing: others go on, memory stays bounded, and nothing is lost when it recovers.

SPDX-License-Identifier: Apache-2.0
"""
import re

from counted import audit, records
from services.process import wait_until

FOREVER = {"blockConnection": True, "blockTimeMS": 600_000}


def rss_mib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) / 1024


def two_sources(rig):
    """One source goes to Mongo, the other one to Kafka."""
    topology = rig.counted("kafka", "mongo")
    topology["sources"]["others"] = rig.source(f"{rig.name}_others")
    topology["steps"]["twice_too"] = {"from": "others", "derive": {"twice": "n * 2"}}
    topology["sinks"]["to_kafka"]["from"] = "twice_too"
    rig.create_topics(partitions=2)
    rig.topics.create(f"{rig.name}_others", 2)
    return f"{rig.name}_others"


def test_a_stalled_sink_leaves_the_other_sources_partitions_running(fault_rig, mongofault):
    rig = fault_rig
    others = two_sources(rig)
    mongofault.fail(["update"], **FOREVER)
    config = {"memory": "32MiB", "group": {"session_timeout": "4s", "max_poll_interval": "4s"}}
    process = rig.run(config=config)
    rig.topics.produce(rig.requests, records(0, 30_000, pad=500))
    for part in range(5):
        rig.topics.produce(others, records(part * 2000, (part + 1) * 2000))
        rig.answered((part + 1) * 2000, limit_s=20)
    assert rig.documents.count_documents({}) == 0
    assert rig.progress() == 0
    rig.topics.wait_all_committed(rig.name, others)

    # The stall is longer than max.poll.interval: the group keeps its member all the same.
    wait_until(lambda: "max.poll" in process.log() or uptime(process) > 9, 30, "the time does not pass")
    assert rig.topics.members(rig.name) == 1
    mongofault.clear()
    rig.wait_done(limit_s=90)
    process.stop_cleanly()
    audit(range(30_000), rig.documents.find({}, {"_id": False, "pad": False}).sort("n")).assert_exactly_once()
    audit(range(10_000), rig.answered()).assert_exactly_once()


def uptime(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat, open("/proc/uptime", encoding="ascii") as up:
        started = int(stat.read().rpartition(")")[2].split()[19]) / 100
        return float(up.read().split()[0]) - started


def test_memory_is_bounded_while_a_sink_stalls_on_a_large_backlog(fault_rig, mongofault):
    rig = fault_rig
    rig.create_topics(partitions=4)
    rig.counted("mongo")
    count = 100_000
    rig.topics.produce(rig.requests, records(0, count, pad=2000))  # 200 MB
    mongofault.fail(["update"], **FOREVER)
    process = rig.run(config={"memory": "64MiB"})
    readings = []

    def settled():
        """The reading does not grow any more."""
        readings.append(rss_mib(process))
        return len(readings) > 20 and readings[-1] - readings[-20] < 1
    wait_until(lambda: mongofault.fired() > 0, 30, "the sink is not reached")
    wait_until(settled, 60, "memory does not settle", interval_s=0.1)
    stalled = max(readings)
    assert rig.progress() == 0
    assert stalled < 64 + 60, f"{stalled:.0f} MiB with a budget of 64 MiB"
    mongofault.clear()
    rig.wait_done(limit_s=120)
    peak = rss_mib(process)
    process.stop_cleanly()
    audit(range(count), rig.documents.find({}, {"_id": False, "pad": False}).sort("n")).assert_exactly_once()
    print(f"\nRSS {stalled:.0f} MiB stalled, {peak:.0f} MiB after; budget 64 MiB")


def test_memory_is_bounded_while_the_answers_topic_stalls(own_kafka, own_kafka_rig, mongo):
    """The broker of the answers hangs; the requests are on it too, so what is fetched already counts."""
    rig = own_kafka_rig
    rig.create_topics(partitions=4)
    rig.counted("kafka")
    count = 60_000
    rig.topics.produce(rig.requests, records(0, count, pad=2000))
    process = rig.run(config={"memory": "64MiB"})
    rig.topics.read_until(rig.answers, 1)
    own_kafka.pause()
    readings = []

    def settled():
        readings.append(rss_mib(process))
        return len(readings) > 20 and readings[-1] - readings[-20] < 1
    wait_until(settled, 60, "memory does not settle", interval_s=0.1)
    own_kafka.resume()
    assert max(readings) < 64 + 60, f"{max(readings):.0f} MiB with a budget of 64 MiB"
    rig.wait_done(limit_s=90)
    process.stop_cleanly()
    audit(range(count), rig.answered()).assert_nothing_lost()
