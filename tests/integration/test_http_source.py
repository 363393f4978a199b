"""The source http: what a client is told is so. Whoever hears OK finds the record in the topic; whoever does not
hears why; nobody waits for ever.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import signal
import time

import pytest

import web
from services.process import wait_until
from topics import Topics
from web import Crowd, Web, flight

CLIENTS, QUESTIONS = 16, 150
STATUS_OF_CLIENTS = {200, 503, None}  # None: the connection was closed


def values(topics, topic, count=None):
    """The records of the topic by their UUID, as lists: more than one where it is there twice."""
    messages = topics.read(topic) if count is None else topics.read_until(topic, count)
    by_id = {}
    for message in messages:
        value = json.loads(message.value())
        assert message.key().decode() == value["UUID"]
        by_id.setdefault(value["UUID"], []).append(value)
    return by_id


def assert_kept(answers, by_id, once=False):
    """Every question that was answered with OK is in the topic, under the id that the client was told."""
    fine = 0
    for name, answer in answers:
        status = None if answer is None else answer.status
        assert status in STATUS_OF_CLIENTS, answer
        if status == 200:
            records = by_id.get(answer.json["id"], [])
            assert records and all(record["FlightNum"] == name for record in records), (name, answer, records)
            assert not once or len(records) == 1, (name, records)
            fine += 1
    return fine


def start(rig, **options):
    web.topology(rig, **options)
    rig.topics.create(rig.requests, 1)
    process = rig.run()
    Web(rig.port).wait_open(**flight(FlightNum="first"))
    return process


@pytest.mark.parametrize("broker", ["embedded", "real"])
def test_each_answered_question_is_in_the_topic_once(rig, broker):
    web.topology(rig)
    if broker == "embedded":
        rig.config["connections"]["kafka"] = {"type": "kafka", "embedded": True}
    else:
        rig.topics.create(rig.requests, 1)
    process = rig.run()
    topics = rig.topics
    if broker == "embedded":
        topics = Topics(process.wait_line(r"bootstrap=(\S+)").group(1))
    first = Web(rig.port).wait_open(**flight(FlightNum="first"))
    answers = Crowd(rig.port, CLIENTS, QUESTIONS).join()
    by_id = values(topics, rig.requests, CLIENTS * QUESTIONS + 1)
    assert len(answers) == CLIENTS * QUESTIONS
    assert assert_kept(answers, by_id, once=True) == CLIENTS * QUESTIONS
    assert len(by_id) == CLIENTS * QUESTIONS + 1
    record = by_id[first.json["id"]][0]
    assert first.json == {"status": "OK", "id": record["UUID"]}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", record["UUID"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["Timestamp"])
    assert record | flight(DepDelay=5) == record
    assert (record["DayOfYear"], record["DayOfMonth"], record["DayOfWeek"], record["Distance"]) == (328, 24, 7, 760.0)
    seconds = sorted(answer.seconds for _, answer in answers)
    print(f"\n{broker}: {CLIENTS} clients, p50 {1e3 * seconds[len(seconds) // 2]:.1f} ms, "
          f"p99 {1e3 * seconds[len(seconds) * 99 // 100]:.1f} ms")
    process.stop_cleanly()


REFUSED = [
    ("an unknown pair", {"Dest": "ATL"}, 422, "lookup-miss", "distance", "no row for the record's key"),
    ("a bad date", {"FlightDate": "2013-02-30"}, 422, "expression", "calendar", "not a date of the form YYYY-MM-DD"),
    ("a missing field", {"FlightDate": ""}, 400, "decode", "questions", "field 'FlightDate' is missing"),
    ("no number", {"DepDelay": "late"}, 400, "decode", "questions", "field 'DepDelay': expected double, got string"),
]


def test_a_client_hears_why_its_question_was_refused(rig):
    process = start(rig)
    client = Web(rig.port)
    for what, changes, status, code, node, message in REFUSED:
        answer = client.form(**flight(**changes))
        assert (answer.status, answer.json["status"]) == (status, "ERROR"), (what, answer)
        assert (answer.json["code"], answer.json["node"]) == (code, node), (what, answer)
        assert message in answer.json["message"], (what, answer)
    assert client.json({"DepDelay": 5.0}).json["message"] == "field 'Origin' is missing"
    assert client.json("{}}").json["message"] == "invalid JSON at byte 2: there is more behind the object"
    assert client.json(flight()).json["message"].startswith("field 'DepDelay': expected double, got string at byte")
    assert client.json({**flight(), "DepDelay": 5.0}, "text/plain").status == 415
    assert client.json(b"{" + b" " * 70_000 + b"}").status == 413
    assert client.form(**flight(FlightNum="x" * 70_000)).status == 413
    assert client.ask("GET", web.ROUTE).status == 405
    assert len(values(rig.topics, rig.requests)) == 1
    assert client.form(**flight()).status == 200
    process.stop_cleanly()


def test_what_a_client_sends_for_a_made_field_does_not_count(rig):
    process = start(rig)
    answer = Web(rig.port).json({**flight(), "DepDelay": 5, "UUID": "mine", "Timestamp": 7, "Distance": 1.0, "more": [1]})
    record = values(rig.topics, rig.requests)[answer.json["id"]][0]
    assert record["UUID"] != "mine" and record["Timestamp"] != 7
    assert record["Distance"] == 760.0 and record["more"] == [1]
    process.stop_cleanly()


def test_a_broker_that_is_away_is_told_in_time_and_its_questions_are_kept(own_kafka, own_kafka_rig):
    rig = own_kafka_rig
    process = start(rig, timeout="1s")
    own_kafka.kill()
    answers = Crowd(rig.port, 4, 2).join()
    for _, answer in answers:
        assert answer.status == 503 and answer.json["code"] == "timeout", answer
        assert "may still be carried out" in answer.json["message"]
        assert 0.9 < answer.seconds < 10, answer
    own_kafka.start()
    Web(rig.port).wait_open(**flight(FlightNum="last"))
    wanted = {name for name, _ in answers} | {"first", "last"}

    def all_there(messages):
        return wanted <= {json.loads(message.value())["FlightNum"] for message in messages}
    rig.topics.read_until_true(rig.requests, all_there)
    process.stop_cleanly()


def test_more_questions_than_there_is_room_for_are_refused_at_once(own_kafka, own_kafka_rig):
    rig = own_kafka_rig
    process = start(rig, timeout="60s", max_pending=3)
    own_kafka.pause()
    crowd = Crowd(rig.port, 8, 1)
    wait_until(lambda: crowd.counted().get(503, 0) == 5, 30, "not so many are refused as have no room")
    own_kafka.resume()
    answers = [answer for _, answer in crowd.join()]
    refused = [answer for answer in answers if answer.status != 200]
    assert len(refused) == 5 and len(answers) == 8, answers
    for answer in refused:
        assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (503, "overloaded", "1"), answer
    process.stop_cleanly()


def test_a_stop_under_load_answers_everyone(rig):
    fine = 0
    for turn in range(3):
        if turn == 0:
            process = start(rig)
        else:
            process = rig.run(name=f"turn{turn}")
            Web(rig.port).wait_open(**flight(FlightNum="first"))
        crowd = Crowd(rig.port, CLIENTS)
        wait_until(lambda: crowd.counted().get(200, 0) > 300, 30, "no progress")
        process.interrupt(signal.SIGTERM)
        process.expect_exit(0)
        answers = crowd.stop()
        fine += assert_kept(answers, values(rig.topics, rig.requests), once=True)
        print(f"\nturn {turn}: {crowd.counted()}")
    assert fine > 900


def test_what_was_answered_survives_a_kill(rig):
    fine = 0
    for turn in range(5):
        if turn == 0:
            process = start(rig)
        else:
            process = rig.run(name=f"turn{turn}")
            Web(rig.port).wait_open(**flight(FlightNum="first"))
        crowd = Crowd(rig.port, CLIENTS)
        wait_until(lambda: crowd.counted().get(200, 0) > 200 + 100 * turn, 30, "no progress")
        process.kill()
        answers = crowd.stop()
        fine += assert_kept(answers, values(rig.topics, rig.requests))
        print(f"\nkill {turn}: {crowd.counted()}")
    assert fine > 1000


def test_a_run_until_the_end_asks_nobody(rig):
    web.topology(rig)
    rig.topics.create(rig.requests, 1)
    begin = time.monotonic()
    rig.run("--until-end").expect_exit(0)
    assert time.monotonic() - begin < 10


def test_a_record_that_must_not_fail_stops_the_topology_and_is_told(rig):
    topology = web.topology(rig)
    topology["errors"] = {"on_error": "fail"}
    rig.topics.create(rig.requests, 1)
    process = rig.run()
    client = Web(rig.port)
    client.wait_open(**flight())
    assert client.form(**flight(DepDelay="late")).status == 400  # by the source itself: skipped
    answer = client.form(**flight(Dest="ATL"))
    assert answer.status == 503 and answer.json["code"] == "lookup-miss", answer
    process.expect_exit(1)


def test_several_threads_share_one_route(rig):
    web.topology(rig)
    rig.topics.create(rig.requests, 1)
    process = rig.run("--threads", "3")
    Web(rig.port).wait_open(**flight())
    answers = Crowd(rig.port, 4, 50).join()
    assert assert_kept(answers, values(rig.topics, rig.requests), once=True) == 200
    process.stop_cleanly()
