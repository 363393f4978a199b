"""Endpoints: what is answered over HTTP from tables in memory, from MongoDB and from files, to many at once, to
those who mean harm, and while a server is away.

SPDX-License-Identifier: Apache-2.0
"""
import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import socket
import statistics
import time

import pymongo
import pytest

from served import Served
from services.process import wait_until
from topics import Topics

ANSWER = {"type": "record", "name": "Answer", "fields": [
    {"name": "UUID", "type": "string"},
    {"name": "Prediction", "type": "int"},
    {"name": "Probability", "type": ["null", {"type": "array", "items": "double"}], "default": None},
]}
PLACE = {"type": "record", "name": "Place", "fields": [
    {"name": "n", "type": "int"}, {"name": "name", "type": "string"}]}
FOUND = {"body": {"status": '"OK"', "id": "id", "prediction": "*"}}
WAIT = {"status": 200, "body": {"status": '"WAIT"', "id": "id"}}


class Site:
    """A topology of endpoints and tables in the test's folder, served on a free port."""

    def __init__(self, folder, headrace):
        self.folder, self.headrace = folder, headrace
        self.connections = {"web": {"type": "http", "listen": "127.0.0.1:0"}}
        self.topology = {"version": 1, "topology": "site", "tables": {}, "endpoints": {}}
        self.write("answer.avsc", ANSWER)
        self.write("place.avsc", PLACE)
        self.process = self.port = None

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def table(self, name, kind, options, schema="answer.avsc", key="UUID"):
        self.topology["tables"][name] = {kind: options, "schema": schema, "key": [key]}

    def lookup(self, name, table, route="/answers/{id}", match=None, found=None, missing=None):
        options = {"connection": "web", "route": route, "table": table, "match": match or {"UUID": "id"},
                   "found": found or FOUND}
        self.topology["endpoints"][name] = {"http_lookup": {**options, **({"missing": missing} if missing else {})}}

    def files(self, name, **options):
        self.topology["endpoints"][name] = {"http_files": {"connection": "web", **options}}

    def start(self, *more, expect=True):
        self.topology = {key: value for key, value in self.topology.items() if value != {}}
        self.write("topology.yaml", self.topology)
        self.write("config.yaml", {"connections": self.connections})
        self.process = self.headrace("run", str(self.folder / "topology.yaml"), "--config",
                                     str(self.folder / "config.yaml"), *more)
        if expect:
            self.port = int(self.process.wait_line(r"http on http://127\.0\.0\.1:(\d+)/ of=web").group(1))
        return self

    def get(self, path, timeout=20):
        """(status, body); JSON where it is some."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            if answer.headers.get_content_type() == "application/json":
                body = json.loads(body)
            return answer.status, body
        finally:
            connection.close()

    def raw(self, target):
        """The status of a request whose target is sent as it is."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n"
                               % self.port)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return int(answer.split(b" ", 2)[1]), answer

    def wait(self, path, status, body=None, limit_s=20):
        """Until that is the answer."""
        def same():
            got = self.get(path)
            return got[0] == status and (body is None or got[1] == body)
        wait_until(same, limit_s, f"{path}: not {status} {body}")


@pytest.fixture
def site(tmp_path, headrace):
    return Site(tmp_path, headrace)


def answer_of(uuid, prediction=2):
    return {"UUID": uuid, "Prediction": prediction, "Probability": [0.125, 0.25, 0.5, 0.125]}


def found(uuid, prediction=2):
    return {"status": "OK", "id": uuid, "prediction": answer_of(uuid, prediction)}


def waiting(uuid):
    return {"status": "WAIT", "id": uuid}


# --- tables in memory ---


def places(site, count=100):
    site.write("places.jsonl", "".join(json.dumps({"n": n, "name": f"place {n}"}) + "\n" for n in range(count)))
    site.table("places", "file", {"path": "places.jsonl", "reload": "on-change"}, "place.avsc", "n")
    site.lookup("place", "places", "/places/{n}", {"n": "int(n)"}, {"body": {"name": "name", "twice": "n * 2"}})


