"""Real flight requests, and the answers that the flight-delay topology must give to them: features computed
here in Python, the model run by onnxruntime.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import functools
import json
import pathlib

import numpy
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "topologies" / "flight_delay"
MODEL = FOLDER / "models" / "flight_delay.onnx"
NUMBERS = ["DepDelay", "Distance", "DayOfMonth", "DayOfWeek", "DayOfYear"]
CATEGORIES = ["Carrier", "Origin", "Dest", "Route"]
SCORE_TOLERANCE = 1e-6


@functools.cache
def lines():
    """The sample's requests as they are sent: bytes of JSON."""
    return (FOLDER / "data" / "requests.jsonl").read_bytes().splitlines()


@functools.cache
def distances():
    rows = (json.loads(line) for line in open(FOLDER / "data" / "origin_dest_distances.jsonl", encoding="utf-8"))
    return {(row["Origin"], row["Dest"]): row["Distance"] for row in rows}


def features(request):
    """The request as the topology completes it, before the model."""
    day = datetime.date.fromisoformat(request["FlightDate"])
    return {**request, "Route": request["Origin"] + "-" + request["Dest"],
            "DayOfYear": day.timetuple().tm_yday, "DayOfMonth": day.day, "DayOfWeek": day.isoweekday(),
            "Distance": distances()[request["Origin"], request["Dest"]]}


@functools.cache
def _session():
    return onnxruntime.InferenceSession(MODEL.read_bytes(), providers=["CPUExecutionProvider"])


def answers(requests):
    """{UUID: the request with its features, Prediction and Probability}"""
    rows = [features(request) for request in requests]
    inputs = {name: numpy.array([[row[name]] for row in rows], dtype=numpy.float32) for name in NUMBERS}
    inputs |= {name: numpy.array([[row[name]] for row in rows], dtype=object) for name in CATEGORIES}
    labels, scores = _session().run(None, inputs)
    return {row["UUID"]: {**row, "Prediction": int(label), "Probability": [float(score) for score in per_class]}
            for row, label, per_class in zip(rows, labels, scores)}


def sent(lines_sent):
    return [json.loads(line) for line in lines_sent]


def assert_right(found, expected):
    """found: an answer as it left, as a dict. Prediction exactly, scores within the tolerance."""
    assert found["Prediction"] == expected["Prediction"], found
    gaps = [abs(a - b) for a, b in zip(found["Probability"], expected["Probability"], strict=True)]
    assert max(gaps) <= SCORE_TOLERANCE, (found, expected)
