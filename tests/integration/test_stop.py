"""How it ends: gracefully, at once, and within its limit when a server is away.

SPDX-License-Identifier: Apache-2.0
"""
import signal
import time

import pytest

from counted import Feed, audit, records
from served import Served
from services.process import wait_until

OWN_SERVER = {"http": {"listen": "127.0.0.1:0"}}
CLOSING_S = 8  # behind shutdown_timeout: 2 s for clients that do not close, and what a busy machine takes


def wait_taken(process, count):
    """Waits until the sink has been given so many records: it may have been asked to write before it had them all."""
    Served(process).wait_topology(lambda topology: topology["by_name"]["to_mongo"]["in"] == count, "not all are taken in")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_graceful_stop_under_load_loses_and_repeats_nothing(mongo_rig, number):
    rig = mongo_rig
    rig.create_topics(partitions=4)
    rig.counted("kafka", "mongo")
    feed = Feed(rig.topics, rig.requests, rate=4000)
    for turn in range(4):
        before = sum(rig.topics.end_offsets(rig.answers).values())
        process = rig.run("--threads", "2", name=f"turn{turn}")
        wait_until(lambda: sum(rig.topics.end_offsets(rig.answers).values()) > before + 1000, 30, "no progress")
        process.interrupt(number)
        process.expect_exit(0, limit_s=15)
        assert rig.topics.members(rig.name) == 0
    sent = feed.stop()
    last = rig.run(name="last")
    rig.wait_done()
    last.stop_cleanly()
    audit(range(sent), rig.answered()).assert_exactly_once()
    audit(range(sent), rig.documents.find({}, {"_id": False}).sort("n")).assert_exactly_once()


def seconds_of_a_stop(process):
    begin = time.monotonic()
    process.stop_cleanly()
    return time.monotonic() - begin


def quickest(stop, wanted_s):
    """The quickest of at most three stops: what else the machine does may hold up one of them."""
    times = []
    while len(times) < 3 and (not times or min(times) >= wanted_s):
        times.append(stop())
    return min(times)


def test_a_stop_while_nothing_happens_is_quick(rig):
    rig.create_topics()
    rig.counted("kafka")

    def stop():
        process = rig.run(config={"group": {"session_timeout": "30s", "max_poll_interval": "60s"}})
        wait_until(lambda: rig.topics.members(rig.name) == 1, 30, "it does not join")
        seconds = seconds_of_a_stop(process)
        assert rig.topics.members(rig.name) == 0
        return seconds
    assert quickest(stop, 3) < 3


def test_a_stop_before_anything_was_there_is_quick(rig):
    rig.counted("kafka")

    def stop():
        process = rig.run(config={"connections": {"kafka": {"bootstrap": "127.0.0.1:1"}}})
        process.wait_line("waits and tries again")
        return seconds_of_a_stop(process)
    assert quickest(stop, 5) < 5


def test_a_second_signal_exits_at_once(fault_rig, mongofault):
    rig = fault_rig
    rig.create_topics()
    rig.counted("mongo")
    mongofault.fail(["update"], blockConnection=True, blockTimeMS=600_000)
    rig.topics.produce(rig.requests, records(0, 100))
    process = rig.run()
    wait_until(lambda: mongofault.fired() > 0, 30, "the sink is not reached")
    process.interrupt()
    process.wait_line("stopping")
    time.sleep(1)  # two within 0.2 s count as one
    process.interrupt()
    process.expect_exit(128 + signal.SIGTERM, limit_s=10)  # and not after shutdown_timeout, 30 s
    assert "second signal" in process.log()
    mongofault.clear()
    again = rig.run(name="again")
    rig.wait_done()
    again.stop_cleanly()
    audit(range(100), rig.documents.find({}, {"_id": False}).sort("n")).assert_exactly_once()


def test_one_stop_that_comes_as_two_signals_is_a_clean_one(rig):
    """`timeout` sends its signal to the process, and then to the process group."""
    rig.create_topics()
    rig.counted("kafka")
    rig.topics.produce(rig.requests, records(0, 100))
    process = rig.run()
    rig.wait_done()
    process.pause()
    process.interrupt(signal.SIGINT)  # another one than the second: two of a kind become one while it is paused
    process.interrupt()
    process.resume()
    process.expect_exit(0)
    assert "second signal" not in process.log()


@pytest.mark.parametrize("fault", ["blocked", "gone"])
def test_a_stop_while_mongo_is_away_ends_within_its_limit_and_says_what_it_waits_for(fault_rig, mongofault, fault):
    rig = fault_rig
    rig.create_topics()
    rig.counted("mongo")
    mongofault.fail(["update"], blockConnection=True, blockTimeMS=600_000)
    rig.topics.produce(rig.requests, records(0, 100))
    process = rig.run(config={"shutdown_timeout": "7s", **OWN_SERVER})
    wait_until(lambda: mongofault.fired() > 0, 30, "the sink is not reached")
    wait_taken(process, 100)
    if fault == "gone":
        mongofault.kill()
        process.wait_line("sink to_mongo waits and tries again")
    begin = time.monotonic()
    process.interrupt()
    process.wait_line("still stopping.*100 records not acknowledged; sink to_mongo: 100 documents for mongo")
    process.expect_exit(1)
    assert time.monotonic() - begin < 7 + CLOSING_S
    assert "nothing is lost" in process.log()
    assert rig.progress() == 0
    if fault == "gone":
        mongofault.start()
    mongofault.clear()
    again = rig.run(name="again")
    rig.wait_done()
    again.stop_cleanly()
    audit(range(100), rig.documents.find({}, {"_id": False}).sort("n")).assert_exactly_once()


def test_a_stop_that_mongo_comes_back_for_is_clean(fault_rig, mongofault):
    """The drain waits for MongoDB, and nothing has to be repeated."""
    rig = fault_rig
    rig.create_topics()
    rig.counted("mongo")
    mongofault.fail(["update"], errorCode=91)
    rig.topics.produce(rig.requests, records(0, 100))
    process = rig.run(config=OWN_SERVER)
    process.wait_line("sink to_mongo waits and tries again")
    wait_taken(process, 100)
    process.interrupt()
    process.wait_line("stopping")
    mongofault.clear()
    process.expect_exit(0)
    assert rig.committed() == {0: 100}
    assert rig.documents.count_documents({}) == 100


@pytest.mark.parametrize("fault", ["paused", "killed"])
def test_a_stop_while_the_broker_is_away_ends_within_its_limit(own_kafka, own_kafka_rig, fault):
    rig = own_kafka_rig
    rig.create_topics()
    rig.counted("kafka")
    process = rig.run(config={"shutdown_timeout": "4s", "commit_interval": "10m"})
    rig.topics.produce(rig.requests, records(0, 100))
    rig.answered(100)
    getattr(own_kafka, {"paused": "pause", "killed": "kill"}[fault])()
    begin = time.monotonic()
    process.interrupt()
    ended = process.exit_code()
    assert time.monotonic() - begin < 4 + CLOSING_S, process.tail()
    assert ended in (0, 1)
    if fault == "paused":
        own_kafka.resume()
    else:
        own_kafka.start()
    again = rig.run(name="again")
    rig.wait_done()
    again.stop_cleanly()
    audit(range(100), rig.answered()).assert_nothing_lost()
