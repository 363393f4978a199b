"""The flight-delay topology, as it lies in the tree, on real servers: what a passenger's request becomes.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import json
import subprocess

import pymongo
import pytest

import flights
from headrace import BINARY, ROOT
from rig import Rig, headers
from services.process import wait_until
from topics import Topics

REQUESTS = "flight_delay_classification_request"
RESPONSES = "flight_delay_classification_response"
TOPOLOGY = "topologies/flight_delay/topology.yaml"
COUNT = 400


@pytest.fixture
def world(tmp_path, own_kafka, mongo, headrace):
    """A broker and a database where the topology's own names are free."""
    topics = Topics(own_kafka.bootstrap)
    for name in (REQUESTS, RESPONSES, "flight_delay_dead_letters"):
        topics.create(name, partitions=2)
    rig = Rig(tmp_path, topics, own_kafka.bootstrap, headrace).with_mongo(mongo.uri)
    with pymongo.MongoClient(mongo.uri) as client:
        rig.documents = client.agile_data_science[RESPONSES]
        rig.documents.drop()
        yield rig
        client.drop_database("agile_data_science")


def send(topics, topic, lines):
    topics.produce(topic, [(json.loads(line)["UUID"].encode(), line) for line in lines])


def check_responses(messages, expected):
    assert len(messages) == len(expected)
    for message in messages:
        found = json.loads(message.value())
        assert list(found) == ["UUID", "Prediction", "Probability"]
        assert message.key() == found["UUID"].encode()
        flights.assert_right(found, expected[found["UUID"]])
    assert {json.loads(message.value())["UUID"] for message in messages} == set(expected)


def check_documents(documents, expected):
    found = list(documents.find({}, {"_id": False}))
    assert len(found) == len(expected)
    for document in found:
        wanted = expected[document["UUID"]]
        flights.assert_right(document, wanted)
        same = {name: value for name, value in document.items() if name not in ("Prediction", "Probability")}
        assert same == {name: value for name, value in wanted.items() if name not in ("Prediction", "Probability")}
        assert isinstance(document["DayOfWeek"], int) and isinstance(document["Distance"], float)


def test_each_sink_alone_and_both_together_give_the_models_answers(world):
    lines = flights.lines()[:COUNT]
    expected = flights.answers(flights.sent(lines))
    send(world.topics, REQUESTS, lines)

    world.run("--sinks", "mongo_response", topology=TOPOLOGY).wait_line("group=flight_delay.mongo_response")
    wait_until(lambda: world.documents.count_documents({}) == COUNT, 60, "documents are missing")
    check_documents(world.documents, expected)
    assert not world.topics.read(RESPONSES)
    world.topics.wait_all_committed("flight_delay.mongo_response", REQUESTS)
    assert "UUID_1" in world.documents.index_information()

    alone = world.run("--sinks", "kafka_response", topology=TOPOLOGY)
    alone.wait_line("group=flight_delay.kafka_response")
    check_responses(world.topics.read_until(RESPONSES, COUNT), expected)
    alone.stop_cleanly()

    world.documents.drop()
    both = world.run("--sinks", "kafka_response,mongo_response", topology=TOPOLOGY)
    both.wait_line("group=flight_delay( |$)")
    twice = world.topics.read_until(RESPONSES, 2 * COUNT)
    assert set(collections.Counter(message.key() for message in twice).values()) == {2}
    check_responses(list({message.key(): message for message in twice}.values()), expected)
    wait_until(lambda: world.documents.count_documents({}) == COUNT, 60, "documents are missing")
    check_documents(world.documents, expected)
    world.topics.wait_all_committed("flight_delay", REQUESTS)
    assert not world.topics.read("flight_delay_dead_letters")
    both.stop_cleanly()


def test_a_day_of_the_week_counted_from_0_is_corrected(mongo_rig):
    """The reference application's second defect: its page sends 0..6, its model was trained on 1..7."""
    mongo_rig.create_topics()
    topology = mongo_rig.flights()
    sundays = [line for line in flights.lines() if json.loads(line)["DayOfWeek"] == 6][:20]
    mondays = [line for line in flights.lines() if json.loads(line)["DayOfWeek"] == 0][:20]
    send(mongo_rig.topics, mongo_rig.requests, sundays + mondays)
    mongo_rig.run(topology=topology)
    documents = mongo_rig.documents.database[mongo_rig.answers]
    wait_until(lambda: documents.count_documents({}) == 40, 60, "documents are missing")
    expected = flights.answers(flights.sent(sundays + mondays))
    check_documents(documents, expected)
    assert documents.count_documents({"DayOfWeek": 7}) == 20
    assert documents.count_documents({"DayOfWeek": 1}) == 20


def test_what_a_client_says_about_derived_fields_does_not_count(mongo_rig):
    mongo_rig.create_topics()
    topology = mongo_rig.flights()
    request = json.loads(flights.lines()[0])
    lie = {**request, "DayOfWeek": 0, "DayOfYear": 1, "DayOfMonth": 31, "Distance": 1.5, "Gate": {"no": [1, 2]}}
    mongo_rig.topics.produce(mongo_rig.requests, [json.dumps(lie)])
    mongo_rig.run(topology=topology)
    found = json.loads(mongo_rig.answered(1)[0])
    wanted = flights.answers([request])[request["UUID"]]
    flights.assert_right(found, wanted)
    documents = mongo_rig.documents.database[mongo_rig.answers]
    document = wait_until(documents.find_one, 30, "no document")
    assert {name: document[name] for name in ("DayOfWeek", "DayOfYear", "DayOfMonth", "Distance")} == \
        {name: wanted[name] for name in ("DayOfWeek", "DayOfYear", "DayOfMonth", "Distance")}
    assert document["Gate"] == {"no": [1, 2]}


