"""headrace top and headrace tap as a person calls them, against a process that is played by live/mock.py; test_live.py
asks a real one.

SPDX-License-Identifier: Apache-2.0
"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time

import pytest

from headrace import BINARY
from live.mock import Server

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(name="server")
def fixture_server():
    server = Server()
    yield server
    server.stop()


def run(*arguments, env=None, limit_s=30):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=limit_s, check=False,
                          env={**os.environ, **(env or {})})


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Terminal:
    """A command on a terminal of its own, with what it has written so far."""

    def __init__(self, *arguments, rows=40, columns=120):
        self.written = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            set_size(0, rows, columns)  # before it is looked at
            os.environ.pop("NO_COLOR", None)
            os.environ["TERM"] = "xterm"
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in what a script starts with &
            os.execv(BINARY, [BINARY, *arguments])

    def resize(self, rows, columns):
        set_size(self.fd, rows, columns)

    def read(self, limit_s):
        ready, _, _ = select.select([self.fd], [], [], limit_s)
        if not ready:
            return False
        try:
            more = os.read(self.fd, 65536)
        except OSError:  # the other end is closed
            return False
        self.written += more
        return bool(more)

    def wait(self, pattern, limit_s=20):
        """Waits until what was written since the last match matches; returns the match."""
        end = time.monotonic() + limit_s
        while (match := re.search(pattern, self.written, re.DOTALL)) is None:
            assert time.monotonic() < end, f"no {pattern!r} in {self.written[-4000:]!r}"
            self.read(0.2)
        self.written = self.written[match.end():]
        return match

    def type(self, keys):
        os.write(self.fd, keys)

    def ended(self, limit_s=20):
        """Waits for the end; returns the exit code."""
        end = time.monotonic() + limit_s
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(0.1):
                    pass
                os.close(self.fd)
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < end, f"still runs: {self.written[-4000:]!r}"
            self.read(0.05)

    def kill(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            self.ended()


@pytest.fixture(name="terminal")
def fixture_terminal():
    started = []

    def start(*arguments, **size):
        started.append(Terminal(*arguments, **size))
        return started[-1]
    yield start
    for each in started:
        each.kill()


def test_top_once_prints_a_frame_with_rates(server):
    done = run("top", server.url, "--once")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert re.search(r"^in 50/s +written 100/s +failed 0/s +lag 2 +p50 1.4 ms +p99 4.4 ms", done.stdout, re.MULTILINE)
    assert re.search(r"^distance +enrich step +50/s +50/s +42,239 +0 +3 +220 ns$", done.stdout, re.MULTILINE)
    assert re.search(r"^distances +file table +4,696 rows$", done.stdout, re.MULTILINE)
    assert re.search(r"^flight_delay_classification_request\[1\] +14,087 +14,084 +14,088 +1$", done.stdout, re.MULTILINE)
    assert "flight_delay_classification_request[0]@13991  distance  lookup-miss  table distances has no row" in done.stdout


def test_top_shows_several_topologies_trouble_and_what_is_not_ready(server):
    server.mock.topologies = 2
    server.mock.trouble = {"mongo_response": "no server answers"}
    server.mock.waiting = ["table distances"]
    done = run("top", server.url, "--once")
    assert re.search(r"^flight_delay_replay +running", done.stdout, re.MULTILINE)
    assert "\n  ! no server answers\n" in done.stdout
    assert "\nnot ready: table distances\n" in done.stdout
    assert "   not ready\n" in done.stdout


def test_top_where_nothing_answers_says_what_to_do():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = run("top", f"127.0.0.1:{unused.getsockname()[1]}")
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "is it running?" in done.stderr


@pytest.mark.parametrize("address", ["", "http://", "user:password@host", "host/path", "host?x", "a b"])
def test_what_is_not_an_address_is_refused(address):
    done = run("top", address)
    assert done.returncode == 1
    assert "is not the address of a server" in done.stderr


def test_top_does_not_follow_other_schemes():
    assert run("top", "file:///etc/passwd").returncode == 1


def test_top_where_something_else_answers(server):
    for body, said in [("hello", "not JSON"), ('{"a": 1}', "is that headrace?"), ("", "not JSON")]:
        server.mock.body = body
        done = run("top", server.url)
        assert done.returncode == 1
        assert said in done.stderr


def test_the_message_of_an_error_is_shown_without_its_control_characters(server):
    server.mock.status, server.mock.body = 500, json.dumps({"message": "broken \x1b[2J"})
    done = run("top", server.url)
    assert done.returncode == 1
    assert "answers 500: broken ?[2J" in done.stderr


def test_an_answer_that_is_too_large_is_given_up(server):
    server.mock.body = " " * (17 << 20)
    done = run("top", server.url)
    assert done.returncode == 1
    assert "answers more than 16 MiB" in done.stderr


def test_a_server_that_hangs_is_given_up(server):
    server.mock.hang = True
    begin = time.monotonic()
    done = run("top", server.url)
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert time.monotonic() - begin < 15


def test_the_token_comes_from_a_file_or_the_environment(server, tmp_path):
    server.mock.token = TOKEN
    refused = run("top", server.url)
    assert refused.returncode == 1
    assert "401" in refused.stderr
    assert "--token-file FILE or in HEADRACE_HTTP_TOKEN" in refused.stderr
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    assert run("top", server.url, "--once", "--token-file", str(file)).returncode == 0
    assert run("tap", server.url, "features", "--limit", "1", env={"HEADRACE_HTTP_TOKEN": TOKEN}).returncode == 0
    file.chmod(0o644)
    open_to_all = run("top", server.url, "--token-file", str(file))
    assert open_to_all.returncode == 1
    assert "open to group or others" in open_to_all.stderr
    assert TOKEN not in refused.stderr + open_to_all.stderr


def test_a_token_with_a_line_end_does_not_become_a_header(server):
    done = run("top", server.url, env={"HEADRACE_HTTP_TOKEN": "a\r\nX-Evil: 1"})
    assert done.returncode == 1
    assert "a header cannot carry" in done.stderr


def test_proxies_of_the_environment_are_not_asked(server):
    assert run("top", server.url, "--once", env={"http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}).returncode == 0


def test_top_on_a_terminal_moves_and_leaves_it_as_it_was(server, terminal):
    screen = terminal("top", server.url)
    screen.wait(re.escape(ENTER))
    screen.wait(rb"42,250.*42,300")
    screen.wait(rb"\x1b\[1m50/s")
    screen.type(b"q")
    assert screen.ended() == 0
    assert LEAVE in screen.written


def test_ctrl_c_ends_top(server, terminal):
    screen = terminal("top", server.url)
    screen.wait(rb"dead letters")
    screen.type(b"\x03")
    assert screen.ended() == 0
    assert LEAVE in screen.written


def test_top_fits_the_window_and_scrolls(server, terminal):
    screen = terminal("top", server.url, rows=12, columns=60)
    screen.wait(rb"(\d+) more lines")
    screen.resize(12, 60)
    screen.wait(rb"\x1b\[Hheadrace|\x1b\[H\x1b\[1mheadrace")
    screen.type(b"jjjj")
    screen.wait(rb"\x1b\[H\x1b\[2mmemory|\x1b\[H\x1b\[2min ")
    screen.type(b"\x1b[A" * 4)
    screen.wait(rb"\x1b\[H\x1b\[1mheadrace")
    screen.resize(40, 120)
    frame = screen.wait(rb"LAST DEAD LETTERS.*?\x1b\[J").group()
    assert b"more lines" not in frame
    for line in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", frame).split(b"\r\n"):
        assert len(line.decode()) <= 120


def test_top_says_when_the_process_is_gone_and_finds_it_again(server, terminal):
    screen = terminal("top", server.url)
    screen.wait(rb"dead letters")
    server.stop()
    screen.wait(rb"trying again: \S+ does not answer")
    again = Server(server.server_port)
    try:
        screen.wait(rb"\x1b\[H\x1b\[1mheadrace")
    finally:
        again.stop()
    screen.type(b"q")
    assert screen.ended() == 0


def test_top_hides_control_characters_of_the_process(server, terminal):
    server.mock.trouble = {"classify": "\x1b]0;owned\x07 \x1b[2J"}
    screen = terminal("top", server.url)
    screen.wait(rb"! .*\?\]0;owned\? \?\[2J")
    assert b"\x1b]0" not in screen.written


def test_tap_prints_json_lines(server):
    done = run("tap", server.url, "features", "--limit", "3")
    assert done.returncode == 0, done.stderr
    samples = [json.loads(line) for line in done.stdout.splitlines()]
    assert [sample["offset"] for sample in samples] == [14063, 14056, 14064]
    assert samples[0]["after"]["Route"] == "JFK-LAX"
    assert samples[1]["after"] is None


def test_tap_ends_after_ten_records_of_itself(server):
    assert len(run("tap", server.url, "features").stdout.splitlines()) == 10


def test_tap_asks_for_no_more_than_it_prints(server):
    run("tap", server.url, "features", "--limit", "1", "--topology", "flight_delay")
    assert server.mock.seen == ["/tap/features?limit=1&wait_ms=5000&topology=flight_delay"]


def test_tap_of_a_step_that_is_not_there(server):
    done = run("tap", server.url, "nothing")
    assert done.returncode == 1
    assert "there is no step nothing" in done.stderr


@pytest.mark.parametrize("arguments", [["../x"], ["a?b"], [""], ["a", "--limit", "0"], ["a", "--limit", "x"],
                                       ["a", "--topology", "a&b"]])
def test_tap_refuses_what_cannot_be_asked_for(server, arguments):
    assert run("tap", server.url, *arguments).returncode == 2
    assert server.mock.seen == []


def test_tap_ends_where_nobody_reads_on(server):
    done = subprocess.run(f"{BINARY} tap {server.url} features --limit 100000 | head -1", shell=True, capture_output=True,
                          timeout=30, check=False)
    assert done.stdout.startswith(b'{"topic"')


def test_tap_on_a_terminal_shows_before_and_after(server, terminal):
    screen = terminal("tap", server.url, "features", "--limit", "2", columns=300)
    screen.wait(rb"\x1b\[1mflight_delay_classification_request\[0\]@14063\x1b\[0m  \x1b\[2memitted")
    screen.wait(rb"before.*\r\n.*after.*\x1b\[36mRoute=\"JFK-LAX\"\x1b\[0m")
    screen.wait(rb"\x1b\[31mfailed\x1b\[0m\x1b\[31m: lookup-miss")
    assert screen.ended() == 0


def test_ctrl_c_ends_tap_that_waits(server, terminal):
    server.mock.samples = {"samples": []}
    screen = terminal("tap", server.url, "features")
    end = time.monotonic() + 30
    while not server.mock.seen:
        assert time.monotonic() < end
        screen.read(0.05)
    screen.type(b"\x03")
    assert screen.ended() == -signal.SIGINT
