"""The flight-delay system beside its pipeline: the import of distances, the table that reads them, and batch
prediction, which must say what the pipeline says.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import collections
import json
import os
import pty
import re
import select
import subprocess
import time

import pymongo
import pytest

import flights
from headrace import BINARY, ROOT
from rig import Rig
from topics import Topics

FOLDER = "topologies/flight_delay"
REQUESTS = "flight_delay_classification_request"
RESPONSES = "flight_delay_classification_response"
LETTERS = "flight_delay_dead_letters"


@pytest.fixture
def mongo_world(tmp_path, mongo, headrace):
    """The database of the topologies, empty, and a config that names it."""
    with pymongo.MongoClient(mongo.uri) as client:
        client.drop_database("agile_data_science")
        rig = Rig(tmp_path, None, "127.0.0.1:1", headrace).with_mongo(mongo.uri)
        rig.database = client.agile_data_science
        yield rig
        client.drop_database("agile_data_science")


@pytest.fixture
def world(mongo_world, own_kafka):
    """The same with a broker where the topologies' topics are free; the requests of the sample are in."""
    rig = mongo_world
    rig.topics = Topics(own_kafka.bootstrap)
    rig.config["connections"]["kafka"]["bootstrap"] = own_kafka.bootstrap
    for name in (REQUESTS, RESPONSES, LETTERS):
        rig.topics.create(name, partitions=2)
    rig.topics.produce(REQUESTS, [(json.loads(line)["UUID"].encode(), line) for line in flights.lines()])
    return rig


def import_distances(rig):
    process = rig.run("--until-end", topology=f"{FOLDER}/import_distances.yaml")
    process.expect_exit(0)
    return process


def stored(rig):
    return list(rig.database.origin_dest_distances.find({}, {"_id": False}, sort=[("Origin", 1), ("Dest", 1)]))


def test_distances_are_imported_and_a_second_time_changes_nothing(mongo_world):
    rig = mongo_world
    rows = len(flights.distances())
    first = import_distances(rig)
    first.wait_line(rf"flight_delay_import ended: {rows} in, {rows} out, 0 failed, \d+\.\d s$")
    once = stored(rig)
    assert {(d["Origin"], d["Dest"]): d["Distance"] for d in once} == flights.distances()
    assert all(set(d) == {"Origin", "Dest", "Distance", "Computed"} for d in once)
    ids = {d["_id"] for d in rig.database.origin_dest_distances.find({}, {"_id": True})}

    second = import_distances(rig)
    second.wait_line(rf"flight_delay_import ended: {rows} in, {rows} out, 0 failed")
    assert stored(rig) == once
    assert {d["_id"] for d in rig.database.origin_dest_distances.find({}, {"_id": True})} == ids
    indexes = rig.database.origin_dest_distances.index_information()
    assert indexes["Origin_1_Dest_1"]["key"] == [("Origin", 1), ("Dest", 1)]
    assert indexes["Origin_1_Dest_1"]["unique"] is True
    assert set(indexes) == {"_id_", "Origin_1_Dest_1"}


def test_a_wrong_distance_is_put_right_by_the_import(mongo_world):
    import_distances(mongo_world)
    table = mongo_world.database.origin_dest_distances
    table.update_one({"Origin": "JFK", "Dest": "ATL"}, {"$set": {"Distance": 1.0, "Note": "by hand"}})
    import_distances(mongo_world)
    assert table.find_one({"Origin": "JFK", "Dest": "ATL"}, {"_id": False, "Computed": False}) == \
        {"Origin": "JFK", "Dest": "ATL", "Distance": flights.distances()["JFK", "ATL"]}


def predictions(path):
    return path.read_bytes().splitlines(keepends=True)


def batch(rig, *more, name="predictions", requests=None):
    """Runs batch.yaml; returns the paths of what it wrote. No server, so no config."""
    out, failed = rig.folder / f"{name}.jsonl", rig.folder / f"{name}.failed.jsonl"
    env = {"BATCH_PREDICTIONS": str(out), "BATCH_FAILED": str(failed)}
    if requests is not None:
        env["BATCH_REQUESTS"] = str(requests)
    process = rig.headrace("run", f"{FOLDER}/batch.yaml", "--set", "files_root=/", "--until-end", "--sinks",
                           "predictions", *more, env=env)
    process.expect_exit(0)
    return out, failed


def stream(rig, topology):
    """The sample's requests through a topology in front of Kafka, in a group of its own."""
    rig.run("--sinks", "kafka_response", "--group", topology, "--until-end",
            topology=f"{FOLDER}/{topology}").expect_exit(0, 60)
    assert not rig.topics.read(LETTERS)


