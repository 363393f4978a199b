#!/usr/bin/env python3
"""The larger forests of the benches: trained as topologies/flight_delay/models/flight_delay.onnx is, by the same code on
the same flights, with more trees and deeper ones, from every fourth flight. They are there for what they cost, not for
what they know. The same bytes each time.

    python make_forests.py FOLDER      writes forest_20x10.onnx and forest_100x10.onnx

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "topologies/flight_delay/training"))

import export  # noqa: E402
import flights as nyc  # noqa: E402
import forest  # noqa: E402
import train  # noqa: E402

SIZES = [(20, 10), (100, 10)]
SEED, EVERY = 42, 4


def make(rows, trees, depth):
    forest.TREES, forest.DEPTH = trees, depth
    inputs = forest.inputs_of(rows)
    pipeline = forest.fit(inputs, rows["Class"], SEED, jobs=-1)
    model = export.graph_of(pipeline)
    export.describe(model, {"kind": "classifier", "label_names": nyc.LABEL_NAMES, "unknown_code": forest.UNKNOWN_CODE,
                            "trained_with_nan": False})
    return model.SerializeToString(deterministic=True)


def main(folder):
    rows = train.prepare(None)[0].iloc[::EVERY].reset_index(drop=True)
    for trees, depth in SIZES:
        path = pathlib.Path(folder) / f"forest_{trees}x{depth}.onnx"
        path.write_bytes(make(rows, trees, depth))
        print(f"{path}: {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
