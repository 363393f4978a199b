# SPDX-License-Identifier: Apache-2.0
"""The pipeline as an ONNX file: graph, metadata (headrace.*, JSON values), golden rows; the same bytes every time."""
import importlib.metadata
import json

import numpy
import onnxruntime
import pandas
from onnx import helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

import flights as nyc
import forest

GRAPH_NAME = "flight_delay"
OPSETS = {"": 17, "ai.onnx.ml": 3}  # old enough for every reader; nothing newer is needed
GOLDEN_PER_LABEL = 10
GOLDEN_ROWS = 60  # ten of each of the four labels, twenty on the edges
TOLERANCE = 1e-6
LIBRARIES = ["scikit-learn", "skl2onnx", "onnx", "protobuf", "numpy", "scipy", "pandas"]


class ExportError(Exception):
    """The file does not answer as the trained model does."""


def graph_of(pipeline):
    """Float inputs on purpose: with double ones, rows on a split go the other way after conversion."""
    types = [(name, FloatTensorType([None, 1])) for name in forest.NUMBERS]
    types += [(name, StringTensorType([None, 1])) for name in forest.CATEGORIES]
    model = to_onnx(pipeline, initial_types=types, options={"zipmap": False}, name=GRAPH_NAME,
                    target_opset=OPSETS)
    opsets = sorted(((entry.domain, entry.version) for entry in model.opset_import))
    del model.opset_import[:]  # they come in the order of a set, which changes from run to run
    model.opset_import.extend(helper.make_opsetid(domain, version) for domain, version in opsets)
    return model


def describe(model, properties):
    """Puts {key: value} into the metadata, each under headrace.key as JSON."""
    values = {f"headrace.{key}": json.dumps(value, separators=(",", ":")) for key, value in properties.items()}
    helper.set_model_props(model, dict(sorted(values.items())))


def versions():
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def real_rows(pipeline, inputs):
    """Ten rows of every label that the model gives, spread over the year."""
    labels = pipeline.predict(inputs)
    places = []
    for label in numpy.unique(labels):
        found = numpy.flatnonzero(labels == label)
        places += found[numpy.linspace(0, len(found) - 1, GOLDEN_PER_LABEL).astype(int)].tolist()
    return inputs.iloc[sorted(places)]


def telling_row(pipeline, inputs, names):
    """The row, of every 97th, whose scores move most when these categories are hidden."""
    sample = inputs.iloc[::97]
    hidden = sample.copy()
    hidden[names] = forest.HIDDEN
    moved = numpy.abs(pipeline.predict_proba(sample) - pipeline.predict_proba(hidden)).max(axis=1)
    return sample.iloc[int(moved.argmax())].to_dict()


def unseen_rows(pipeline, inputs):
    """Categories that the encoders do not know, some nearly the ones that they do, each where it changes the answer."""
    flight = telling_row(pipeline, inputs, ["Carrier"])
    known = flight["Carrier"]
    rows = [{**flight, "Carrier": name} for name in ("ZZ", "", known.lower(), known + " ", "\u00c5\u00c5")]
    flight = telling_row(pipeline, inputs, ["Origin", "Route"])
    rows.append({**flight, "Origin": "XYZ", "Route": nyc.route("XYZ", flight["Dest"])})
    flight = telling_row(pipeline, inputs, ["Dest", "Route"])
    rows.append({**flight, "Dest": "XYZ", "Route": nyc.route(flight["Origin"], "XYZ")})
    flight = telling_row(pipeline, inputs, ["Route"])
    rows += [{**flight, "Route": name} for name in ("", flight["Route"].lower())]
    flight = telling_row(pipeline, inputs, forest.CATEGORIES)
    return rows + [{**flight, **dict.fromkeys(forest.CATEGORIES, "")}]


def split_rows(pipeline, flight):
    """Numbers on the splits, where "less" and "less or equal" part, and beside them, and beyond all of them."""
    delays, miles = split_values(pipeline, "DepDelay"), split_values(pipeline, "Distance")
    middle = delays[len(delays) // 2]
    beside = [numpy.nextafter(middle, numpy.float32(end)) for end in (-1e9, 1e9)]
    changes = [{"DepDelay": value} for value in (delays[0], middle, *beside, delays[-1], -43, 1301)]
    changes += [{"Distance": miles[0]}, {"Distance": miles[-1]}, {"DepDelay": -0.0, "Distance": 0}]
    return [{**flight, **change} for change in changes]


def split_values(pipeline, name):
    """Every value that the forest compares this input with, in order, as float32."""
    feature = forest.INPUTS.index(name)
    trees = [estimator.tree_ for estimator in pipeline.named_steps["forest"].estimators_]
    found = numpy.concatenate([tree.threshold[tree.feature == feature] for tree in trees])
    return numpy.unique(found.astype(numpy.float32))


def golden(pipeline, inputs):
    """{"inputs": {name: [value of each row]}, "label": [...], "scores": [[one per class] of each row]}."""
    edges = unseen_rows(pipeline, inputs) + split_rows(pipeline, inputs.iloc[0].to_dict())
    edges = pandas.DataFrame(edges).astype(inputs.dtypes.to_dict())
    rows = pandas.concat([real_rows(pipeline, inputs), edges[forest.INPUTS]], ignore_index=True)
    if len(rows) != GOLDEN_ROWS:
        raise ExportError(f"{len(rows)} golden rows, not {GOLDEN_ROWS}: there is a label that the model never gives")
    answers = pipeline.predict_proba(rows)
    columns = {name: [float(value) for value in rows[name]] for name in forest.NUMBERS}
    columns.update({name: rows[name].tolist() for name in forest.CATEGORIES})
    return {"inputs": columns, "label": pipeline.predict(rows).tolist(), "scores": answers.tolist()}


def verify(content, pipeline, inputs):
    """The file against the trained model, on every row: same label, same scores. Returns the largest difference."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feeds = {name: inputs[[name]].to_numpy() for name in forest.INPUTS}
    labels, answers = session.run(None, feeds)
    wanted = pipeline.predict_proba(inputs)
    worst = float(numpy.abs(answers - wanted).max())
    wrong = int((labels != pipeline.predict(inputs)).sum())
    if wrong or worst > TOLERANCE:
        raise ExportError(f"{wrong} of {len(inputs)} labels differ, scores by up to {worst:.1e}")
    return worst


def to_bytes(pipeline, inputs, properties):
    """The finished file. `inputs` are the rows that golden ones are picked from."""
    model = graph_of(pipeline)
    describe(model, {
        "kind": "classifier", "label_names": nyc.LABEL_NAMES, "bucket_splits": nyc.SPLITS,
        "unknown_code": forest.UNKNOWN_CODE, "trained_with_nan": False, "versions": versions(),
        "golden": golden(pipeline, inputs), **properties})
    return model.SerializeToString(deterministic=True)
