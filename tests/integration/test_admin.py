"""The process's own HTTP server: metrics, health, readiness, topology, tables.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import re
import subprocess
import threading

import pymongo
import pytest

import flights
from headrace import BINARY, ROOT
from served import Served, check_shape
from services import promtool
from services.process import free_port, wait_until
from topics import Topics

TOPOLOGY = "topologies/flight_delay/topology.yaml"
REQUESTS = "flight_delay_classification_request"
GOOD, BROKEN, UNKNOWN = 600, 7, 4


def documented():
    """{name: labels} of docs/METRICS.md."""
    rows = re.findall(r"^\| `(\w+)` \| \w+ \| [^|]* \| ([^|]*) \|", (ROOT / "docs/METRICS.md").read_text(), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def requests():
    lines = flights.lines()
    good = [lines[i % len(lines)] for i in range(GOOD)]
    unknown = [json.dumps({**json.loads(lines[i]), "Dest": "ZZZ"}) for i in range(UNKNOWN)]
    return [*good, *[b"{broken"] * BROKEN, *unknown]


@pytest.fixture
def embedded(headrace):
    """The flight-delay topology on a broker in its process; with what it has done: (process, server)."""
    process = headrace("run", TOPOLOGY, "--config", "config/embedded.yaml", "--sinks", "kafka_response",
                       "--http", "127.0.0.1:0", "--set", "commit_interval=100ms")
    served = Served(process)
    bootstrap = process.wait_line(r"embedded broker listens .*bootstrap=(\S+)")[1]
    served.wait_ready()
    Topics(bootstrap).produce(REQUESTS, requests())
    return process, served


def all_done(topology):
    total = GOOD + BROKEN + UNKNOWN
    return topology["counters"]["records_done"] == total and \
        sum(part["committed"] for part in topology["partitions"] if part["committed"] > 0) == total and \
        all(part["lag"] == 0 for part in topology["partitions"])


def test_the_numbers_of_metrics_and_topology_are_those_of_what_was_sent(embedded):
    process, served = embedded
    topology = served.wait_topology(all_done, "not everything is done and committed")
    metrics = served.metrics()
    total, letters = GOOD + BROKEN + UNKNOWN, BROKEN + UNKNOWN
    wanted = {  # in, out, dropped, failed
        "requests": (total, total - BROKEN, 0, BROKEN),
        "features": (total - BROKEN, total - BROKEN, 0, 0),
        "distance": (total - BROKEN, GOOD, 0, UNKNOWN),
        "classify": (GOOD, GOOD, 0, 0),
        "kafka_response": (GOOD, GOOD, 0, 0),
        "dead_letters": (letters, letters, 0, 0),
    }
    for name, numbers in wanted.items():
        node = topology["by_name"][name]
        assert tuple(node[key] for key in ("in", "out", "dropped", "failed")) == numbers, name
        assert tuple(metrics.value(f"headrace_node_records_{key}_total", node=name)
                     for key in ("in", "out", "dropped", "failed")) == numbers, name
        assert node["processing_ns"] > 0 or name == "dead_letters", name
        assert metrics.value("headrace_node_processing_seconds_total", node=name) * 1e9 >= node["processing_ns"] * 0.999
    sent = sum(len(line) for line in requests())
    assert topology["by_name"]["requests"]["bytes"] == sent
    assert metrics.value("headrace_node_bytes_total", node="requests") == sent
    assert topology["by_name"]["kafka_response"]["bytes"] > GOOD * 50

    assert metrics.value("headrace_records_done_total") == total
    assert metrics.value("headrace_dead_letters_total") == topology["counters"]["dead_letters"] == letters
    by_kind = {(one["node"], one["code"], one["action"]): one["count"] for one in topology["failures"]}
    assert by_kind == {("requests", "decode", "dead_letter"): BROKEN, ("distance", "lookup-miss", "dead_letter"): UNKNOWN}
    assert metrics.value("headrace_failures_total") == letters
    assert metrics.value("headrace_failures_total", node="distance", code="lookup-miss", action="dead_letter") == UNKNOWN
    assert metrics.value("headrace_skipped_total") == metrics.value("headrace_rewinds_total") == 0
    assert metrics.value("headrace_lag_records") == metrics.value("headrace_partition_lag_records") == 0
    for name in ("committed", "position", "end"):
        assert metrics.value(f"headrace_partition_{name}_offset") == total
    assert metrics.value("headrace_commits_total") >= 1
    assert 1 <= metrics.value("headrace_batches_total") <= total
    assert metrics.value("headrace_rebalances_total") == topology["counters"]["rebalances"] == 0
    assert metrics.value("headrace_sink_errors_total") == 0
    assert metrics.value("headrace_topology_state", state="running") == metrics.value("headrace_topology_state") == 1
    for node in ("requests", "distances", "kafka_response", "dead_letters"):
        assert metrics.value("headrace_node_ready", node=node) == 1, node
    process.stop_cleanly()


def test_dead_letters_are_told_with_place_and_reason_but_without_payload(embedded):
    _, served = embedded
    topology = served.wait_topology(all_done, "not everything is done and committed")
    letters = topology["dead_letters"]
    assert 0 < len(letters) <= BROKEN + UNKNOWN
    assert {(letter["node"], letter["code"]) for letter in letters} >= {("distance", "lookup-miss")}
    assert all(letter["topic"] == REQUESTS for letter in letters)
    assert len({(letter["partition"], letter["offset"]) for letter in letters}) == len(letters)
    assert "ZZZ" not in json.dumps(letters) and "broken" not in json.dumps(letters)


def test_histograms_hold_every_record(embedded):
    _, served = embedded
    topology = served.wait_topology(all_done, "not everything is done and committed")
    metrics = served.metrics()
    total = GOOD + BROKEN + UNKNOWN
    for name, count, labels in (("headrace_acknowledge_latency_seconds", total, {}),
                                ("headrace_end_to_end_latency_seconds", total, {}),
                                ("headrace_sink_latency_seconds", GOOD, {"node": "kafka_response"})):
        buckets = sorted((float(dict(key)["le"]), value) for key, value in metrics.values(f"{name}_bucket", **labels).items())
        counts = [value for _, value in buckets]
        assert counts == sorted(counts), name
        assert buckets[0][0] == 0.0001 and buckets[-2][0] > 60 and buckets[-1][0] == float("inf"), name
        assert counts[-1] == metrics.value(f"{name}_count", **labels) == count, name
        assert 0 < metrics.value(f"{name}_sum", **labels) < count * 60, name
    for name, count in (("latency_us", total), ("end_to_end_us", total)):
        latency = topology[name]
        assert latency["count"] == count
        assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["p999"] <= latency["max"]
    assert 0 < topology["latency_recent_us"]["count"] <= total


def test_promtool_has_no_complaint_and_all_that_is_documented_is_there_and_no_more(embedded):
    _, served = embedded
    served.wait_topology(all_done, "not everything is done and committed")
    metrics = served.metrics()
    assert promtool.complaints(metrics.text) == ""
    known = documented()
    assert metrics.names == set(known), metrics.names ^ set(known)
    assert metrics.with_values() == {name for name in known if "_endpoint_" not in name}
    for family in metrics.families.values():
        for sample in family.samples:
            labels = set(sample.labels) - ({"le"} if sample.name.endswith("_bucket") else set())
            name = f"{family.name}_total" if family.type == "counter" else family.name
            assert labels == known[name], sample


def test_endpoints_have_their_metrics_and_no_complaint_either(headrace):
    process = headrace("run", "topologies/flight_delay/web.yaml", "--config", "config/embedded.yaml",
                       "--http", "127.0.0.1:0", "--set", "connections.web.listen='127.0.0.1:0'")
    served = Served(process)
    served.wait_ready()
    web = process.wait_line(r"http on http://(\S+?)/ of=web")[1]
    asker = http.client.HTTPConnection(web, timeout=10)
    asker.request("GET", "/flights/delays/predict/classify_realtime/response/nobody")
    assert json.loads(asker.getresponse().read()) == {"status": "WAIT", "id": "nobody"}
    asker.close()
    metrics = served.metrics()
    assert promtool.complaints(metrics.text) == ""
    known = documented()
    endpoints = {name for name in known if "_endpoint_" in name}
    assert metrics.names == set(known) and endpoints <= metrics.with_values()
    assert metrics.value("headrace_endpoint_answers_total", node="answer") == 1
    assert served.topology()["by_name"]["answer"]["kind"] == "endpoint"


def test_the_model_in_use_and_what_it_had_not_seen_are_told(embedded):
    process, served = embedded
    line = json.dumps({**json.loads(flights.lines()[0]), "Carrier": "??"})
    Topics(process.wait_line(r"bootstrap=(\S+)")[1]).produce(REQUESTS, [line] * 3)
    wait_until(lambda: served.metrics().value("headrace_predict_unseen_total", input="Carrier") == 3, 20, "not 3 unseen")
    metrics = served.metrics()
    assert metrics.value("headrace_predict_unseen_total") == 3
    info, = metrics.values("headrace_model_info")
    assert dict(info)["model"] == "flight_delay" and re.fullmatch("[0-9a-f]{12}", dict(info)["version"])
    assert metrics.value("headrace_model_info") == 1


def test_rows_of_a_table_are_answered_by_key(embedded):
    _, served = embedded
    answer = served.get("/tables/distances/ATL/JFK")
    assert answer.status == 200
    row = answer.json()
    assert (row["Origin"], row["Dest"]) == ("ATL", "JFK")
    assert row["Distance"] == flights.distances()["ATL", "JFK"]
    assert served.get("/tables/distances/ATL/JFK?topology=flight_delay").json() == row
    assert served.get("/tables/distances/ATL/ZZZ").error() == (404, "row-unknown")
    assert served.get("/tables/distances/ATL%2FJFK").error() == (400, "key")
    assert served.get("/tables/distances/ATL/JFK/x").error() == (400, "key")
    assert served.get("/tables/nowhere/ATL/JFK").error() == (404, "table-unknown")
    assert served.get("/tables/distances/ATL/JFK?topology=other").error() == (404, "table-unknown")
    assert served.get("/tables/distances/A%00").status == 400


def test_rows_of_a_table_that_is_not_held_are_asked_for(rig, own_mongo):
    rig.with_mongo(own_mongo.uri)
    rig.config["connections"]["web"] = {"type": "http", "listen": "127.0.0.1:0"}
    rig.write("person.avsc", {"type": "record", "name": "Person", "fields": [
        {"name": "n", "type": "long"}, {"name": "name", "type": ["null", "string"], "default": None}]})
    rig.topology = {
        "version": 1, "topology": rig.name,
        "tables": {"people": {"mongo": {"connection": "mongo", "database": rig.database, "collection": "people",
                                        "load": "on_demand"}, "schema": "person.avsc", "key": ["n"]}},
        "endpoints": {"person": {"http_lookup": {"connection": "web", "route": "/people/{id}", "table": "people",
                                                 "match": {"n": "int(id)"}, "found": {"body": {"name": "name"}}}}},
    }
    with pymongo.MongoClient(own_mongo.uri) as client:
        client[rig.database].people.insert_many([{"n": 1, "name": "Ada", "born": 1815}, {"n": 2, "name": 3}])
    process = rig.run("--http", "127.0.0.1:0")
    served = Served(process)
    served.wait_ready()
    answer = served.get("/tables/people/1")
    assert (answer.status, answer.json()) == (200, {"n": 1, "name": "Ada"})
    assert served.get("/tables/people/9").error() == (404, "row-unknown")
    assert served.get("/tables/people/2").error() == (500, "bad-row")
    assert served.get("/tables/people/x").error() == (400, "key")
    own_mongo.stop()
    assert served.get("/tables/people/1").error() == (503, "unavailable")
    process.stop_cleanly()


def test_memory_is_told_by_budget(embedded):
    _, served = embedded
    served.wait_topology(all_done, "not everything is done and committed")

    def told():
        """What both say, once both have it from after the work: it is published four times a second."""
        memory = {one["budget"]: one for one in served.topology()["memory"]}
        metrics = served.metrics()
        limits = {budget: metrics.value("headrace_memory_limit_bytes", budget=budget) for budget in memory}
        same = limits == {budget: one["limit"] for budget, one in memory.items()}
        return memory if same and memory["prefetch"]["limit"] > 0 else None

    memory = wait_until(told, 30, "/topology and /metrics differ about memory, or say nothing")
    assert {"prefetch", "produce_queue", "batches", "tables"} <= set(memory)
    assert all(0 <= one["bytes"] for one in memory.values())
    assert memory["tables"]["bytes"] > 100_000


def test_health_and_the_page_are_there_and_methods_are_kept_to(embedded):
    _, served = embedded
    health = served.get("/healthz")
    assert (health.status, health.json()) == (200, {"status": "ok", "stuck": []})
    page = served.get("/")
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert served.get("/nothing/here").error()[0] == 404
    for path in ("/metrics", "/topology", "/healthz", "/readyz", "/tables/distances/ATL/JFK", "/"):
        assert served.get(path, method="POST").status == 405, path
        assert served.get(path, method="HEAD").body == b"", path


ROUTES = ("/metrics", "/topology", "/healthz", "/readyz", "/tables/distances/ATL/JFK", "/tap/classify?wait_ms=1", "/")


def test_every_route_wants_the_token(headrace):
    process = headrace("run", TOPOLOGY, "--config", "config/embedded.yaml", "--sinks", "kafka_response",
                       "--http", "127.0.0.1:0", "--set", "http.token='${env:ADMIN_TOKEN}'",
                       env={"ADMIN_TOKEN": "a-token-of-the-test-that-is-long"})
    served = Served(process, token="a-token-of-the-test-that-is-long")
    served.wait_ready()
    stranger, guesser = Served(process), Served(process, token="a-token-of-the-test-that-is-lonG")
    for path in ROUTES:
        assert served.get(path).status == 200, path
        assert stranger.get(path).status == 401, path
        assert guesser.get(path).status == 401, path
    everything = served.get("/topology").text + served.get("/metrics").text + process.log()
    assert "a-token-of-the-test-that-is-long" not in everything


def test_no_route_answers_under_another_name_or_to_another_site(embedded):
    _, served = embedded
    for path in ROUTES:
        assert served.get(path, headers={"Host": "evil.example:80"}).status == 421, path
        assert served.get(path, headers={"Origin": "http://evil.example"}).status == 403, path


def test_readiness_waits_for_the_broker_and_tells_when_it_goes_away(own_kafka_rig, own_kafka):
    rig = own_kafka_rig
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    own_kafka.kill()
    process = rig.run(config={"http": {"listen": "127.0.0.1:0"}})
    served = Served(process)
    waiting = served.wait_ready(503)
    wait_until(lambda: any("requests" in one["for"] for one in served.wait_ready(503)["waiting_for"]), 30,
               f"the source is not named: {waiting}")
    assert served.get("/healthz").status == 200
    own_kafka.start()
    served.wait_ready(200, limit_s=60)
    own_kafka.kill()
    served.wait_ready(503, limit_s=60)
    assert served.get("/healthz").status == 200
    own_kafka.start()
    served.wait_ready(200, limit_s=60)
    process.stop_cleanly()


def test_readiness_waits_for_a_table_whose_server_is_away(rig):
    port = free_port()
    rig.with_mongo(f"mongodb://127.0.0.1:{port}/?serverSelectionTimeoutMS=300&connectTimeoutMS=300")
    rig.create_topics()
    path = rig.flights({"file: {path: data/origin_dest_distances.jsonl, reload: on-change}":
                        "mongo: {connection: mongo, database: d, collection: distances}"})
    process = rig.run("--sinks", "kafka_response", topology=path, config={"http": {"listen": "127.0.0.1:0"}})
    served = Served(process)
    answer = served.wait_ready(503)
    assert any("table distances" in one["for"] for one in answer["waiting_for"]), answer
    assert served.topology()["state"] == "starting"
    assert served.get("/tables/distances/ATL/JFK").error() == (503, "table-not-loaded")
    assert served.metrics().value("headrace_table_ready", node="distances") == 0
    process.interrupt()
    process.expect_exit(0)


def test_a_file_that_is_missing_is_told_before_anything_is_served(rig):
    rig.create_topics()
    path = rig.flights()
    (rig.folder / "data/origin_dest_distances.jsonl").unlink()
    process = rig.run("--sinks", "kafka_response", topology=path, config={"http": {"listen": "127.0.0.1:0"}})
    process.expect_exit(1)
    assert "origin_dest_distances.jsonl" in process.log() and "http on" not in process.log()


def test_two_processes_with_one_address_get_one_each_and_off_is_off(headrace):
    port = free_port()
    arguments = ["run", TOPOLOGY, "--config", "config/embedded.yaml", "--sinks", "kafka_response"]
    first = headrace(*arguments, "--http", f"127.0.0.1:{port}")
    assert Served(first).address == f"127.0.0.1:{port}"
    second = headrace(*arguments, "--http", f"127.0.0.1:{port}")
    served = Served(second)
    assert served.address != f"127.0.0.1:{port}" and served.wait_ready()
    assert re.search(rf"(?m)^\S+ warn .*{port}", second.log())
    silent = headrace(*arguments, "--http", "off")
    silent.wait_line("topology starts")
    assert "http on" not in silent.log()


def test_the_server_answers_while_the_process_stops_and_then_is_gone(embedded):
    process, served = embedded
    process.interrupt()
    process.expect_exit(0)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        served.get("/healthz")


def test_the_list_of_metrics_names_what_is_documented():
    text = subprocess.run([BINARY, "metrics"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert set(re.findall(r"^  (\w+)", text, re.MULTILINE)) == set(documented())


SAMPLE = {"topic": str, "partition": int, "offset": int, "before": (dict, None), "after": (dict, None), "outcome": str}


class Asked(threading.Thread):
    """A tap that is held open meanwhile."""

    def __init__(self, served, path):
        super().__init__(daemon=True)
        self.served, self.path, self.answer = served, path, None
        self.start()

    def run(self):
        self.answer = self.served.get(self.path)

    def samples(self):
        self.join(30)
        assert not self.is_alive() and self.answer.status == 200, self.answer.text
        told = self.answer.json()
        check_shape(told, {"samples": [SAMPLE], "missed": int})
        return told["samples"]


def until_tapped(process, asked, lines):
    """Sends the lines again and again until the taps are answered: nobody tells when one is open."""
    topics = Topics(process.wait_line(r"bootstrap=(\S+)")[1])

    def answered():
        topics.produce(REQUESTS, lines)
        return not any(tap.is_alive() for tap in asked)
    wait_until(answered, 30, "the taps are not answered", interval_s=0.1)


def test_a_tap_shows_records_before_and_after_a_step(embedded):
    process, served = embedded
    served.wait_topology(all_done, "not everything is done and committed")
    line = json.loads(flights.lines()[0])
    taps = [Asked(served, f"/tap/{node}?limit=3&wait_ms=20000") for node in ("classify", "distance", "requests", "kafka_response")]
    until_tapped(process, taps, [json.dumps(line)] * 5)
    classified, looked_up, taken, sent = [tap.samples() for tap in taps]
    for samples in (classified, looked_up, taken, sent):
        assert len(samples) == 3
        assert all(one["topic"] == REQUESTS and one["outcome"] == "emitted" for one in samples)
    wanted = flights.answers([line])[line["UUID"]]
    for one in classified:
        assert one["before"]["UUID"] == line["UUID"] and one["before"]["Distance"] == wanted["Distance"]
        flights.assert_right(one["after"], wanted)
    assert all(one["after"] == {"Distance": wanted["Distance"]} for one in looked_up)
    assert all(one["before"] is None and one["after"]["Carrier"] == line["Carrier"] for one in taken)
    assert all(one["after"] is None and one["before"]["Prediction"] == wanted["Prediction"] for one in sent)


def test_a_tap_tells_why_a_record_failed(embedded):
    process, served = embedded
    served.wait_topology(all_done, "not everything is done and committed")
    tap = Asked(served, "/tap/distance?limit=2&wait_ms=20000")
    until_tapped(process, [tap], [json.dumps({**json.loads(flights.lines()[0]), "Dest": "ZZZ"})] * 3)
    for one in tap.samples():
        assert (one["outcome"], one["code"], one["after"]) == ("failed", "lookup-miss", None)


def test_a_tap_ends_when_its_time_is_over_and_refuses_what_it_cannot_do(embedded):
    _, served = embedded
    served.wait_topology(all_done, "not everything is done and committed")
    assert Asked(served, "/tap/classify?wait_ms=50").samples() == []
    status, code = served.get("/tap/clasify").error()
    assert (status, code) == (404, "node-unknown") and "classify" in served.get("/tap/clasify").text
    assert served.get("/tap/classify?topology=other").error()[0] == 404
    for parameters in ("limit=0", "limit=1001", "limit=x", "limit=-1", "wait_ms=60001", "rate=99999999999999999999", "limit="):
        assert served.get(f"/tap/classify?{parameters}").error() == (400, "parameter"), parameters


def test_taps_are_bounded_and_do_not_hold_up_a_stop(embedded):
    process, served = embedded
    served.wait_topology(all_done, "not everything is done and committed")
    taps = [Asked(served, "/tap/classify?wait_ms=60000") for _ in range(9)]
    wait_until(lambda: [tap for tap in taps if tap.answer is not None], 20, "none of nine taps is refused")
    process.interrupt()
    process.expect_exit(0, limit_s=15)
    assert wait_answered(taps)
    refused = [tap for tap in taps if tap.answer.status != 200]
    assert [tap.answer.error() for tap in refused] == [(503, "taps")]
    assert all(tap.samples() == [] for tap in taps if tap not in refused)


def wait_answered(taps):
    for tap in taps:
        tap.join(10)
    return all(tap.answer is not None for tap in taps)
