"""What README.md shows is so: its commands run, its error is the one that is printed, its figures are the measured
ones, its links lead somewhere.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import shlex
import shutil
import statistics
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


def figures():
    """The generated block of README.md: {system: cells of its row}, and the text around them."""
    block = re.search(r"<!-- bench summary -->\n(.*?)<!-- /bench -->", README, re.DOTALL)
    assert block, "README.md has no place for its figures"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block[1].splitlines() if line.startswith("|")]
    assert len(rows) > 2 and re.search(r"\d", rows[2][1]), "nothing was measured"
    return rows[0], {row[0].split(" (")[0]: row for row in rows[2:]}, block[1]


def newest_lines():
    """{group: lines of its newest run that count}, read without bench/report."""
    dates, lines = {}, []
    for path in sorted((ROOT / "bench/results").glob("*.jsonl")):
        for line in map(json.loads, path.read_text().splitlines()):
            if line["suite"] == "run":
                dates[line["run"]] = line["date"]
            elif "group" in line and "failed" not in line:
                lines.append(line)
    newest = {group: max((dates[line["run"]], line["run"]) for line in lines if line["group"] == group)[1]
              for group in {line["group"] for line in lines}}
    kept = {}
    for line in lines:
        if newest[line["group"]] == line["run"] and not line.get("dropped"):
            kept.setdefault(line["group"], []).append(line)
    return kept


COLUMNS = {"k records/s": ("pipeline", lambda line: line["rate"] / 1000), "CPU ns/record": ("pipeline", lambda line: line["cpu_ns"]),
           "peak RSS MiB": ("pipeline", lambda line: line["rss_mib"]), "p99 ms at 1 k/s": ("latency_1k", lambda line: line["warm"]["p99_us"] / 1000),
           "cold p99": ("latency_1k", lambda line: line["cold"]["p99_us"] / 1000), "start ms": ("start", lambda line: line["first_out_ms"])}


@pytest.mark.parametrize("system", ["raw", "headrace"])
def test_the_figures_are_the_measured_ones(system):
    """Median, least and greatest of what is in bench/results."""
    head, rows, _ = figures()
    kept = newest_lines()
    workload = "pass" if system == "raw" else "flight_20x5"
    compared = 0
    for name, (group, value) in COLUMNS.items():
        lines = next((found for found in (
            [line for line in kept.get(one, []) if line["system"] == system and line["workload"] == workload]
            for one in (f"peers_{group}", group)) if found), [])
        cell = rows[system][head.index(name)]
        shown = [float(text.replace(",", "")) for text in re.findall(r"[\d,.]+", cell)]
        values = [value(line) for line in lines]
        expected = [statistics.median(values), min(values), max(values)][:len(shown)] if values else []
        digits = len(re.search(r"\d(?:\.(\d+))?(?: |$)", cell)[1] or "") if values else 0
        assert shown == pytest.approx(expected, abs=0.5001 * 10 ** -digits), f"{system}, {name}: {cell}"
        compared += len(shown)
    assert compared >= 3, "nothing was measured"


def test_the_goals_are_counted_as_the_table_has_them():
    _, _, text = figures()
    said = tuple(map(int, re.search(r"Of (\d+) goals (\d+) are met, (\d+) missed, (\d+) not measured", text).groups()))
    table = re.search(r"<!-- bench goals -->\n(.*?)<!-- /bench -->", (ROOT / "docs/BENCHMARKS.md").read_text(), re.DOTALL)[1]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    verdicts = [row.split("|")[4].strip() for row in rows]
    assert said == (len(rows), verdicts.count("met"), verdicts.count("**missed**"), verdicts.count("not measured in this run"))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md",
                                  *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), f"{page} links to {target}"


def test_operators_of_the_readme_are_those_that_there_are():
    row = re.search(r"^\| sources \| steps \| tables \| sinks \| endpoints \|\n\|.*\n\|(.*)\|$", README, re.MULTILINE).group(1)
    said = [re.sub(r"\(.*?\)", "", cell) for cell in row.split("|")]
    listed = subprocess.run([BINARY, "operators"], capture_output=True, text=True, check=True).stdout
    for name in {name.strip() for cell in said for name in cell.split(",")}:
        assert re.search(rf"^\s+{name}\s", listed, re.MULTILINE), f"there is no operator '{name}'"
