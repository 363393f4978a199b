# SPDX-License-Identifier: Apache-2.0
"""The committed model: its metadata, its golden rows, and what the reference application's two mistakes do to it."""
import json

import numpy
import onnx
import onnxruntime
import pandas
import pytest

import export
import flights as nyc
import forest


def metadata(model):
    return {entry.key.removeprefix("headrace."): json.loads(entry.value) for entry in model.metadata_props}


def score(content, inputs):
    """(labels, scores) by onnxruntime."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {name: inputs[[name]].to_numpy() for name in forest.INPUTS})


def golden_inputs(golden):
    return forest.inputs_of(pandas.DataFrame(golden["inputs"]))


def golden_differences(content, golden):
    """How many golden rows this file gets wrong."""
    labels, scores = score(content, golden_inputs(golden))
    off = numpy.abs(scores - numpy.array(golden["scores"])).max(axis=1) > export.TOLERANCE
    return int((off | (labels != numpy.array(golden["label"]))).sum())


@pytest.fixture(scope="module")
def model(model_bytes):
    return onnx.load_from_string(model_bytes)


@pytest.fixture(scope="module")
def golden(model):
    return metadata(model)["golden"]


def attribute(node, name):
    return next(entry for entry in node.attribute if entry.name == name)


def nodes(model, kind):
    return [node for node in model.graph.node if node.op_type == kind]


def test_metadata_says_what_the_model_is(model):
    found = metadata(model)
    assert found["kind"] == "classifier"
    assert found["label_names"] == ["Early 15+", "0-15 early", "0-30 late", "30+ late"]
    assert found["bucket_splits"] == [-15, 0, 30]
    assert found["unknown_code"] == -1 and found["trained_with_nan"] is False
    assert found["trained_on"]["sha256"] == nyc.CSV_SHA256
    assert found["trained_on"]["last"] < "2013-11-01", "the demo replays November and December"
    assert {"accuracy", "macro_f1", "confusion"} <= found["metrics"]["model"].keys()


def test_every_input_is_one_that_the_topology_feeds(model):
    assert [entry.name for entry in model.graph.input] == forest.INPUTS
    assert [entry.name for entry in model.graph.output] == ["label", "probabilities"]


def test_golden_rows_hold_the_trainers_answers(model_bytes, golden):
    assert {len(column) for column in golden["inputs"].values()} == {60} == {len(golden["label"]), len(golden["scores"])}
    assert set(golden["label"]) == {0, 1, 2, 3}
    assert golden_differences(model_bytes, golden) == 0


def test_golden_rows_have_unseen_categories(model, golden):
    for node in nodes(model, "LabelEncoder"):
        known = {key.decode() for key in attribute(node, "keys_strings").strings}
        assert set(golden["inputs"][node.input[0]]) - known, node.input[0]


@pytest.mark.parametrize("name", ["Carrier", "Dest", "Route"])
def test_golden_rows_show_another_code_for_the_unseen(model, golden, name):
    wrong = onnx.ModelProto()
    wrong.CopyFrom(model)
    encoder = next(node for node in nodes(wrong, "LabelEncoder") if node.input[0] == name)
    attribute(encoder, "default_int64").i = 1000
    assert golden_differences(wrong.SerializeToString(), golden) > 0


def test_golden_rows_show_less_in_the_place_of_less_or_equal(model, golden):
    wrong = onnx.ModelProto()
    wrong.CopyFrom(model)
    modes = attribute(nodes(wrong, "TreeEnsembleClassifier")[0], "nodes_modes").strings
    modes[:] = [b"BRANCH_LT" if mode == b"BRANCH_LEQ" else mode for mode in list(modes)]
    assert golden_differences(wrong.SerializeToString(), golden) > 0


def test_categories_that_never_arrive_change_answers_without_an_error(model_bytes, request_inputs, outcomes):
    """The first mistake: the same model, the same requests, the four strings blank. Nothing fails; labels change."""
    actual = numpy.array([outcome["Actual"] for outcome in outcomes])
    right, _ = score(model_bytes, request_inputs)
    blank, _ = score(model_bytes, request_inputs.assign(**dict.fromkeys(forest.CATEGORIES, "")))
    changed = float(numpy.mean(right != blank))
    print(f"\nfour inputs blank: {changed:.1%} of {len(actual)} labels change, "
          f"accuracy {numpy.mean(right == actual):.4f} -> {numpy.mean(blank == actual):.4f}")
    assert changed > 0.01


def test_a_day_of_the_week_from_0_changes_answers_without_an_error(model_bytes, requests, request_inputs):
    """The second mistake: the requests carry 0 to 6. The topology's own derivation must win."""
    sent = pandas.Series([request["DayOfWeek"] for request in requests])
    assert (request_inputs["DayOfWeek"] - sent == 1).all()
    right, _ = score(model_bytes, request_inputs)
    wrong, _ = score(model_bytes, request_inputs.assign(DayOfWeek=sent.astype(numpy.float32)))
    changed = int((right != wrong).sum())
    print(f"\nDayOfWeek from 0: {changed} of {len(requests)} labels change")
    assert changed > 0
