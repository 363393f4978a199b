"""The passenger's side on real servers: clients of the Flask app that it replaces keep working, at the same routes,
topics and collection, and get the answers that the pipeline gives.

SPDX-License-Identifier: Apache-2.0
"""
import concurrent.futures
import datetime
import json
import os
import re
import subprocess
import urllib.parse
import uuid

import pymongo
import pytest

import flights
from headrace import Headrace
from rig import Rig
from services.kafka import Kafka
from services.mongo import Mongo
from services.process import wait_until
from topics import Topics
from website import ASK, FORM, LETTERS, PAGE, REQUESTS, RESPONSE, RESPONSES, create_topics, form_of, serve

COUNT = 200
SINKS = "kafka_response,mongo_response,requests"


class World:
    """A broker and a database where the topology's own names are free, pipeline and web on them."""

    def __init__(self, folder, kafka, mongo, headrace, web="web.yaml"):
        self.topics = Topics(kafka.bootstrap)
        create_topics(self.topics)
        self.rig = Rig(folder, self.topics, kafka.bootstrap, headrace).with_mongo(mongo.uri)
        self.documents = pymongo.MongoClient(mongo.uri).agile_data_science[RESPONSES]
        self.site, self.process = serve(self.rig, "topology.yaml", web, sinks=SINKS)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    kafka = Kafka(folder / "kafka").start()
    mongo = Mongo(folder / "mongo").start()
    yield folder, kafka, mongo
    kafka.remove()
    mongo.remove()


@pytest.fixture(scope="module")
def world(servers):
    folder, kafka, mongo = servers
    started = []

    def start(*arguments, name=None, env=None):
        started.append(Headrace(folder, name))
        return started[-1].run(*arguments, env=env)
    world = World(folder, kafka, mongo, start)
    yield world
    try:
        world.process.stop_cleanly()
    finally:
        for process in started:
            process.kill()


@pytest.fixture
def site(world):
    return world.site


def sample(count, start=0):
    return flights.sent(flights.lines()[start:start + count])


def in_topic(world, topic, question):
    """The messages about a question, as soon as there is one."""
    return [message for message in world.topics.read_until_true(
        topic, lambda messages: any(message.key() == question.encode() for message in messages))
        if message.key() == question.encode()]


# --- what a question becomes ---

def test_a_question_is_in_the_request_topic_once_it_is_accepted(world):
    before = sum(world.topics.end_offsets(REQUESTS).values())
    question = world.site.ask({**FORM, "FlightNum": "1547"})
    assert sum(world.topics.end_offsets(REQUESTS).values()) == before + 1
    message, = in_topic(world, REQUESTS, question)
    found = json.loads(message.value())
    asked_at = datetime.datetime.fromisoformat(found.pop("Timestamp").replace("Z", "+00:00"))
    assert abs(datetime.datetime.now(datetime.timezone.utc) - asked_at) < datetime.timedelta(minutes=1)
    assert found == {"UUID": question, "Origin": "JFK", "Dest": "SFO", "Carrier": "DL", "FlightDate": "2013-11-04",
                     "FlightNum": "1547", "DepDelay": 14, "DayOfYear": 308, "DayOfMonth": 4, "DayOfWeek": 1,
                     "Distance": 2586}
    assert uuid.UUID(question).version == 4


@pytest.mark.parametrize("date, week", [("2013-11-04", 1), ("2013-11-09", 6), ("2013-11-10", 7), ("2024-02-29", 4)])
def test_days_of_the_week_count_from_1_as_the_model_learned_them(world, date, week):
    question = world.site.ask({**FORM, "FlightDate": date})
    message, = in_topic(world, REQUESTS, question)
    assert json.loads(message.value())["DayOfWeek"] == week


def test_a_client_cannot_choose_its_id(world):
    question = world.site.ask({**FORM, "UUID": "mine", "Timestamp": "never"})
    message, = in_topic(world, REQUESTS, question)
    assert json.loads(message.value())["UUID"] == question != "mine"
    assert json.loads(message.value())["Timestamp"] != "never"


def test_a_question_may_come_as_json_too(site):
    found = site.request("POST", ASK, json.dumps({**FORM, "DepDelay": 14.5}).encode(),
                         {"Content-Type": "application/json"})
    assert found.status == 200, found.body
    assert site.poll(found.json()["id"])["Prediction"] in range(4)


# --- clients of the reference ---

def test_a_client_that_posts_the_form_and_polls_each_second_gets_its_prediction(site):
    question = site.ask(form_of(sample(1)[0]))
    prediction = site.poll(question, every_s=1, limit_s=60)
    expected = flights.answers(sample(1))[sample(1)[0]["UUID"]]
    assert prediction["UUID"] == question
    assert isinstance(prediction["Prediction"], int)
    flights.assert_right(prediction, expected)


