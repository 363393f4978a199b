"""What the README says, tried: its commands, its error, its figures, its links.

SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import shutil
import subprocess

import pytest

from headrace import BINARY, ROOT
from topics import Topics

README = (ROOT / "README.md").read_text(encoding="utf-8")
TOPICS = ("flight_delay_classification_request", "flight_delay_classification_response", "flight_delay_dead_letters")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands():
    return [line for block in blocks("sh") for line in block.splitlines()]


def command(line):
    """What to run for a line of the README. ./dev test is what runs this test, so it is not run in it."""
    if line == "./dev demo":
        return [str(BINARY), "demo", "--for", "3s"]
    words = line.split()
    assert words[0] == "build/release/headrace", line
    ends = ["--until-end"] if words[1] == "run" else []
    return [str(BINARY), *words[1:], *ends]


@pytest.fixture
def environment(own_kafka):
    topics = Topics(own_kafka.bootstrap)
    for name in TOPICS:
        topics.create(name)
    return {**os.environ, "KAFKA_BOOTSTRAP": own_kafka.bootstrap}


def test_the_commands_work(environment):
    lines = commands()
    assert lines[:2] == ["./dev demo", "./dev test"] and len(lines) == 6
    for line in lines:
        if line != "./dev test":
            done = subprocess.run(command(line), cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
            assert done.returncode == 0, (line, done.stdout[-1000:], done.stderr[-1000:])


def test_the_error_is_what_check_prints(tmp_path):
    """The mistake of the README made in a copy; its line there is the file's own."""
    shown = next(block for block in blocks("") if "error[unknown-key]" in block)
    shutil.copytree(ROOT / "topologies", tmp_path / "topologies")
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    topology = tmp_path / "topologies/flight_delay/topology.yaml"
    text = topology.read_text(encoding="utf-8")
    assert text.count("on_miss: dead_letter") == 1
    topology.write_text(text.replace("on_miss: dead_letter", "on_mis: dead_letter"), encoding="utf-8")
    done = subprocess.run([str(BINARY), "check", "topologies/flight_delay/topology.yaml"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stdout == shown


def test_the_figures_are_those_of_the_bench():
    name = re.search(r"<!-- (bench/results/\S+) -->\n```\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert name.group(2) == (ROOT / name.group(1)).read_text(encoding="utf-8")


def test_the_links_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