def test_batch_the_stream_and_the_stream_with_a_mongo_table_predict_the_same(world):
    import_distances(world)
    stream(world, "topology.yaml")
    stream(world, "topology_mongo.yaml")
    answers = collections.defaultdict(list)
    for message in world.topics.read(RESPONSES):
        answers[message.key()].append(message.value())
    assert len(answers) == len(flights.lines())
    assert all(len(both) == 2 and both[0] == both[1] for both in answers.values())

    out, failed = batch(world)
    lines = predictions(out)
    assert [json.loads(line)["UUID"] for line in lines] == [json.loads(line)["UUID"] for line in flights.lines()]
    for line in lines:
        assert line.rstrip(b"\n") == answers[json.loads(line)["UUID"].encode()][0]
    assert failed.read_bytes() == b""
    expected = flights.answers(flights.sent(flights.lines()))
    for line in lines:
        answer = json.loads(line)
        flights.assert_right(answer, expected[answer["UUID"]])


def test_the_order_is_that_of_the_requests_with_any_number_of_threads(mongo_world):
    one = batch(mongo_world, "--threads", "1", name="one")[0].read_bytes()
    two = batch(mongo_world, "--threads", "2", name="two")[0].read_bytes()
    assert one == two
    assert one.count(b"\n") == len(flights.lines())


def test_a_second_batch_begins_its_files_anew(mongo_world):
    first = batch(mongo_world)[0].read_bytes()
    assert batch(mongo_world)[0].read_bytes() == first


def test_predictions_may_go_to_mongodb(mongo_world):
    rig = mongo_world
    for _ in range(2):  # by UUID: a second time changes nothing
        rig.run("--until-end", "--sinks", "prediction_results", topology=f"{FOLDER}/batch.yaml",
                env={"BATCH_FAILED": str(ROOT / FOLDER / "predictions.failed.jsonl")}).expect_exit(0)
        assert rig.database.prediction_results.count_documents({}) == len(flights.lines())
    expected = flights.answers(flights.sent(flights.lines()))
    for document in rig.database.prediction_results.find({}, {"_id": False}):
        flights.assert_right(document, expected[document["UUID"]])
        assert document["Route"] == expected[document["UUID"]]["Route"]


def test_what_cannot_be_predicted_is_in_a_file_of_its_own(mongo_world):
    good = flights.lines()[0]
    unknown = {**json.loads(good), "UUID": "nowhere", "Dest": "XXX"}
    requests = mongo_world.write("requests.jsonl", good + b"\nnot JSON\n" + json.dumps(unknown).encode() + b"\n")
    out, failed = batch(mongo_world, requests=requests)
    assert len(predictions(out)) == 1
    letters = [json.loads(line) for line in predictions(failed)]
    assert [letter["headrace.code"] for letter in letters] == ["decode", "lookup-miss"]
    values = [base64.b64decode(letter["value_base64"]) for letter in letters]
    assert values == [b"not JSON", json.dumps(unknown).encode()]


def on_a_terminal(command, env):
    """What the command writes on a terminal of its own."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
                               stdout=follower, stderr=follower)
    os.close(follower)
    shown, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([leader], [], [], 1)[0]:
            try:
                shown += os.read(leader, 65536)
            except OSError:  # the last writer is gone
                break
    os.close(leader)
    assert process.wait(10) == 0, shown
    return shown.decode()


def test_a_terminal_shows_how_much_is_done_and_when_it_ends(tmp_path):
    """The sample at 1000 requests a second takes 5.3 s: the line is drawn each second."""
    topology = (ROOT / FOLDER / "batch.yaml").read_text()
    old = "file: '${env:BATCH_REQUESTS:-data/requests.jsonl}'"
    assert old in topology
    topology = topology.replace(old, f"file: {{path: {ROOT / FOLDER}/data/requests.jsonl, rate: 1000}}")
    topology = topology.replace("topology.yaml, take", f"{ROOT / FOLDER}/topology.yaml, take")
    topology = topology.replace("../../schemas", f"{ROOT}/schemas")
    (tmp_path / "batch.yaml").write_text(topology)
    begin = time.monotonic()
    shown = on_a_terminal([BINARY, "run", str(tmp_path / "batch.yaml"), "--set", "files_root=/", "--until-end",
                           "--sinks", "predictions"], {})
    took = time.monotonic() - begin
    drawn = [tuple(map(int, line)) for line in re.findall(r"(\d+) %  ~(\d+) left  ETA (\d+):(\d\d)  in \d+/s", shown)]
    under_way = [line for line in drawn if 0 < line[0] < 100]
    assert under_way, shown
    percent, left, minutes, seconds = under_way[0]
    total = len(flights.lines())
    assert abs(left - total * (100 - percent) / 100) < total * 0.05
    assert 0 < 60 * minutes + seconds <= took * (100.5 - percent) / (percent - 0.5) + 2  # as it went so far
    assert f"flight_delay_batch ended: {total} in, {total} out, 0 failed" in shown
