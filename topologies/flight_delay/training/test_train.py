# SPDX-License-Identifier: Apache-2.0
"""train.py as a person runs it: the same bytes again, its exit codes, and nothing written when it fails."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

import export
import flights as nyc
import forest
import train
from conftest import MODELS

FILES = ["flight_delay.onnx", "metrics.json", "MODEL_CARD.md"]


@pytest.fixture
def quick(monkeypatch):
    """One seed, a forest of this many trees and levels."""
    def configure(trees, depth):
        monkeypatch.setattr(train, "SEEDS", 1)
        monkeypatch.setattr(forest, "TREES", trees)
        monkeypatch.setattr(forest, "DEPTH", depth)
    return configure


def run_script(package, out, hash_seed, jobs):
    command = [sys.executable, Path(train.__file__), "--data", package, "--out", out / FILES[0], "--jobs", str(jobs)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_second_run_writes_the_committed_bytes(package, tmp_path):
    result = run_script(package, tmp_path, hash_seed=7, jobs=1)
    assert result.returncode == 0, result.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (MODELS / name).read_bytes(), name


def test_a_model_below_the_rule_is_not_written(package, tmp_path, quick, capfd):
    quick(trees=1, depth=1)
    assert train.main(["--data", str(package), "--out", str(tmp_path / FILES[0])]) == 2
    assert "below the one-line rule" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_headrace_refuses_is_not_written(package, tmp_path, quick, capfd, monkeypatch):
    quick(trees=4, depth=5)
    monkeypatch.setenv("HEADRACE", "/bin/false")
    (tmp_path / FILES[0]).write_bytes(b"the model that is there")
    assert train.main(["--data", str(package), "--out", str(tmp_path / FILES[0])]) == 1
    assert "headrace check refuses the model" in capfd.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == [FILES[0]]
    assert (tmp_path / FILES[0]).read_bytes() == b"the model that is there"


def test_a_file_that_answers_otherwise_is_not_exported(package, quick, model_bytes):
    quick(trees=4, depth=3)
    training, _, _ = train.prepare(package)
    inputs = forest.inputs_of(training)
    other = forest.fit(inputs, training["Class"], seed=1)
    with pytest.raises(export.ExportError, match="labels differ"):
        export.verify(model_bytes, other, inputs.head(1000))


def test_other_data_is_an_error(tmp_path, capfd):
    (tmp_path / "flights.csv").write_text("no flights\n")
    assert train.main(["--data", str(tmp_path / "flights.csv")]) == 1
    assert "sha256" in capfd.readouterr().err
    assert train.main(["--data", str(tmp_path / "missing.csv")]) == 1


def test_wrong_usage_is_an_error_and_not_a_verdict():
    with pytest.raises(SystemExit) as exit_status:
        train.main(["--sead", "1"])
    assert exit_status.value.code == 1


def test_the_data_is_read_from_the_package_without_importing_it(package):
    assert len(nyc.load_flights(package)) == nyc.USABLE_ROWS
    assert nyc.PACKAGE not in sys.modules
