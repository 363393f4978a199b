"""What is acknowledged survives: the process killed, the broker killed, MongoDB stopped.

SPDX-License-Identifier: Apache-2.0
"""
import json
import random

import pymongo
import pytest

import flights
from counted import Feed, audit, records
from services.process import wait_until

KILLS = 20


class RequestFeed(Feed):
    """Real requests in the order of the sample, again from its start with other UUIDs when it is through."""

    def __init__(self, topics, topic, rate):
        super().__init__(topics, topic, rate, make=request)


def request(n):
    lines = flights.lines()
    one = {**json.loads(lines[n % len(lines)]), "UUID": f"u{n}"}
    return {"key": one["UUID"], "value": json.dumps(one)}


def test_20_kills_under_load_leave_no_request_without_its_answer(mongo_rig):
    """kill -9 at any moment: every request has its answer in Kafka and its document in MongoDB; Kafka may have
    an answer twice (at-least-once), MongoDB may not. Every second process lives to commit something."""
    rig = mongo_rig
    rig.create_topics(partitions=2)
    topology = rig.flights()
    documents = rig.documents.database[rig.answers]
    config = {"group": {"session_timeout": "1s"}}
    feed = RequestFeed(rig.topics, rig.requests, rate=1500)
    pick = random.Random(7)
    for kill in range(KILLS):
        before = sum(rig.topics.end_offsets(rig.answers).values())
        committed = rig.progress()
        process = rig.run(topology=topology, config=config, name=f"killed{kill}")
        goal = before + pick.randrange(1, 3000)
        wait_until(lambda: sum(rig.topics.end_offsets(rig.answers).values()) >= goal, 30,
                   f"no progress after kill {kill}:\n{process.tail(2000)}", interval_s=0.01)
        if kill % 2 == 0:
            wait_until(lambda: rig.progress() > committed, 30, f"no commit after kill {kill}")
        process.kill()
    sent = feed.stop()
    last = rig.run(topology=topology, config=config, name="last")
    rig.wait_done()
    last.stop_cleanly()

    expected = {f"u{n}" for n in range(sent)}
    answers = [json.loads(value) for value in rig.answered()]
    assert {answer["UUID"] for answer in answers} == expected
    assert documents.count_documents({}) == sent
    assert set(documents.distinct("UUID")) == expected
    assert not rig.dead()
    right = flights.answers([json.loads(request(n)["value"]) for n in range(min(sent, 2000))])
    for answer in answers:
        if answer["UUID"] in right:
            flights.assert_right(answer, right[answer["UUID"]])
    print(f"\n{KILLS} kills, {sent} requests: {len(answers) - sent} answers twice in Kafka, 0 in MongoDB")


def test_a_killed_broker_is_waited_for(own_kafka, own_kafka_rig):
    rig = own_kafka_rig
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    process = rig.run()
    rig.topics.produce(rig.requests, records(0, 3000))
    rig.topics.read_until(rig.answers, 3000)
    own_kafka.kill()
    process.wait_line("requests waits and tries again")
    own_kafka.start()
    rig.topics.produce(rig.requests, records(3000, 6000))
    rig.wait_done()
    process.stop_cleanly()
    assert process.log().count("waits and tries again") <= 2  # source and sink, once each
    audit(range(6000), rig.answered()).assert_nothing_lost()


def test_a_broker_killed_under_load_loses_nothing(own_kafka, own_kafka_rig):
    rig = own_kafka_rig
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, records(0, 200000, pad=200))
    process = rig.run()
    for _ in range(2):
        seen = sum(rig.topics.end_offsets(rig.answers).values())
        wait_until(lambda: sum(rig.topics.end_offsets(rig.answers).values()) > seen, 30, "no progress")
        own_kafka.kill()
        own_kafka.start()
    rig.wait_done()
    process.stop_cleanly()
    result = audit(range(200000), rig.answered())
    result.assert_nothing_lost()
    print(f"\nbroker killed twice: {result.repeated} of 200000 repeated")


def test_a_paused_broker_is_waited_for(own_kafka, own_kafka_rig):
    """The broker hangs for longer than the session timeout: connections stay open, nothing answers."""
    rig = own_kafka_rig
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    process = rig.run(config={"group": {"session_timeout": "1s"}})
    feed = Feed(rig.topics, rig.requests, rate=1000)
    rig.topics.read_until(rig.answers, 500)
    own_kafka.pause()
    feed.stopping.wait(3)  # the fault itself: so long it hangs
    own_kafka.resume()
    sent = feed.stop()
    rig.wait_done()
    process.stop_cleanly()
    audit(range(sent), rig.answered()).assert_nothing_lost()