def test_a_client_that_writes_to_the_topic_itself_finds_its_answer_in_mongo(world):
    request = {**sample(1, 7)[0], "UUID": str(uuid.uuid4())}
    world.topics.produce(REQUESTS, [{"value": json.dumps(request)}])  # the reference sends no key
    found = wait_until(lambda: world.documents.find_one({"UUID": request["UUID"]}, {"_id": False}), 60,
                       "no document of the answer")
    flights.assert_right(found, flights.answers([request])[request["UUID"]])
    assert isinstance(found["Prediction"], int)


def test_a_client_that_writes_to_the_topic_itself_can_read_the_response_topic_or_ask_the_site(world):
    request = {**sample(1, 8)[0], "UUID": str(uuid.uuid4())}
    world.topics.produce(REQUESTS, [(request["UUID"].encode(), json.dumps(request))])
    message, = in_topic(world, RESPONSES, request["UUID"])
    expected = flights.answers([request])[request["UUID"]]
    flights.assert_right(json.loads(message.value()), expected)
    flights.assert_right(world.site.poll(request["UUID"]), expected)


def test_an_id_that_nobody_asked_about_waits(site):
    assert site.response("nobody") == {"status": "WAIT", "id": "nobody"}
    assert site.response("a b%é") == {"status": "WAIT", "id": "a b%é"}


def assert_site_and_topic_agree(topics, site):
    """200 real flights through the page's route, and the same requests through the topic: the same predictions, which
    are those that onnxruntime gives."""
    requests = [{**request, "UUID": str(uuid.uuid4())} for request in sample(COUNT, 100)]
    topics.produce(REQUESTS, [(request["UUID"].encode(), json.dumps(request)) for request in requests])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda request: site.ask(form_of(request)), requests))
        by_site = list(pool.map(site.poll, asked))
        by_topic = list(pool.map(lambda request: site.poll(request["UUID"]), requests))
    expected = flights.answers(requests)
    for request, one, other in zip(requests, by_site, by_topic, strict=True):
        flights.assert_right(one, expected[request["UUID"]])
        assert (one["Prediction"], one["Probability"]) == (other["Prediction"], other["Probability"]), request
    assert len(set(asked)) == COUNT


def test_200_flights_through_the_site_and_through_the_topic_get_the_same_predictions(world):
    assert_site_and_topic_agree(world.topics, world.site)


def test_200_flights_get_the_same_predictions_on_the_embedded_broker_too(tmp_path, headrace):
    rig = Rig(tmp_path, None, "unused", headrace)
    rig.config["connections"]["kafka"] = {"type": "kafka", "embedded": True}
    site, process = serve(rig, "topology.yaml", "web.yaml", sinks="kafka_response,requests")
    bootstrap = process.wait_line(r"embedded broker listens.*bootstrap=(\S+)").group(1)
    assert_site_and_topic_agree(Topics(bootstrap), site)
    process.stop_cleanly()


def test_answers_can_come_from_mongo(servers, world, tmp_path, headrace):
    """A second web process beside the first: other group, other source of answers."""
    _, kafka, mongo = servers
    rig = Rig(tmp_path, world.topics, kafka.bootstrap, headrace).with_mongo(mongo.uri)
    site, process = serve(rig, "web_mongo.yaml", sinks="requests")
    assert_site_and_topic_agree(world.topics, site)
    assert site.response("nobody") == {"status": "WAIT", "id": "nobody"}
    process.stop_cleanly()


# --- what is refused ---

REFUSED = {
    "unknown destination": ({"Dest": "ZZZ"}, "distances"),
    "unknown origin": ({"Origin": "ZZZ"}, "distances"),
    "no route between known airports": ({"Dest": "ABE"}, "distances"),
    "a day that does not exist": ({"FlightDate": "2013-02-30"}, "date"),
    "a date of another form": ({"FlightDate": "04/11/2013"}, "date"),
    "a delay that is a word": ({"DepDelay": "late"}, "DepDelay"),
    "a delay that is no number": ({"DepDelay": "NaN"}, "DepDelay"),
    "a delay without end": ({"DepDelay": "1e999"}, "DepDelay"),
    **{f"no {name}": ({name: None}, name) for name in FORM},
    **{f"an empty {name}": ({name: ""}, name) for name in FORM},
}


@pytest.mark.parametrize("changes, named", REFUSED.values(), ids=REFUSED)
def test_a_question_that_cannot_be_answered_is_refused_with_the_reason(world, changes, named):
    before = world.topics.end_offsets(REQUESTS), world.topics.end_offsets(LETTERS)
    form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    found = world.site.post(form)
    assert 400 <= found.status < 500, (found.status, found.body)
    said = found.json()
    assert said["status"] == "ERROR" and re.fullmatch(r"[a-z-]+", said["code"]), said
    assert named in said["message"], said
    assert (world.topics.end_offsets(REQUESTS), world.topics.end_offsets(LETTERS)) == before, "something was sent"


