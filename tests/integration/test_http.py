"""The servers of a whole process: whose address they take, who may ask, and how they end.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import http.client
import json
import re
import socket
import time

import pytest

from headrace import Headrace
from services.process import free_port, wait_until

TOKEN = "0123456789abcdef0123456789abcdef"
TICKS = """
version: 1
topology: {name}
sources:
  ticks:
    generate: {{fields: {{n: 'n'}}, rate: 1}}
sinks:
  out:
    from: ticks
    blackhole: {{}}
"""
ORDERS = """
version: 1
topology: orders
sources:
  orders:
    http: {connection: web, route: /orders}
sinks:
  out:
    from: orders
    blackhole: {}
"""


@pytest.fixture
def start(tmp_path):
    """Starts headrace with a topology and values of the configuration; kills what is left."""
    started = []

    def run(topology, *sets, env=None):
        name = f"headrace-{len(started)}"
        path = tmp_path / f"{name}.yaml"
        path.write_text(topology)
        arguments = [part for value in sets for part in ("--set", value)]
        program = Headrace(tmp_path, name)
        started.append(program)
        return program.run("run", path, *arguments, env=env)

    yield run
    for program in started:
        program.kill()


def address(program, of):
    return program.wait_line(rf"http on http://(\S+)/ of={of}")[1]


def ask(where, path="/healthz", method="GET", headers=None, body=None):
    """The status and the body of an answer."""
    connection = http.client.HTTPConnection(where, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_second_process_with_one_configuration_takes_a_free_port(start):
    port = free_port()
    first = start(TICKS.format(name="one"), f"http.listen=127.0.0.1:{port}")
    assert address(first, "headrace") == f"127.0.0.1:{port}"
    second = start(TICKS.format(name="two"), f"http.listen=127.0.0.1:{port}")
    second.wait_line("http takes a free port: another process has that of the configuration")
    assert address(first, "headrace") != address(second, "headrace")
    for program in first, second:
        assert ask(address(program, "headrace"))[0] == 200
        program.stop_cleanly()


def test_a_connection_whose_port_is_taken_is_an_error_with_its_place(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        program = start(ORDERS, f"connections.web={{type: http, listen: '127.0.0.1:{port}'}}")
        program.expect_exit(1)
    log = program.log()
    assert re.search(rf"--set:1:\d+: error: cannot listen on 127.0.0.1:{port}: Address already in use", log), log
    assert "choose another port" in log


def test_an_address_for_others_is_refused_without_a_token(start):
    program = start(TICKS.format(name="open"), "http.listen=0.0.0.0:0")
    program.expect_exit(1)
    assert "error[token-needed]" in program.log()


def test_a_token_is_wanted_and_never_shown(start):
    program = start(TICKS.format(name="guarded"), "http.listen=127.0.0.1:0", "http.token=${env:HTTP_TEST_TOKEN}",
                    "log.level=debug", env={"HTTP_TEST_TOKEN": TOKEN})
    where = address(program, "headrace")
    basic = base64.b64encode(f"me:{TOKEN}".encode()).decode()
    for path in "/healthz", "/topology", "/metrics", "/", "/no":
        assert ask(where, path)[0] == 401
        assert ask(where, path, headers={"Authorization": f"Bearer {TOKEN[:-1]}"})[0] == 401
    for credentials in f"Bearer {TOKEN}", f"Basic {basic}":
        status, body = ask(where, "/topology", headers={"Authorization": credentials})
        assert status == 200
        assert TOKEN.encode() not in body
    program.stop_cleanly()
    assert TOKEN not in program.tail(1 << 20)


def test_names_and_pages_of_others_are_refused_by_every_server(start):
    program = start(ORDERS, "http.listen=127.0.0.1:0", "connections.web={type: http, listen: '127.0.0.1:0'}")
    own, web = address(program, "headrace"), address(program, "web")
    for where in own, web:
        assert ask(where, "/", headers={"Host": "rebound.example"})[0] == 421
        assert ask(where, "/", headers={"Origin": "http://other.example"})[0] == 403

    def taken():
        """503 until the source has its route."""
        status, body = ask(web, "/orders", "POST", {"Content-Type": "application/json"}, '{"a": 1}')
        return (status, json.loads(body)) if status != 503 else None
    assert wait_until(taken, 30, "no order is taken") == (200, {"status": "OK"})
    status, body = ask(web, "/orders", "POST", {"Content-Type": "application/json", "Origin": "null"}, '{"a": 1}')
    assert (status, json.loads(body)["code"]) == (403, "wrong-origin")
    program.stop_cleanly()


def test_connections_that_stay_open_do_not_hold_up_the_end(start):
    program = start(ORDERS, "http.listen=127.0.0.1:0", "connections.web={type: http, listen: '127.0.0.1:0'}")
    idle = [socket.create_connection(tuple(address(program, of).split(":"))) for of in ("headrace", "web")]
    half = socket.create_connection(tuple(address(program, "web").split(":")))
    half.sendall(b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
    program.wait_line("topology starts")
    begun = time.monotonic()
    program.stop_cleanly()
    assert time.monotonic() - begun < 15  # half of shutdown_timeout
    for connection in *idle, half:
        connection.close()