def test_the_broker_may_come_later_than_headrace(own_kafka, own_kafka_rig):
    rig = own_kafka_rig
    rig.create_topics()
    rig.topics.produce(rig.requests, records(0, 100))
    own_kafka.stop()
    rig.counted("kafka")
    process = rig.run()
    process.wait_line("waits and tries again")
    own_kafka.start()
    audit(range(100), rig.answered(100)).assert_nothing_lost()
    process.stop_cleanly()


@pytest.mark.parametrize("missing", ["requests", "answers"])
def test_a_missing_topic_is_waited_for(rig, missing):
    rig.counted("kafka")
    rig.topics.create(rig.letters)
    there = {"requests": rig.answers, "answers": rig.requests}[missing]
    rig.topics.create(there)
    if missing == "answers":
        rig.topics.produce(rig.requests, records(0, 100))
    process = rig.run()
    process.wait_line(f"waits and tries again.*{getattr(rig, missing)}")
    rig.topics.create(getattr(rig, missing))
    if missing == "requests":
        rig.topics.produce(rig.requests, records(0, 100))
    audit(range(100), rig.answered(100, limit_s=30)).assert_nothing_lost()
    rig.wait_done()
    process.stop_cleanly()


def test_fail_fast_does_not_wait_for_a_broker(rig):
    rig.counted("kafka")
    unused = "127.0.0.1:1"
    process = rig.run("--fail-fast", config={"connections": {"kafka": {"bootstrap": unused}}})
    process.expect_exit(1, limit_s=15)
    assert "--fail-fast" in process.log()


def test_fail_fast_does_not_wait_for_a_topic(rig):
    rig.counted("kafka")
    process = rig.run("--fail-fast")
    process.expect_exit(1, limit_s=15)
    assert "--fail-fast" in process.log() and rig.requests in process.log()


def test_fail_fast_does_not_wait_for_mongo(rig):
    rig.with_mongo("mongodb://127.0.0.1:1")
    rig.create_topics()
    rig.counted("mongo")
    rig.topics.produce(rig.requests, records(0, 10))
    process = rig.run("--fail-fast")
    process.expect_exit(1, limit_s=30)
    assert "--fail-fast" in process.log() and "mongo" in process.log()


def test_a_stopped_mongo_is_waited_for(rig, own_mongo):
    rig.with_mongo(own_mongo.uri)
    rig.create_topics(partitions=2)
    rig.counted("mongo")
    process = rig.run()
    with pymongo.MongoClient(own_mongo.uri) as client:
        documents = client[rig.database].answers
        feed = Feed(rig.topics, rig.requests, rate=1000)
        wait_until(lambda: documents.count_documents({}) >= 1000, 60, "no documents")
        own_mongo.stop()
        process.wait_line("sink to_mongo waits and tries again")
        own_mongo.start()
        process.wait_line("sink to_mongo is back")
        sent = feed.stop()
        rig.wait_done()
        process.stop_cleanly()
        result = audit(range(sent), documents.find({}, {"_id": False}).sort("n"))
        result.assert_exactly_once()
    assert process.log().count("waits and tries again") == 1


def test_mongo_may_come_later_than_headrace(rig, own_mongo):
    rig.with_mongo(own_mongo.uri)
    rig.create_topics()
    rig.counted("mongo")
    rig.topics.produce(rig.requests, records(0, 100))
    own_mongo.stop()
    process = rig.run()
    process.wait_line("sink to_mongo waits and tries again")
    own_mongo.start()
    rig.wait_done()
    with pymongo.MongoClient(own_mongo.uri) as client:
        assert client[rig.database].answers.count_documents({}) == 100
    process.stop_cleanly()


def test_a_committed_offset_that_is_gone_stops_the_partition_and_says_so(rig):
    """Retention took records that were never processed: to go on elsewhere is a person's decision."""
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, [{**one, "partition": n % 2} for n, one in enumerate(records(0, 20))])
    rig.run("--until-end").expect_exit(0)
    rig.topics.produce(rig.requests, [{**one, "partition": n % 2} for n, one in enumerate(records(20, 40))])
    rig.topics.delete_before(rig.requests, 0, 15)
    process = rig.run()
    process.wait_line(rf"{rig.requests}\[0\]: the committed offset is not in the log any more")
    audit([*range(20), *range(21, 40, 2)], rig.answered(30)).assert_exactly_once()  # the other one goes on
    assert rig.committed()[0] == 10
    process.stop_cleanly()
    assert rig.committed() == {0: 10, 1: 20}
