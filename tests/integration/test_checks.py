"""docs/CHECKS.md: each of its commands is run, as it stands there, and must print what stands below it.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pymongo
import pytest

from headrace import BINARY, ROOT
from rig import Rig
from services import kafka, mongosh
from services.process import wait_until
from topics import Topics

PAGE = ROOT / "docs" / "CHECKS.md"
TOPICS = ("flight_delay_classification_request", "flight_delay_classification_response", "flight_delay_dead_letters")
OWN = "http://127.0.0.1:8686"


def blocks(text):
    """[(command, what it must print or None)] of the page."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    commands = []
    for kind, body in found:
        if kind == "sh":
            commands.append([body, None])
        elif kind == "text":
            assert commands and commands[-1][1] is None, f"output without a command:\n{body}"
            commands[-1][1] = body
    return commands


def pattern_of(wanted):
    """The page's output as a regular expression: `...` is anything in a line, or any lines where it stands alone;
    blanks may be any number."""
    lines = []
    for line in wanted.splitlines():
        parts = [r"[ \t]+".join(map(re.escape, part.split())) for part in line.split("...")]
        lines.append(r"(?:[^\n]*\n)*" if line == "..." else r"[ \t]*" + r"[^\n]*".join(parts) + r"[ \t]*\n")
    return "".join(lines)


def matches(wanted, shown):
    shown = shown if shown.endswith("\n") else shown + "\n"
    return re.fullmatch(r"\n*" + pattern_of(wanted) + r"\n*", shown) is not None


@pytest.fixture
def world(tmp_path, own_kafka, mongo, headrace):
    """The servers with the topics and the distances, and the pipeline running."""
    rig = Rig(tmp_path, Topics(own_kafka.bootstrap), own_kafka.bootstrap, headrace).with_mongo(mongo.uri)
    for name in TOPICS:
        rig.topics.create(name, partitions=1)
    with pymongo.MongoClient(mongo.uri) as client:
        client.drop_database("agile_data_science")
        rig.run("--until-end", topology="topologies/flight_delay/import_distances.yaml").expect_exit(0)
        rig.pipeline = rig.run(topology="topologies/flight_delay/topology.yaml",
                               config={"http": {"listen": "127.0.0.1:0"}})
        rig.own = rig.pipeline.wait_line(r"http on (http://127\.0\.0\.1:\d+)/ of=headrace")[1]
        yield rig
        client.drop_database("agile_data_science")


class Shell:
    """Runs blocks as a reader would: one after the other, with the tools that the page names."""

    def __init__(self, folder, rig, mongo_uri):
        self.folder = folder
        tools = folder / "tools"
        tools.mkdir()
        (tools / "headrace").symlink_to(BINARY)
        (tools / "mongosh").symlink_to(mongosh.path())
        for name in ("kcat", "curl"):
            assert shutil.which(name), f"{name} is not installed"
        kafka.write_tools(folder / "bin")
        for part in ("topologies", "config", "schemas"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("web", "training"))
        path = f"{tools}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        self.env = {**os.environ, "PATH": path, "KAFKA_BOOTSTRAP": rig.config["connections"]["kafka"]["bootstrap"],
                    "MONGO_URI": mongo_uri, "HEADRACE_HTTP": "127.0.0.1:0"}
        self.own = rig.own

    def run(self, command):
        return subprocess.run(["bash", "-c", command.replace(OWN, self.own)], cwd=self.folder, env=self.env,
                              text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


def prints(shell, command, wanted):
    """Runs it until it prints that: offsets are committed, and documents stored, a moment later."""
    seen = []

    def right():
        seen.append(shell.run(command))
        return matches(wanted, seen[-1].stdout)
    try:
        wait_until(right, 60, command)
    except TimeoutError:
        last = seen[-1]
        raise AssertionError(f"{command}\nmust print\n{wanted}\nand prints\n{last.stdout}\n{last.stderr}") from None


def test_every_command_of_the_page_prints_what_the_page_says(world, mongo, tmp_path_factory):
    commands = blocks(PAGE.read_text(encoding="utf-8"))
    assert len(commands) >= 20
    shell = Shell(tmp_path_factory.mktemp("checks"), world, mongo.uri)
    assert commands[0][0].startswith("export KAFKA_BOOTSTRAP=")
    for command, wanted in commands[1:]:
        if wanted is not None:
            prints(shell, command, wanted)
        else:
            result = shell.run(command)
            assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    world.pipeline.stop_cleanly()


@pytest.mark.parametrize("wanted, shown, right", [
    ("a ... c\n", "a b   c\n", True), ("a ... d\n", "a b c\n", False), ("a...\n", "a\n", True),
    ("...\nb\n...\n", "b\n", True), ("...\nb\n...\n", "a\nb\nc\nd\n", True), ("...\nb\n", "b\nc\n", False),
    ("a\nb\n", "a\n", False), ("a.b\n", "axb\n", False), ("a...b\n", "a\nb\n", False), ("{}\n", "{}", True),
])
def test_output_that_differs_from_the_page_is_seen(wanted, shown, right):
    assert matches(wanted, shown) == right


def test_the_page_is_cut_into_commands_and_what_they_print():
    page = "```\npicture\n```\n```sh\necho\n```\n```text\nx\n```\n```sh\ny\n```\n"
    assert blocks(page) == [["echo\n", "x\n"], ["y\n", None]]
