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
    model = to_onnx(pipeline, initial_types=types, options={"zipmap": False}, name=GRAPH_NAME)
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


def edge_rows(pipeline, inputs):
    """Rows that a wrong encoder or a wrong comparison would get wrong: categories never seen, values on the splits."""
    base = inputs.iloc[0]
    unseen = [{"Carrier": "ZZ"}, {"Carrier": ""}, {"Carrier": base["Carrier"].lower()}, {"Carrier": base["Carrier"] + " "},
              {"Carrier": "\u00c5\u00c5"}, {"Origin": "BOS", "Route": "BOS-" + base["Dest"]}, {"Dest": "XYZ", "Route": base["Origin"] + "-XYZ"},
              {"Origin": "LGA", "Dest": "HNL", "Route": "LGA-HNL"}, {"Route": ""}, dict.fromkeys(forest.CATEGORIES, "")]
    splits = split_values(pipeline, "DepDelay")
    middle = splits[len(splits) // 2]
    numbers = [{"DepDelay": value} for value in (splits[0], middle, numpy.nextafter(middle, numpy.float32(1e9)),
                                                 numpy.nextafter(middle, numpy.float32(-1e9)), splits[-1], -43, 1301)]
    distances = split_values(pipeline, "Distance")
    numbers += [{"Distance": distances[0]}, {"Distance": distances[-1]}, {"DepDelay": -0.0, "Distance": 0}]
    rows = pandas.DataFrame([{**base.to_dict(), **change} for change in unseen + numbers])
    return rows.astype(inputs.dtypes.to_dict())[forest.INPUTS]


def split_values(pipeline, name):
    """Every value that the forest compares this input with, in order, as float32."""
    feature = forest.INPUTS.index(name)
    trees = [estimator.tree_ for estimator in pipeline.named_steps["forest"].estimators_]
    found = numpy.concatenate([tree.threshold[tree.feature == feature] for tree in trees])
    return numpy.unique(found.astype(numpy.float32))


def golden(pipeline, inputs):
    """{"inputs": {name: [value of each row]}, "label": [...], "scores": [[one per class] of each row]}."""
    rows = pandas.concat([real_rows(pipeline, inputs), edge_rows(pipeline, inputs)], ignore_index=True)
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