ODD = [b"", b"&&&=", b"DepDelay", b"DepDelay=%zz", b"\xff\xfe=\x00", b"a=b&" * 5000, b"DepDelay=1&DepDelay=2",
       b"{}", b"x" * 70000, b"DepDelay=1&Carrier=%00&FlightDate=2013-11-04&Origin=JFK&Dest=SFO",
       "DepDelay=1&Carrier=\u2028&FlightDate=2013-11-04&Origin=JFK&Dest=\U0001f6eb".encode()]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "text/plain",
                                  "multipart/form-data; boundary=x"])
def test_nothing_that_is_posted_is_answered_with_500(site, body, kind):
    found = site.request("POST", ASK, body, {"Content-Type": kind})
    assert 400 <= found.status < 500, (found.status, found.body)
    assert found.json()["status"] == "ERROR"
    site.poll(site.ask(FORM))


def test_other_methods_are_refused(site):
    for method, path in [("GET", ASK), ("POST", PAGE), ("DELETE", RESPONSE + "x")]:
        assert 400 <= site.request(method, path).status < 500, (method, path)


# --- the page's files ---

def test_the_page_and_its_files_are_served(site):
    page = site.get(PAGE)
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    assert page.body == (flights.FOLDER / "web/index.html").read_bytes()
    for path in (flights.FOLDER / "web").iterdir():
        found = site.get(f"/flights/delays/page/{path.name}")
        assert found.status == 200 and found.body == path.read_bytes(), path
        assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert "'unsafe" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["../web.yaml", "%2e%2e/web.yaml", "..%2fweb.yaml", "/etc/passwd", "%00", "none.js",
                                  "a/../../web.yaml"])
def test_what_is_not_beneath_the_folder_is_not_served(site, path):
    assert site.get(f"/flights/delays/page/{path}").status in (400, 404)


# --- outages ---

@pytest.mark.timeout(180)
def test_while_the_broker_is_away_questions_are_refused_with_503_and_work_again_after_it(tmp_path, own_kafka, mongo,
                                                                                         headrace):
    world = World(tmp_path, own_kafka, mongo, headrace)
    world.site.poll(world.site.ask(FORM))
    own_kafka.kill()
    found = world.site.post(FORM)
    assert found.status == 503, (found.status, found.body)
    assert "acknowledged" in found.json()["message"]
    assert world.site.get(PAGE).status == 200
    own_kafka.start()

    def accepted():
        found = world.site.post(FORM)
        return found.json()["id"] if found.status == 200 else None
    world.site.poll(wait_until(accepted, 60, "no question is accepted after the broker is back"))
    world.process.stop_cleanly()


class Browser:
    """The page in Chromium, with a flight filled in: tests/browser/outage.js."""

    def __init__(self, site):
        if "HEADRACE_BROWSER_MODULES" not in os.environ:
            pytest.skip("HEADRACE_BROWSER_MODULES does not say where playwright-core is: ./dev test does")
        script = flights.ROOT / "tests" / "browser" / "outage.js"
        url = f"http://{site.address}{PAGE}?{urllib.parse.urlencode(FORM)}"
        self.node = subprocess.Popen([os.environ.get("NODE", "node"), script, url], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)

    def do(self, command):
        """What the page shows then: {"state", "headline", "detail", "buttons"}, and after how many "ms"."""
        self.node.stdin.write(command + "\n")
        self.node.stdin.flush()
        line = self.node.stdout.readline()
        assert line, f"the browser ended at {command!r}"
        return json.loads(line)

    def quit(self):
        self.node.communicate("quit\n", timeout=30)
        assert self.node.returncode == 0


@pytest.mark.timeout(180)
def test_a_passenger_sees_that_the_broker_is_away_and_tries_again_when_it_is_back(tmp_path, own_kafka, mongo, headrace):
    world = World(tmp_path, own_kafka, mongo, headrace)
    browser = Browser(world.site)
    first = browser.do("ask")  # a broker that is just up has yet to make the group's coordinator
    shown = [browser.do("ask") for _ in range(50)]
    assert {one["state"] for one in [first, *shown]} == {"answered"}
    times = sorted(one["ms"] for one in shown)
    print(f"ask to answer on Apache Kafka: first {first['ms']:.0f} ms, then p50 {times[25]:.0f} ms, "
          f"p95 {times[47]:.0f} ms, max {times[49]:.0f} ms")
    assert times[47] < 1000, times  # two of 50 may meet a pause of the machine
    own_kafka.kill()
    shown = browser.do("ask")
    assert shown["state"] == "failed" and "takes no questions" in shown["headline"], shown
    assert "not acknowledged" in shown["detail"] and shown["buttons"] == ["Try again"], shown
    own_kafka.start()
    wait_until(lambda: browser.do("again")["state"] == "answered", 60, "there is no answer after the broker is back")
    world.process.kill()
    shown = browser.do("ask")
    assert shown["state"] == "failed" and "cannot be reached" in shown["headline"], shown
    browser.quit()