def test_a_row_is_found_by_a_key_that_is_no_text(site):
    places(site)
    site.start()
    site.wait("/places/7", 200, {"name": "place 7", "twice": 14})
    assert site.get("/places/100") == (404, {"status": "ERROR", "code": "missing",
                                             "message": "there is no row with this key"})
    status, body = site.get("/places/seven")
    assert (status, body["code"]) == (400, "bad-key")
    assert body["message"].startswith("n: ")
    assert site.get("/places/99999999999999999999")[0] == 400
    assert site.get("/places/")[0] == 404
    assert site.get("/places/7/8")[0] == 404
    site.write("places.jsonl", json.dumps({"n": 7, "name": "new"}) + "\n")
    site.wait("/places/7", 200, {"name": "new", "twice": 14})
    site.process.stop_cleanly()


def test_fifty_clients_at_once_are_answered_each_with_its_own_row(site):
    places(site)
    site.start()
    site.wait("/places/0", 200)

    def ask(client):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
        for i in range(40):
            n = (client * 7 + i) % 100
            connection.request("GET", f"/places/{n}")
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())) == (200, {"name": f"place {n}", "twice": n * 2})
        connection.close()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        list(pool.map(ask, range(50)))
    site.process.stop_cleanly()


def test_a_dry_run_serves_nothing(site):
    places(site)
    site.start("--dry", "--until-end", expect=False)
    site.process.expect_exit(0)
    assert "http on" not in site.process.log()


# --- Kafka ---


def answers_from_kafka(site, topic, bootstrap, keep="10m"):
    site.connections["kafka"] = {"type": "kafka", "bootstrap": bootstrap}
    site.table("answers", "kafka", {"connection": "kafka", "topic": topic, "keep": keep})
    site.lookup("answer", "answers", missing=WAIT)
    return site


def test_an_answer_is_found_soon_after_it_was_produced(site, topics, kafka):
    topic = topics.create_new("answers", partitions=3)
    old = [{"value": json.dumps(answer_of(f"old{i}")), "timestamp": int(time.time() * 1000) - 3_600_000}
           for i in range(500)]
    topics.produce(topic, old)
    topics.produce(topic, [json.dumps(answer_of("there"))])
    answers_from_kafka(site, topic, kafka.bootstrap).start()
    site.wait("/answers/there", 200, found("there"))
    assert site.get("/answers/old7") == (200, waiting("old7"))
    assert site.get("/answers/%C3%A9%20%22") == (200, waiting('é "'))
    took_ms = []
    for i in range(20):
        assert site.get(f"/answers/u{i}") == (200, waiting(f"u{i}"))
        topics.produce(topic, [{"key": f"u{i}", "value": json.dumps(answer_of(f"u{i}", i % 4))}])
        produced = time.monotonic()
        site.wait(f"/answers/u{i}", 200, found(f"u{i}", i % 4))
        took_ms.append((time.monotonic() - produced) * 1000)
    print(f"acknowledged to found: median {statistics.median(took_ms):.0f} ms, at most {max(took_ms):.0f} ms")
    assert statistics.median(took_ms) < 100
    site.process.stop_cleanly()


def test_answers_go_when_they_are_too_old(site, topics, kafka):
    topic = topics.create_new("answers")
    topics.produce(topic, [{"value": json.dumps(answer_of("late")), "timestamp": int(time.time() * 1000) + 60_000}])
    answers_from_kafka(site, topic, kafka.bootstrap, "2s").start()
    site.wait("/answers/late", 200, found("late"))

    def shown():
        """Produces it anew each second: on a busy machine its two may be over before anybody looks."""
        topics.produce(topic, [json.dumps(answer_of("soon"))])
        with contextlib.suppress(TimeoutError):
            site.wait("/answers/soon", 200, found("soon"), limit_s=1)
            return True
        return False
    wait_until(shown, 30, "it is never there")
    site.wait("/answers/soon", 200, waiting("soon"))
    assert site.get("/answers/late") == (200, found("late"))
    later = {"value": json.dumps(answer_of("next")), "timestamp": int(time.time() * 1000) + 60_000}
    topics.produce(topic, [b"no JSON", {"key": b"k", "value": None}, later])
    site.wait("/answers/next", 200, found("next"))
    site.process.stop_cleanly()


