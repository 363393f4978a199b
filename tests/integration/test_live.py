"""headrace top and headrace tap against a real process: the flight topology on the embedded broker.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import subprocess

import pytest

from headrace import BINARY
from services.process import wait_until

FLIGHTS = "topologies/flight_delay"


@pytest.fixture(name="url")
def fixture_url(headrace):
    process = headrace("run", f"{FLIGHTS}/topology.yaml", f"{FLIGHTS}/replay.yaml", "--config", "config/embedded.yaml",
                       "--sinks", "kafka_response,requests", "--set", "http.listen=127.0.0.1:0")
    url = process.wait_line(r"http on (http:\S+) of=headrace").group(1)
    yield url
    process.interrupt()
    process.expect_exit(0)


def run(*arguments):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_top_shows_what_a_process_does(url):
    def moves():
        done = run("top", url, "--once")
        assert done.returncode == 0, done.stderr
        return re.search(r"^kafka_response +kafka sink +[1-9][\d.]*/s", done.stdout, re.MULTILINE) and done.stdout
    shown = wait_until(moves, 30, "kafka_response has no rate")
    for name in ("requests", "distances", "features", "distance", "classify", "dead letters"):
        assert re.search(rf"^{name} ", shown, re.MULTILINE), shown
    assert re.search(r"^mongo_response +mongo sink +left out of this run$", shown, re.MULTILINE)
    assert re.search(r"^flight_delay_replay ", shown, re.MULTILINE)


def test_tap_shows_records_before_and_after_a_step(url):
    done = run("tap", url, "features", "--limit", "5")
    assert done.returncode == 0, done.stderr
    samples = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(samples) == 5
    for sample in samples:
        assert sample["topic"] == "flight_delay_classification_request"
        assert sample["outcome"] == "emitted"
        assert sample["after"]["Route"] == f"{sample['before']['Origin']}-{sample['before']['Dest']}"


def test_tap_of_a_step_that_is_not_there_says_so(url):
    done = run("tap", url, "feature")
    assert done.returncode == 1
    assert "feature" in done.stderr