@pytest.mark.parametrize("field", ["Route", "Distance"])
def test_a_model_input_that_nothing_feeds_is_refused(rig, field):
    """The reference application's first defect: strings were indexed under names that the model did not read,
    and it was fed NaN. Here the check says so, with the place."""
    if field == "Route":
        changes = {"      Route: 'Origin + \"-\" + Dest'\n": ""}
    else:
        changes = {"from: distance\n    predict": "from: features\n    predict"}
    path = rig.flights(changes)
    if field == "Distance":  # the request may carry one: take that away too
        schema = json.loads((rig.folder / "schemas" / "flight_delay_request.avsc").read_text())
        schema["fields"] = [f for f in schema["fields"] if f["name"] != "Distance"]
        rig.write("schemas/flight_delay_request.avsc", schema)
    checked = subprocess.run([BINARY, "check", str(path)], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert f"'{field}'" in checked.stdout + checked.stderr
    assert f"{path}:" in checked.stdout + checked.stderr


FILE_TABLE = "file: {path: data/origin_dest_distances.jsonl, reload: on-change}"


def ask(rig, uuid, origin, dest):
    request = {**json.loads(flights.lines()[0]), "UUID": uuid, "Origin": origin, "Dest": dest}
    rig.topics.produce(rig.requests, [json.dumps(request)])


def distance_of(rig, uuid, limit_s=30):
    """The distance in the document of a request, None if it became a dead letter."""
    documents = rig.documents.database[rig.answers]

    def found():
        document = documents.find_one({"UUID": uuid})
        if document is not None:
            return (document["Distance"],)
        letters = [json.loads(letter.value())["UUID"] for letter in rig.dead()]
        return (None,) if uuid in letters else None
    return wait_until(found, limit_s, f"no answer to {uuid}")[0]


def wait_distance(rig, origin, dest, wanted):
    """Asks again and again until that is the distance: each change of a table is seen on its own."""
    attempts = iter(range(1000))

    def right():
        name = f"{origin}{next(attempts)}"
        ask(rig, name, origin, dest)
        return distance_of(rig, name) == wanted
    wait_until(right, 30, f"{origin}-{dest} does not become {wanted}")


def test_distances_may_come_from_a_mongo_collection(mongo_rig):
    rig = mongo_rig
    rig.create_topics()
    table = rig.documents.database.distances
    table.insert_many([{"Origin": o, "Dest": d, "Distance": m} for (o, d), m in flights.distances().items()])
    topology = rig.flights({FILE_TABLE: f"mongo: {{connection: mongo, database: {rig.database}, "
                                        "collection: distances, refresh: 300ms}"})
    lines = flights.lines()[:100]
    send(rig.topics, rig.requests, lines)
    rig.run(topology=topology)
    check_responses([m for m in rig.topics.read_until(rig.answers, 100)], flights.answers(flights.sent(lines)))

    table.insert_one({"Origin": "AAA", "Dest": "BBB", "Distance": 7.5})
    table.update_one({"Origin": "EWR", "Dest": "CLT"}, {"$set": {"Distance": 8.5}})
    table.delete_one({"Origin": "JFK", "Dest": "SJU"})
    wait_distance(rig, "AAA", "BBB", 7.5)
    wait_distance(rig, "EWR", "CLT", 8.5)
    wait_distance(rig, "JFK", "SJU", None)


def test_distances_may_come_from_a_compacted_topic(mongo_rig):
    rig = mongo_rig
    rig.create_topics()
    table = rig.topics.create_new("distances", partitions=2, config={
        "cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"})

    def put(origin, dest, distance):
        value = None if distance is None else json.dumps({"Origin": origin, "Dest": dest, "Distance": distance})
        rig.topics.produce(table, [{"key": f"{origin}-{dest}", "value": value}])
    rig.topics.produce(table, [(f"{o}-{d}", json.dumps({"Origin": o, "Dest": d, "Distance": m}))
                               for (o, d), m in flights.distances().items()])
    put("JFK", "SJU", None)  # before the start: the row is gone when the first request comes
    topology = rig.flights({FILE_TABLE: f"kafka: {{connection: kafka, topic: {table}}}"})
    lines = [line for line in flights.lines() if b'"SJU"' not in line][:100]
    send(rig.topics, rig.requests, lines)
    ask(rig, "gone", "JFK", "SJU")
    rig.run(topology=topology)
    check_responses(rig.topics.read_until(rig.answers, 100), flights.answers(flights.sent(lines)))
    assert distance_of(rig, "gone") is None

    put("AAA", "BBB", 7.5)
    put("EWR", "CLT", 8.5)
    put("LGA", "MSP", None)
    wait_distance(rig, "AAA", "BBB", 7.5)
    wait_distance(rig, "EWR", "CLT", 8.5)
    wait_distance(rig, "LGA", "MSP", None)
    letter = next(m for m in rig.dead() if json.loads(m.value())["UUID"].startswith("LGA"))
    assert headers(letter)["headrace.step"] == "distance"