def test_a_broker_may_go_and_come_back(site, own_kafka):
    topics = Topics(own_kafka.bootstrap)
    topic = topics.create_new("answers")
    topics.produce(topic, [json.dumps(answer_of("before"))])
    answers_from_kafka(site, topic, own_kafka.bootstrap).start()
    site.wait("/answers/before", 200, found("before"))
    own_kafka.stop()
    time.sleep(0.5)
    assert site.get("/answers/before") == (200, found("before"))
    assert site.get("/answers/after") == (200, waiting("after"))
    own_kafka.start()
    Topics(own_kafka.bootstrap).produce(topic, [json.dumps(answer_of("after"))])
    site.wait("/answers/after", 200, found("after"), limit_s=60)
    assert site.get("/answers/before") == (200, found("before"))
    site.process.stop_cleanly()


def test_before_its_table_is_loaded_an_endpoint_says_so(site, own_kafka):
    topic = Topics(own_kafka.bootstrap).create_new("answers")
    own_kafka.stop()
    answers_from_kafka(site, topic, own_kafka.bootstrap).start()
    status, body = site.get("/answers/x")
    assert (status, body["code"]) == (503, "not-ready")
    own_kafka.start()
    site.wait("/answers/x", 200, waiting("x"), limit_s=60)
    site.process.stop_cleanly()


# --- MongoDB, on demand ---


def answers_from_mongo(site, uri, database):
    site.connections["mongo"] = {"type": "mongo", "uri": uri}
    site.table("answers", "mongo", {"connection": "mongo", "database": database, "collection": "answers",
                                    "load": "on_demand"})
    site.lookup("answer", "answers", missing=WAIT)
    return site


def test_documents_are_looked_up_where_they_are(site, mongo, database):
    database.answers.create_index("UUID", unique=True)
    answers_from_mongo(site, mongo.uri, database.name).start()
    site.process.wait_line("table answers is looked up on demand")
    site.wait("/answers/a", 200, waiting("a"))  # its route is there a moment later
    database.answers.insert_one({**answer_of("a", 3), "Carrier": "AA"})
    assert site.get("/answers/a") == (200, found("a", 3))
    database.answers.update_one({"UUID": "a"}, {"$set": {"Prediction": 1}})
    assert site.get("/answers/a") == (200, found("a", 1))
    database.answers.delete_one({"UUID": "a"})
    assert site.get("/answers/a") == (200, waiting("a"))
    for hostile in ("%7B%22%24ne%22%3Anull%7D", "%24where", "a%27%3Breturn%20true"):
        assert site.get(f"/answers/{hostile}")[1]["status"] == "WAIT"
    database.answers.insert_one({"UUID": "odd", "Prediction": "three"})
    status, body = site.get("/answers/odd")
    assert (status, body["code"]) == (500, "bad-row")
    assert "has no index" not in site.process.log()
    site.process.stop_cleanly()


def test_many_ask_mongodb_at_once(site, mongo, database):
    database.answers.insert_many([answer_of(f"u{i}", i % 4) for i in range(0, 200, 2)])
    answers_from_mongo(site, mongo.uri, database.name).start()
    site.process.wait_line("has no index that begins with a field of the key")
    site.wait("/answers/u0", 200, found("u0", 0))

    def ask(client):
        for i in range(20):
            n = (client * 3 + i) % 200
            expected = found(f"u{n}", n % 4) if n % 2 == 0 else waiting(f"u{n}")
            assert site.get(f"/answers/u{n}") == (200, expected)
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        list(pool.map(ask, range(50)))
    site.process.stop_cleanly()


def test_a_lost_mongodb_is_told_soon_and_found_again(site, own_mongo):
    with pymongo.MongoClient(own_mongo.uri) as client:
        client.site.answers.insert_one(answer_of("a"))
    answers_from_mongo(site, own_mongo.uri, "site").start()
    site.wait("/answers/a", 200, found("a"))
    own_mongo.stop()
    for _ in range(3):
        start = time.monotonic()
        status, body = site.get("/answers/a")
        assert (status, body["code"]) == (503, "unavailable")
        assert body["message"] == "the table 'answers' cannot be asked just now"
        assert time.monotonic() - start < 10
    own_mongo.start()
    site.wait("/answers/a", 200, found("a"), limit_s=30)
    own_mongo.pause()
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        statuses = [status for status, _ in pool.map(site.get, ["/answers/a"] * 20)]
    assert statuses == [503] * 20
    assert time.monotonic() - start < 15  # one after the other it would take 40
    own_mongo.resume()
    site.wait("/answers/a", 200, found("a"), limit_s=30)
    site.process.stop_cleanly()


