"""./dev web, as a person runs it: servers, distances, pipeline and page come up, a question is answered, and after
Ctrl-C nothing is left.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.parse
import urllib.request

import pymongo
import pytest

import flights
from headrace import ROOT
from services.process import free_port, port_answers, wait_until

QUESTION = {"DepDelay": "14.0", "Carrier": "DL", "FlightDate": "2013-12-24", "Origin": "JFK", "Dest": "ATL"}
ASK = "/flights/delays/predict/classify_realtime"
START_S = 400  # a first run builds and installs


class Dev:
    """The script with a state folder of this test's own, which names everything that it starts."""

    def __init__(self, folder):
        self.folder = folder
        self.page, self.own = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self.env = {**os.environ, "HEADRACE_UP": str(folder / "up"), "HEADRACE_WEB": self.page,
                    "HEADRACE_HTTP": self.own}
        self.log_path = folder / "web.log"
        self.popen = None

    def run(self, command):
        subprocess.run(["./dev", command], cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, check=True,
                       timeout=START_S)

    def start_web(self):
        with open(self.log_path, "wb") as log:
            self.popen = subprocess.Popen(["./dev", "web"], cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_line(self, pattern):
        def found():
            assert self.popen.poll() is None, self.log()
            return re.search(pattern, self.log(), re.MULTILINE)
        return wait_until(found, START_S, f"no line like {pattern}")

    def servers(self):
        return json.loads((self.folder / "up" / "servers.json").read_text())

    def left(self):
        """Processes that were started with our environment."""
        mark = f"HEADRACE_UP={self.folder / 'up'}".encode()
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in path.read_bytes().split(b"\0"):
                    found.append((path.parent / "cmdline").read_bytes().replace(b"\0", b" ")[:200])
            except OSError:
                pass  # it is gone, or not ours
        return found

    def clean(self):
        if self.popen is not None and self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        if (self.folder / "up" / "servers.json").exists():
            self.run("down")


@pytest.fixture
def dev(tmp_path):
    script = Dev(tmp_path)
    yield script
    print(script.log()[-6000:])
    script.clean()


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def post(url, form):
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), timeout=30) as answer:
        return json.loads(answer.read())


def check_answer(dev):
    asked = post(f"http://{dev.page}{ASK}", QUESTION)
    assert asked["status"] == "OK"
    url = f"http://{dev.page}{ASK}/response/{asked['id']}"
    answer = wait_until(lambda: (lambda a: a if a["status"] == "OK" else None)(json.loads(get(url))), 60, url)
    request = {**QUESTION, "UUID": asked["id"], "DepDelay": 14.0}
    flights.assert_right(answer["prediction"], flights.answers([request])[asked["id"]])
    with pymongo.MongoClient(dev.servers()["mongo"]["address"]) as client:
        database = client.agile_data_science
        stored = wait_until(lambda: database.flight_delay_classification_response.find_one({"UUID": asked["id"]}), 60,
                            "no document")
        assert stored["Prediction"] == answer["prediction"]["Prediction"]
        assert database.origin_dest_distances.count_documents({}) == len(flights.distances())


@pytest.mark.timeout(2 * START_S)
@pytest.mark.parametrize("up_before, to_all", [(False, True), (True, False)],
                         ids=["alone_and_ctrl_c_on_a_terminal", "behind_up_and_a_signal_to_it"])
def test_the_whole_system_comes_up_answers_and_leaves_nothing(dev, up_before, to_all):
    if up_before:
        dev.run("up")
        before = dev.servers()
    dev.start_web()
    page = dev.wait_line(r"^== ask for a flight: +(http://\S+)$")[1]
    live = dev.wait_line(r"^== see it at work: +(http://\S+)$")[1]
    assert page == f"http://{dev.page}/flights/delays/predict_kafka"
    if up_before:
        assert dev.servers() == before
    assert b"<form" in get(page)
    assert b"<html" in get(live)
    assert "flight_delay_import ended: 5737 in, 5737 out, 0 failed" in dev.log()
    check_answer(dev)

    addresses = [dev.servers()["kafka"]["address"], dev.page, dev.own]
    if to_all:
        os.killpg(dev.popen.pid, signal.SIGINT)  # as a terminal does
    else:
        dev.popen.send_signal(signal.SIGINT)
    assert dev.popen.wait(60) == 0, dev.log()
    assert not dev.left()
    assert not [address for address in addresses if port_answers(int(address.rpartition(":")[2]))]
    assert not (dev.folder / "up" / "servers.json").exists()
    assert re.search(r"flight_delay stopped: 1 in, 2 out, 0 failed", dev.log())


def test_an_address_that_is_taken_is_told_and_nothing_is_left(dev, mongo):
    dev.env["HEADRACE_WEB"] = mongo.uri.removeprefix("mongodb://")
    dev.start_web()
    assert dev.popen.wait(START_S) == 1
    assert f"dev: {dev.env['HEADRACE_WEB']} is taken; HEADRACE_WEB=127.0.0.1:PORT names another address" in dev.log()
    assert not dev.left()
