"""Records that cannot be processed: dead letters, skipped, or the end of the topology, as it says.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import json

import pytest

import flights
from counted import audit, record, records
from rig import headers

MEGABYTE = 1024 * 1024
BIG = {"max.message.bytes": "4000000"}


def flight(**changes):
    return json.dumps({**json.loads(flights.lines()[0]), **changes}).encode()


def poison():
    """{name: (value, step, code)}: the step that must refuse it."""
    cut = flights.lines()[0][:100]
    return {
        "cut JSON": (cut, "requests"),
        "no JSON": (b"\x00\xff\xfe not json", "requests"),
        "empty": (b"", "requests"),
        "an array": (b"[1, 2]", "requests"),
        "trailing bytes": (flights.lines()[0] + b"}", "requests"),
        "bad UTF-8": (flight(Origin="J?K").replace(b"?", b"\xff"), "requests"),
        "a string for a number": (flight(DepDelay="late"), "requests"),
        "a number for a string": (flight(Origin=7), "requests"),
        "a fraction for an int": (flight(DayOfYear=1.5), "requests"),
        "null where none is allowed": (flight(Dest=None), "requests"),
        "a missing field": (json.dumps({"UUID": "u"}).encode(), "requests"),
        "deep nesting": (flight(x=0).replace(b'"x": 0', b'"x": ' + b"[" * 500 + b"]" * 500), "requests"),
        "1 MB of letters": (b"x" * 1_000_000, "requests"),
        "a string above 1 MiB": (flight(Note="x" * (MEGABYTE + 1)), "requests"),
        "null value": (None, "requests"),
        "no date": (flight(FlightDate="tomorrow"), "features"),
        "no such day": (flight(FlightDate="2013-02-30"), "features"),
        "unknown airport": (flight(Origin="XXX"), "distance"),
        "unknown route": (flight(Dest="JFK", Origin="JFK"), "distance"),
    }


def check_letter(rig, letter, sent, step):
    told = headers(letter)
    original = letter.headers()[:3]
    assert letter.value() == sent["value"]
    assert letter.key() == sent["key"]
    assert original == [("trace", b"\x00\xff"), ("empty", b""), ("trace", None)]
    assert letter.timestamp()[1] == sent["timestamp"]
    assert told["__streams.errors.topic"] == rig.requests
    assert (int(told["__streams.errors.partition"]), int(told["__streams.errors.offset"])) == sent["place"]
    assert told["headrace.step"] == step, told
    assert told["headrace.topology"] == rig.name
    assert told["__streams.errors.exception"] == told["headrace.code"] != ""
    assert told["__streams.errors.message"] != ""
    assert len(told["headrace.topology_hash"]) == 16
    assert int(told["headrace.timestamp"]) > 1_700_000_000_000


def test_poison_ends_in_the_dead_letters_and_nothing_else_does(mongo_rig):
    rig = mongo_rig
    rig.topics.create(rig.requests, 3, BIG)
    rig.topics.create(rig.answers, 1)
    rig.topics.create(rig.letters, 1, BIG)
    topology = rig.flights()
    good = flights.lines()[:300]
    sent, next_offset = [], collections.Counter()

    def add(partition, **what):
        sent.append({"partition": partition, "timestamp": 1_400_000_000_000 + len(sent), **what,
                     "headers": [("trace", b"\x00\xff"), ("empty", b""), ("trace", None)]})
    for n, (name, (value, _step)) in enumerate(poison().items()):
        for line in good[n * 10:(n + 1) * 10]:
            add(n % 3, value=line, key=json.loads(line)["UUID"].encode())
        add(n % 3, value=value, key=name.encode())
    for line in good[len(poison()) * 10:]:
        add(0, value=line, key=None)
    rig.topics.produce(rig.requests, sent)
    process = rig.run("--threads", "2", topology=topology)
    rig.wait_done()
    process.stop_cleanly()

    for one in sent:
        one["place"] = (one["partition"], next_offset[one["partition"]])
        next_offset[one["partition"]] += 1
    bad = {one["key"].decode(): one for one in sent if one["key"] and one["key"].decode() in poison()}
    letters = rig.dead()
    assert sorted(letter.key().decode() for letter in letters) == sorted(bad)
    for letter in letters:
        name = letter.key().decode()
        check_letter(rig, letter, bad[name], poison()[name][1])
    expected = flights.answers(flights.sent(good))
    answers = {one["UUID"]: one for one in map(json.loads, rig.answered())}
    assert answers.keys() == expected.keys()
    assert len(rig.answered()) == len(good)
    assert rig.documents.database[rig.answers].count_documents({}) == len(good)
    assert "mb of letters" not in process.log().lower() and "tomorrow" not in process.log()  # no payload in logs


def test_a_dead_letter_above_its_topics_limit_is_cut_and_marked(rig):
    rig.topics.create(rig.requests, 1, BIG)
    rig.topics.create(rig.answers)
    rig.topics.create(rig.letters, 1, {"max.message.bytes": "20000"})
    rig.counted("kafka")
    value = b"[" + b"x" * 500_000
    rig.topics.produce(rig.requests, [record(0), {"key": "big", "value": value}, record(1)])
    process = rig.run()
    rig.wait_done()
    process.stop_cleanly()
    audit(range(2), rig.answered()).assert_exactly_once()
    letter, = rig.dead()
    assert letter.key() == b"big"
    assert headers(letter)["headrace.truncated_from_bytes"] == str(len(value))
    assert 10_000 < len(letter.value()) < 20_000 and value.startswith(letter.value())


def test_letters_wait_for_their_topic_and_nothing_is_committed_past_them(rig):
    rig.topics.create(rig.requests)
    rig.topics.create(rig.answers)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, [*records(0, 10), b"poison", *records(10, 20)])
    process = rig.run()
    rig.topics.read_until(rig.answers, 20)
    process.wait_line(f"waits and tries again.*{rig.letters}")
    assert rig.committed() in ({}, {0: 0}, {0: 10})
    rig.topics.create(rig.letters)
    rig.wait_done()
    process.stop_cleanly()
    assert [letter.value() for letter in rig.dead()] == [b"poison"]
    audit(range(20), rig.answered()).assert_nothing_lost()


@pytest.mark.parametrize("where", ["default", "source"])
def test_skipped_records_are_counted_and_passed_over(rig, where):
    rig.create_topics()
    topology = rig.counted("kafka")
    if where == "default":
        topology["errors"]["on_error"] = "skip"
    else:
        topology["sources"]["requests"]["on_error"] = "skip"
    rig.topics.produce(rig.requests, [*records(0, 10), b"poison", *records(10, 20), b"more", *records(20, 30)])
    process = rig.run()
    rig.wait_done()
    process.stop_cleanly()
    audit(range(30), rig.answered()).assert_exactly_once()
    assert not rig.dead()
    assert f"skipped place={rig.requests}[0]@10" in process.log()


def test_a_topology_without_dead_letters_can_skip(rig):
    rig.create_topics()
    topology = rig.counted("kafka")
    topology["errors"] = {"on_error": "skip"}
    rig.topics.produce(rig.requests, [*records(0, 10), b"poison", *records(10, 20)])
    process = rig.run()
    rig.wait_done()
    process.stop_cleanly()
    audit(range(20), rig.answered()).assert_exactly_once()


def test_fail_stops_with_the_place_and_commits_what_came_before(rig):
    rig.create_topics()
    topology = rig.counted("kafka")
    topology["sources"]["requests"]["on_error"] = "fail"
    rig.topics.produce(rig.requests, [*records(0, 700), b"poison", *records(700, 900)])
    process = rig.run()
    process.expect_exit(1)
    assert f"{rig.requests}[0]@700" in process.log()
    assert "on_error: fail" in process.log()
    assert rig.committed() == {0: 700}
    assert not rig.dead()

    again = rig.run(name="again")  # it does not pass by itself
    again.expect_exit(1)
    assert rig.committed() == {0: 700}

    topology["sources"]["requests"]["on_error"] = "skip"
    repaired = rig.run(name="repaired")
    rig.wait_done()
    repaired.stop_cleanly()
    audit(range(900), rig.answered()).assert_nothing_lost()


def test_fail_of_a_step_stops_one_partition_and_then_the_topology(mongo_rig):
    rig = mongo_rig
    rig.create_topics(partitions=2)
    topology = rig.flights({"on_miss: dead_letter": "on_miss: fail       "})
    lines = flights.lines()[:50]
    rig.topics.produce(rig.requests, [{"partition": 0, "value": line} for line in lines])
    rig.topics.produce(rig.requests, [{"partition": 1, "value": line} for line in lines[:5]])
    rig.topics.produce(rig.requests, [{"partition": 1, "value": flight(Origin="XXX")}])
    process = rig.run(topology=topology)
    process.expect_exit(1)
    assert f"{rig.requests}[1]@5" in process.log() and "distance" in process.log()
    assert rig.committed()[1] == 5


def test_too_many_failures_stop_the_topology(rig):
    rig.create_topics()
    topology = rig.counted("kafka")
    topology["errors"]["max_rate"] = {"records": 20, "per": "1m"}
    rig.topics.produce(rig.requests, [*records(0, 10), *[b"poison"] * 20])
    process = rig.run()
    rig.wait_done()
    rig.topics.produce(rig.requests, [b"one more"])
    process.expect_exit(1)
    assert "max_rate" in process.log()
    assert len(rig.dead()) == 21
    audit(range(10), rig.answered()).assert_exactly_once()
