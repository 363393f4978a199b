"""A sink that refuses some records for good: those are dead letters, all others get through.

SPDX-License-Identifier: Apache-2.0
"""
import json

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from counted import audit, record, records
from rig import headers

SMALL = 20_000
LARGE = {7, 500, 501, 1999, 2500}


def mixed(first, end):
    """Small records with some large ones among them."""
    return [record(n, pad=30_000 if n in LARGE else 100) for n in range(first, end)]


def check(rig, count, reason, exactly_once):
    result = audit(set(range(count)) - LARGE, rig.answered())
    result.assert_exactly_once() if exactly_once else result.assert_nothing_lost()
    letters = rig.dead()
    wanted = [record(n, pad=30_000) for n in sorted(LARGE)]
    assert sorted(letter.value() for letter in letters) == sorted(one["value"].encode() for one in wanted)
    for letter in letters:
        told = headers(letter)
        assert told["headrace.step"] == "to_kafka"
        assert told["__streams.errors.topic"] == rig.requests
        assert reason in told["__streams.errors.message"].lower(), told
    print(f"\n{result.repeated} of {count} repeated")


def limit(topics, topic, size):
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[
        ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)])
    topics.admin.incremental_alter_configs([resource])[resource].result(10)


def test_records_above_the_topics_limit_are_dead_letters(rig):
    """The limit is asked of the broker, so no batch is ever refused and nothing is repeated."""
    rig.create_topics(max_message_bytes=SMALL)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, mixed(0, 3000))
    process = rig.run()
    rig.wait_done()
    process.stop_cleanly()
    check(rig, 3000, "bytes", exactly_once=True)


def test_a_limit_that_only_the_brokers_refusal_tells(rig):
    """The limit is lowered while headrace runs: whole batches are refused, and the good records of them get
    through while the large ones are found one by one."""
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, records(3000, 3100))
    process = rig.run(config={"profile": "throughput"})
    rig.answered(100)
    limit(rig.topics, rig.answers, SMALL)
    rig.topics.produce(rig.requests, mixed(0, 3000))
    rig.wait_done(limit_s=60)
    process.stop_cleanly()
    result = audit(set(range(3100)) - LARGE, rig.answered())
    assert not result.lost and not result.strange
    letters = rig.dead()
    assert sorted(letter.value() for letter in letters) == \
        sorted(record(n, pad=30_000)["value"].encode() for n in LARGE)
    print(f"\n{result.repeated} of 3100 repeated")


def test_order_holds_when_batches_are_refused(rig):
    rig.create_topics()
    rig.counted("kafka")
    rig.topics.produce(rig.requests, records(10_000, 10_010, keys=1))
    process = rig.run(config={"profile": "throughput"})
    rig.answered(10)
    limit(rig.topics, rig.answers, SMALL)
    rig.topics.produce(rig.requests, mixed(0, 1000))
    rig.wait_done(limit_s=60)
    process.stop_cleanly()
    values = [one for one in map(json.loads, rig.answered()) if one["n"] < 10_000]
    result = audit(set(range(1000)) - LARGE, values)
    assert not result.lost
    assert result.reordered == 0


@pytest.mark.parametrize("on_error", ["skip", "fail"])
def test_a_refused_record_may_be_skipped_or_stop_the_topology(rig, on_error):
    rig.create_topics(max_message_bytes=SMALL)
    topology = rig.counted("kafka")
    topology["sinks"]["to_kafka"]["on_error"] = on_error
    rig.topics.produce(rig.requests, mixed(0, 1000))
    process = rig.run()
    if on_error == "fail":
        process.expect_exit(1)
        assert rig.committed() == {0: 7}
        assert f"{rig.requests}[0]@7" in process.log() and "to_kafka" in process.log()
        return
    rig.wait_done()
    process.stop_cleanly()
    audit(set(range(1000)) - LARGE, rig.answered()).assert_exactly_once()
    assert not rig.dead()
