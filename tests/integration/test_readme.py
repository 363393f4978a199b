"""What README.md shows is so: its commands run, its error is the one that is printed, its figures are the measured
ones, its links lead somewhere.

SPDX-License-Identifier: Apache-2.0
"""
import re
import shlex
import shutil
import subprocess

import pytest

from headrace import BINARY, ROOT
from topics import Topics

README = (ROOT / "README.md").read_text()
TOPOLOGY = "topologies/flight_delay/topology.yaml"
# `./dev test` runs this very test.
NOT_RUN = {"./dev test"}


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands():
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    assert NOT_RUN <= set(lines), "README.md does not name what is left out here"
    return [line for line in lines if line not in NOT_RUN]


def succeed(words):
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def arguments(line):
    """The program under test in place of the one that the line builds or names."""
    words = shlex.split(line)
    if words[:2] == ["./dev", "demo"]:
        return [BINARY, "demo", "--for", "3s", *words[2:]]
    assert words[0] == "build/release/headrace", line
    return [BINARY, *words[1:], *(["--until-end"] if words[1] == "run" else [])]


@pytest.mark.parametrize("line", [line for line in commands() if " run " not in line])
def test_a_command_of_the_readme_works(line):
    succeed(arguments(line))


@pytest.mark.parametrize("line", [line for line in commands() if " run " in line])
def test_a_run_of_the_readme_works(line, own_kafka, monkeypatch):
    """On a broker of its own: the topics have fixed names."""
    topics = Topics(own_kafka.bootstrap)
    for name in ("classification_request", "classification_response", "dead_letters"):
        topics.create(f"flight_delay_{name}")
    monkeypatch.setenv("KAFKA_BOOTSTRAP", own_kafka.bootstrap)
    request = (ROOT / "topologies/flight_delay/data/requests.jsonl").read_bytes().splitlines()[0]
    topics.produce("flight_delay_classification_request", [request])
    succeed(arguments(line))
    assert len(topics.read("flight_delay_classification_response")) == 1


def test_the_error_is_what_check_prints(tmp_path):
    shown = next(block for block in blocks("") if "error[" in block)
    place, mistake = re.match(r"(\S+):\d+:\d+: error\[unknown-key\]: '(\w+)'", shown).groups()
    assert place == TOPOLOGY
    right = re.search(r"did you mean '(\w+)'", shown).group(1)
    for folder in ("topologies", "schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    copy = tmp_path / TOPOLOGY
    before = copy.read_text()
    copy.write_text(before.replace(f"{right}:", f"{mistake}:"))
    assert copy.read_text() != before, f"{TOPOLOGY} has no '{right}:'"
    done = subprocess.run([BINARY, "check", TOPOLOGY], cwd=tmp_path, capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == 1
    assert done.stdout.strip() == shown.strip()


def test_the_figures_are_the_measured_ones():
    marked = re.search(r"<!-- (bench/results/\S+) -->\n```\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert marked, "README.md does not say which file its figures come from"
    assert re.search(r"\d", marked.group(2)), "nothing was measured"
    assert marked.group(2).strip() == (ROOT / marked.group(1)).read_text().strip()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md",
                                  *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), f"{page} links to {target}"


def test_operators_of_the_readme_are_those_that_there_are():
    row = re.search(r"^\| sources \| steps \| tables \| sinks \|\n\|.*\n\|(.*)\|$", README, re.MULTILINE).group(1)
    said = [re.sub(r"\(.*?\)", "", cell) for cell in row.split("|")]
    listed = subprocess.run([BINARY, "operators"], capture_output=True, text=True, check=True).stdout
    for name in {name.strip() for cell in said for name in cell.split(",")}:
        assert re.search(rf"^\s+{name}\s", listed, re.MULTILINE), f"there is no operator '{name}'"
