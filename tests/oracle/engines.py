# SPDX-License-Identifier: Apache-2.0
"""One model file, three engines: headrace (the tool model_rows), onnxruntime, and the trainer itself."""
import os
import struct
import subprocess
from pathlib import Path

import numpy
import onnxruntime
from onnx import helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

TOOL = os.environ.get("HEADRACE_MODEL_ROWS",
                      Path(__file__).resolve().parents[2] / "build" / "debug" / "tests" / "model_rows")
UNSEEN, MISSING = 1, 2  # flags of model.h


def export(pipeline, frame, zipmap=False):
    """A fitted scikit-learn pipeline as a file: one input per column, numbers as float."""
    types = [(name, StringTensorType([None, 1]) if frame[name].dtype == object else FloatTensorType([None, 1]))
             for name in frame.columns]
    options = {} if zipmap or not hasattr(pipeline, "predict_proba") else {id(pipeline): {"zipmap": False}}
    model = to_onnx(pipeline, initial_types=types, options=options, name="oracle")
    return model.SerializeToString()


def with_golden(content, golden):
    """The same file with golden rows (an object or a text)."""
    import json
    import onnx
    model = onnx.load_from_string(content)
    text = golden if isinstance(golden, str) else json.dumps(golden)
    helper.set_model_props(model, {"headrace.golden": text})
    return model.SerializeToString()


def pack_column(values):
    """One column as model_rows reads it."""
    if values.dtype == object:
        missing = bytes(value is None for value in values)
        texts = [b"" if value is None else value.encode() for value in values]
        return b"s" + missing + b"".join(struct.pack("<I", len(text)) + text for text in texts)
    if numpy.issubdtype(values.dtype, numpy.integer):
        return b"i" + bytes(len(values)) + values.astype("<i8").tobytes()
    return b"d" + bytes(len(values)) + values.astype("<f8").tobytes()


def pack(frame):
    columns = [frame[name].to_numpy() for name in frame.columns]
    return struct.pack("<II", len(frame), len(columns)) + b"".join(pack_column(column) for column in columns)


def headrace(folder, content, frame, batch=1024):
    """(class indexes, flags, scores) of every row."""
    model, rows, answers = (folder / name for name in ("model.onnx", "rows", "answers"))
    model.write_bytes(content)
    rows.write_bytes(pack(frame))
    result = subprocess.run([TOOL, model, rows, answers, str(batch)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return unpack(answers.read_bytes())


def unpack(content):
    rows, scores = struct.unpack_from("<II", content)
    layout = numpy.dtype([("index", "<i4"), ("flags", "u1"), ("scores", "<f8", (scores,))])
    table = numpy.frombuffer(content, layout, rows, 8)
    return table["index"], table["flags"], table["scores"]


def runtime(content, frame):
    """(labels, scores) of onnxruntime; a regressor's values as scores."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feeds = {}
    for entry in session.get_inputs():
        values = frame[entry.name].to_numpy().reshape(-1, 1)
        feeds[entry.name] = values if values.dtype == object else values.astype(numpy.float32)
    answers = session.run(None, feeds)
    if len(answers) == 1:
        return None, answers[0].reshape(len(frame), -1)
    if isinstance(answers[1], list):
        return answers[0], numpy.array([list(row.values()) for row in answers[1]])
    return answers[0], answers[1]


def same_in_all_batches(folder, content, frame):
    """The answers in batches of 1,024; those in batches of 1 and of 13 must be the same, bit for bit."""
    whole = headrace(folder, content, frame)
    some = frame.iloc[:3000]
    for batch in (1, 13):
        for part, one in zip(whole, headrace(folder, content, some, batch)):
            assert part[:len(some)].tobytes() == one.tobytes(), f"batches of {batch}"
    return whole
