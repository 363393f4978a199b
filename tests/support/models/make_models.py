# SPDX-License-Identifier: Apache-2.0
"""Makes the models in this folder: small ones of every exporter whose files headrace takes, each with golden rows that
hold the trainer's answers (NaN and zeros among them), two whose exporter is wrong without saying so, and one that
headrace does not evaluate.

    python make_models.py OUT_FOLDER

Packages: those of topologies/flight_delay/training/requirements.txt, and onnxmltools 1.16.0, lightgbm 4.7.0 and
xgboost-cpu 3.2.0. The data is made up. tests/unit/model/test_fixtures.c loads what this writes.
"""
import json
import sys
from pathlib import Path

import lightgbm
import numpy
import onnx
import xgboost
from onnx import helper
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (AdaBoostClassifier, ExtraTreesClassifier, HistGradientBoostingClassifier,
                              RandomForestClassifier)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

WIDTH, ROWS, GOLDEN = 4, 2000, 80


def data(nan):
    """Whole numbers and halves, so that thresholds rounded to float stay between them. The last column is a code."""
    draw = numpy.random.RandomState(3)
    x = (draw.randint(-40, 41, (ROWS, WIDTH)) / 2).astype(numpy.float32)
    x[:, 3] = draw.randint(0, 12, ROWS)
    target = x[:, 0] + x[:, 1] * (x[:, 2] > 3) + 3 * numpy.isin(x[:, 3], [2, 5, 11]) + draw.normal(0, 2, ROWS)
    if nan:
        x[draw.random_sample(x.shape) < 0.1] = numpy.nan
    return x, target


def classes(target, count):
    return numpy.digitize(target, [0] if count == 2 else [-8, 0, 8])


def golden_rows(x):
    rows = x[:GOLDEN].copy()
    rows[0], rows[1] = 0, -1e9
    rows[2] = 1e9
    return rows


def finish(model, rows, predict, scores=None):
    """Sets the golden rows and sorts what comes in the order of a set."""
    values = [[None if numpy.isnan(v) else float(v) for v in row] for row in rows]
    golden = {"inputs": {model.graph.input[0].name: values}}
    if scores is None:
        golden["value"] = [float(v) for v in predict(rows)]
    else:
        golden["label"] = [int(v) for v in predict(rows)]
        golden["scores"] = [[float(v) for v in row] for row in scores(rows)]
    helper.set_model_props(model, {"headrace.golden": json.dumps(golden, separators=(",", ":"))})
    sets = sorted((entry.domain, entry.version) for entry in model.opset_import)
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(*entry) for entry in sets)
    model.graph.name = "fixture"
    return model.SerializeToString(deterministic=True)


def sklearn_file(estimator, nan, count):
    x, target = data(nan)
    estimator.fit(x, classes(target, count))
    model = to_onnx(estimator, initial_types=[("x", FloatTensorType([None, WIDTH]))],
                    options={id(estimator): {"zipmap": False}}, name="fixture")
    return finish(model, golden_rows(x), estimator.predict, estimator.predict_proba)


def booster_file(convert, estimator, nan, count, options=None):
    """count 0: a regressor."""
    x, target = data(nan)
    estimator.fit(x, classes(target, count) if count else target)
    model = convert(estimator, initial_types=[("x", ToolsFloat([None, WIDTH]))], name="fixture", **(options or {}))
    if count:
        return finish(model, golden_rows(x), estimator.predict, estimator.predict_proba)
    return finish(model, golden_rows(x), estimator.predict)


def xgboost_file(nan, count, **settings):
    kind = xgboost.XGBClassifier if count else xgboost.XGBRegressor
    return booster_file(convert_xgboost, kind(n_estimators=8, max_depth=3, random_state=1, n_jobs=1, **settings),
                        nan, count)


def lightgbm_file(nan, count, zipmap=False, **settings):
    kind = lightgbm.LGBMClassifier if count else lightgbm.LGBMRegressor
    trainer = kind(n_estimators=8, num_leaves=7, random_state=1, n_jobs=1, verbose=-1, **settings)
    return booster_file(convert_lightgbm, trainer, nan, count, {"zipmap": zipmap} if count else {})


def blocks(scaler):
    """One matrix input cut into blocks: an ArrayFeatureExtractor for each."""
    return ColumnTransformer([("scaled", scaler, [0, 1]), ("as_is", "passthrough", [3, 2])])


def forest_with_nan():
    """skl2onnx sends NaN to the false child, whatever the forest does: wrong, and here seen by the golden rows."""
    return sklearn_file(RandomForestClassifier(5, max_depth=4, random_state=1), True, 4)


MODELS = {
    "extra_trees": lambda: sklearn_file(ExtraTreesClassifier(5, max_depth=4, random_state=1), False, 4),
    "hist_boosting_nan": lambda: sklearn_file(HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=8), True, 4),
    "logistic_blocks": lambda: sklearn_file(
        Pipeline([("blocks", blocks(StandardScaler())), ("model", LogisticRegression())]), False, 4),
    "logistic_min_max": lambda: sklearn_file(
        Pipeline([("blocks", blocks(MinMaxScaler())), ("model", LogisticRegression())]), False, 2),
    "lightgbm_4": lambda: lightgbm_file(True, 4),
    "lightgbm_2_zipmap": lambda: lightgbm_file(True, 2, zipmap=True),
    "lightgbm_regressor": lambda: lightgbm_file(True, 0),
    "xgboost_4_nan": lambda: xgboost_file(True, 4),
    "xgboost_2": lambda: xgboost_file(False, 2),
    "xgboost_regressor": lambda: xgboost_file(True, 0),
    "xgboost_poisson": lambda: poisson_file(),
}
WRONG = {
    "wrong_forest_nan": forest_with_nan,
    "wrong_lightgbm_zero": lambda: lightgbm_file(True, 4, zero_as_missing=True),
}
UNKNOWN = {
    "unknown_ada_boost": lambda: sklearn_file(AdaBoostClassifier(n_estimators=3, random_state=1), False, 4),
}


def poisson_file():
    x, target = data(False)
    trainer = xgboost.XGBRegressor(n_estimators=8, max_depth=3, random_state=1, n_jobs=1, objective="count:poisson")
    trainer.fit(x, numpy.maximum(0, numpy.round(target / 4 + 6)))
    model = convert_xgboost(trainer, initial_types=[("x", ToolsFloat([None, WIDTH]))], name="fixture")
    return finish(model, golden_rows(x), trainer.predict)


def main(folder):
    for name, make in {**MODELS, **WRONG, **UNKNOWN}.items():
        content = make()
        onnx.load_from_string(content)
        (folder / f"{name}.onnx").write_bytes(content)
        print(f"{name}: {len(content)} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
