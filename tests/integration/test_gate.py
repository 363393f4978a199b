"""bench/gate on one small stage: what passes, what fails, and what it says.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STAGE = "write_int"


def gate(*args, ci=False):
    stages = pathlib.Path(os.environ["HEADRACE"]).parent / "bench_stages"
    environment = {**os.environ, "BENCH_STAGES": str(stages), "CI": "true" if ci else ""}
    return subprocess.run([ROOT / "bench/gate", *map(str, args), STAGE], env=environment, text=True, capture_output=True,
                          check=False)


@pytest.fixture(scope="module", name="measured")
def measured_by_the_gate(tmp_path_factory):
    path = tmp_path_factory.mktemp("gate") / "baseline.json"
    written = gate("--write", "--baseline", path)
    assert written.returncode == 0, written.stderr
    return json.loads(path.read_text())[STAGE]


def baseline(tmp_path, figure, stage=STAGE):
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({stage: figure}))
    return path


def test_three_percent_more_than_the_baseline_fails_with_stage_and_figures(tmp_path, measured):
    lower = round(measured / 1.03, 2)
    result = gate("--junit", tmp_path / "gate.xml", "--baseline", baseline(tmp_path, lower))
    assert result.returncode == 1
    assert f"{STAGE} executes {measured:,.1f} instructions per item, the baseline says {lower:,.1f}" in result.stdout
    cases = list(ElementTree.parse(tmp_path / "gate.xml").iter("testcase"))
    assert [case.get("name") for case in cases] == [STAGE]
    assert STAGE in cases[0].find("failure").get("message")


def test_the_same_figure_passes(tmp_path, measured):
    result = gate("--junit", tmp_path / "gate.xml", "--baseline", baseline(tmp_path, measured))
    assert result.returncode == 0
    assert result.stdout == "gate: 1 of 1 passed\n"
    assert ElementTree.parse(tmp_path / "gate.xml").find(".//failure") is None


def test_one_percent_more_passes(tmp_path, measured):
    assert gate("--baseline", baseline(tmp_path, measured / 1.01)).returncode == 0


def test_three_percent_less_asks_for_a_new_baseline(tmp_path, measured):
    result = gate("--baseline", baseline(tmp_path, measured * 1.03))
    assert result.returncode == 0
    assert f"{STAGE} is better" in result.stdout
    assert "renew the baseline" in result.stdout


def test_a_stage_without_a_figure_in_the_baseline_fails(tmp_path):
    result = gate("--baseline", baseline(tmp_path, 1, stage="another"))
    assert result.returncode == 1
    assert f"{STAGE} has no baseline" in result.stdout


def test_without_a_baseline_two_runs_are_compared(tmp_path):
    result = gate("--baseline", tmp_path / "none.json")
    assert result.returncode == 0
    assert "there is no baseline" in result.stdout


def test_without_a_baseline_ci_fails(tmp_path):
    result = gate("--baseline", tmp_path / "none.json", ci=True)
    assert result.returncode == 1
    assert "nothing was compared" in result.stdout


def test_an_unknown_stage_is_an_error(tmp_path):
    result = subprocess.run([ROOT / "bench/gate", "--baseline", tmp_path / "none.json", "no_such_stage"], text=True,
                            capture_output=True, check=False,
                            env={**os.environ, "BENCH_STAGES": str(pathlib.Path(os.environ["HEADRACE"]).parent / "bench_stages")})
    assert result.returncode == 1
    assert "no such stage" in result.stderr