def test_requests_that_wait_for_mongodb_are_answered_when_the_process_stops(site, own_mongo):
    answers_from_mongo(site, own_mongo.uri, "site").start("--http", "127.0.0.1:0")
    served = Served(site.process)

    def requests():
        return served.topology()["by_name"]["answer"]["in"]
    site.wait("/answers/a", 200, waiting("a"))
    before = requests()
    own_mongo.pause()
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(site.get, "/answers/a") for _ in range(10)]
        wait_until(lambda: requests() == before + 10, 30, "not all of them have asked")
        site.process.interrupt()
        assert [one.result()[0] for one in asked] == [503] * 10
    site.process.expect_exit(0)


# --- files ---


def test_files_are_served_as_they_are_on_disk_and_nothing_beside_them(site, tmp_path):
    site.write("web/index.html", "<p>index</p>")
    site.write("web/css/page.css", "p {}")
    site.write("web/.secret", "no")
    site.write("secret.txt", "no")
    os.symlink("../secret.txt", tmp_path / "web" / "link.txt")
    os.symlink("..", tmp_path / "web" / "up")
    os.symlink("index.html", tmp_path / "web" / "inside.html")
    site.files("page", route="/page", file="web/index.html")
    site.files("assets", route="/assets/*", folder="web")
    site.start()
    site.wait("/page", 200, b"<p>index</p>")
    site.wait("/nothing", 404)  # 503 until all routes are there
    assert site.get("/assets/css/page.css") == (200, b"p {}")
    assert site.get("/assets/") == (200, b"<p>index</p>")
    site.write("web/css/page.css", "p { color: red }")
    assert site.get("/assets/css/page.css") == (200, b"p { color: red }")
    for refused in ("link.txt", "up/secret.txt", "inside.html", ".secret", "nothing", "css", "web/index.html"):
        status, body = site.get(f"/assets/{refused}")
        assert status in (404, 308) and b"no" != body, refused
    hostile = [b"/assets/../secret.txt", b"/assets/%2e%2e/secret.txt", b"/assets/..%2fsecret.txt",
               b"/assets/..%5csecret.txt", b"/assets/css/../../secret.txt", b"/assets/%00", b"/assets/index.html%00",
               b"/assets//etc/passwd", b"/assets/%2fetc%2fpasswd", b"/assets/%ff", b"/assets/" + b"a" * 5000,
               b"/assets/" + b"a/" * 2000, b"/assets/%", b"/assets/%zz", b"/assets/./.secret", b"/assets/%2e%2e%2f",
               b"/page/..", b"/page%2f..%2f..", b"*", b"http://other/assets/index.html"]
    for target in hostile:
        status, answer = site.raw(target)
        assert 400 <= status < 500 and not answer.endswith(b"no"), target
    assert site.get("/page") == (200, b"<p>index</p>")
    site.process.stop_cleanly()


def test_endpoints_are_counted(site):
    places(site)
    site.files("page", route="/page", file="places.jsonl")
    site.write("topology.yaml", {})
    site.connections["web"]["listen"] = "127.0.0.1:0"
    site.topology = {key: value for key, value in site.topology.items() if value != {}}
    site.start("--set", "http.listen=127.0.0.1:0")
    own = int(site.process.wait_line(r"http on http://127\.0\.0\.1:(\d+)/ of=headrace").group(1))
    site.wait("/places/0", 200)
    for path in ("/places/1", "/places/no", "/places/1000", "/page", "/page"):
        site.get(path)
    connection = http.client.HTTPConnection("127.0.0.1", own, timeout=20)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()

    def value(name, **labels):
        shown = ",".join(f'{key}="{label}"' for key, label in {"topology": "site", **labels}.items())
        return float(re.search(rf"^headrace_{name}{{{re.escape(shown)}}} (\S+)$", text, re.MULTILINE).group(1))
    assert value("endpoint_lookups_total", node="place", outcome="missing") == 1
    assert value("endpoint_lookups_total", node="place", outcome="found") >= 2
    assert value("endpoint_answers_total", node="place", status="4xx") == 2
    assert value("endpoint_answers_total", node="page", status="2xx") == 2
    assert value("endpoint_latency_seconds_count", node="page") == 2
    site.process.stop_cleanly()
