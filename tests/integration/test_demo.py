"""headrace demo: pipeline, page and flights in one process with nothing else installed.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pty
import re
import socket
import subprocess
import urllib.request

import flights
from headrace import BINARY, ROOT
from services.process import wait_until
from website import FORM, Website

PAGE = r"^ask about a flight: http://([^/\s]+)(/\S+)$"
LIVE = r"^watch it at work:   http://([^/\s]+)/$"


def ask(process):
    """Asks on the page that the demo names, and checks the prediction."""
    address, path = process.wait_line(PAGE).groups()
    site = Website(address)

    def up():
        assert process.alive(), process.tail()
        return site.is_up()
    wait_until(up, 60, "the page does not come up")
    assert site.get(path).status == 200
    assert site.post({**FORM, "Dest": "ZZZ"}).status == 422
    question = site.ask(FORM)
    expected = flights.answers([{**FORM, "DepDelay": 14.0, "UUID": question}])[question]
    flights.assert_right(site.poll(question), expected)
    return address


def end(process):
    process.interrupt()
    process.expect_exit(0)


def assert_whole(process):
    assert re.search(r"^summary: [1-9]\d* answers", process.output(), re.MULTILINE), process.tail()
    assert process.log() == "", "the log tears the table"


def test_the_demo_serves_the_page_and_the_live_page(headrace):
    process = headrace("demo")
    ask(process)
    live = process.wait_line(LIVE).group(1)
    with urllib.request.urlopen(f"http://{live}/topology", timeout=30) as answer:
        names = {one["name"] for one in json.load(answer)["topologies"]}
    assert names == {"flight_delay", "flight_delay_web", "flight_delay_replay"}
    end(process)
    assert_whole(process)


def test_the_demo_ends_by_itself(headrace):
    process = headrace("demo", "--for", "4s")
    process.expect_exit(0)
    assert_whole(process)


def test_a_demo_beside_another_takes_free_ports(headrace):
    first, second = headrace("demo"), headrace("demo")
    assert ask(first) != ask(second)
    assert first.wait_line(LIVE).group(1) != second.wait_line(LIVE).group(1)
    end(first)
    end(second)
    assert first.log() + second.log() == ""


def test_a_demo_on_a_port_that_somebody_else_has_takes_a_free_one(headrace):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        process = headrace("demo", env={"HEADRACE_WEB": taken, "HEADRACE_HTTP": taken})
        assert ask(process) != taken
        end(process)


def test_on_a_terminal_the_table_is_drawn_in_place(tmp_path):
    master, slave = pty.openpty()
    demo = subprocess.Popen([BINARY, "demo", "--for", "4s"], cwd=ROOT, stdout=slave, stderr=subprocess.PIPE,
                            stdin=subprocess.DEVNULL)
    os.close(slave)
    seen = b""
    try:
        while chunk := os.read(master, 65536):
            seen += chunk
    except OSError:
        pass  # the other end is closed
    assert demo.wait(30) == 0, demo.stderr.read()
    # Each time up by as many lines as were drawn.
    frames = re.split(rb"\x1b\[(\d+)A", seen)
    assert len(frames) > 5
    for up, frame in zip(frames[1::2], frames[2::2]):
        assert frame.split(b"summary:")[0].count(b"\n") == int(up), frame
    assert b"ask about a flight: http://127.0.0.1:" in frames[0] and b"watch it at work:" in frames[0]
