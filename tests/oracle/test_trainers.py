# SPDX-License-Identifier: Apache-2.0
"""What scikit-learn's exporters write, on made-up data with whole and broken numbers, unseen categories and NaN: headrace
gives the trainer's label and scores, and onnxruntime's where the two agree."""
import json

import numpy
import pandas
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (ExtraTreesClassifier, GradientBoostingClassifier, GradientBoostingRegressor,
                              HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier,
                              RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from engines import MISSING, UNSEEN, export, runtime, same_in_all_batches, with_golden

NUMBERS = ["Delay", "Miles", "Share"]
TEXTS = ["Carrier", "Origin"]
ROWS = 6000


def synthetic(seed, nan=0.0, unseen=0.0):
    """Rows whose target depends on everything in them. Synthetic: no real flights."""
    draw = numpy.random.RandomState(seed)
    frame = pandas.DataFrame({
        "Delay": numpy.round(draw.gamma(2, 12, ROWS) - 10), "Miles": draw.randint(80, 2500, ROWS).astype(float),
        "Share": draw.random_sample(ROWS), "Carrier": draw.choice(["AA", "B6", "DL", "UA", "\u00c5L"], ROWS),
        "Origin": draw.choice(["EWR", "JFK", "LGA"], ROWS)})
    target = (frame["Delay"] * 1.3 + frame["Miles"] * 0.004 * frame["Share"]
              + frame["Carrier"].map({"AA": 0, "B6": 9, "DL": -6, "UA": 3, "\u00c5L": 14}) + draw.normal(0, 6, ROWS))
    for name in TEXTS:
        frame[name] = frame[name].astype(object)
        frame.loc[draw.random_sample(ROWS) < unseen, name] = "??"
    for name in NUMBERS:
        values = frame[name].astype(numpy.float32)
        values[draw.random_sample(ROWS) < nan] = numpy.nan
        frame[name] = values
    return frame, target.to_numpy()


def labels_of(target, classes):
    return numpy.digitize(target, [15] if classes == 2 else [5, 18, 35])


def codes(numbers="passthrough"):
    return ColumnTransformer([
        ("numbers", numbers, NUMBERS),
        ("codes", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), TEXTS)])


def one_hot(scaler):
    numbers = Pipeline([("fill", SimpleImputer()), ("scale", scaler)])
    return ColumnTransformer([("texts", OneHotEncoder(handle_unknown="ignore"), TEXTS), ("numbers", numbers, NUMBERS)])


def filled():
    return codes(SimpleImputer(strategy="median"))


CLASSIFIERS = {
    # name: (columns, trainer, does the trained model take NaN?)
    "tree": (codes, lambda: DecisionTreeClassifier(max_depth=9, random_state=1), False),
    "forest": (codes, lambda: RandomForestClassifier(20, max_depth=5, random_state=1), False),
    "deep_forest": (codes, lambda: RandomForestClassifier(30, max_depth=14, random_state=1), False),
    "forest_filled": (filled, lambda: RandomForestClassifier(20, max_depth=8, random_state=1), True),
    "extra_trees": (codes, lambda: ExtraTreesClassifier(20, max_depth=8, random_state=1), False),
    "boosting": (codes, lambda: GradientBoostingClassifier(n_estimators=30, random_state=1), False),
    "hist_boosting": (codes, lambda: HistGradientBoostingClassifier(max_iter=30, random_state=1), True),
    "logistic": (lambda: one_hot(StandardScaler()), lambda: LogisticRegression(max_iter=2000), True),
    "logistic_min_max": (lambda: one_hot(MinMaxScaler()), lambda: LogisticRegression(max_iter=2000), True),
}
REGRESSORS = {
    "forest": (codes, lambda: RandomForestRegressor(20, max_depth=8, random_state=1), False),
    "boosting": (codes, lambda: GradientBoostingRegressor(n_estimators=30, random_state=1), False),
    "hist_boosting": (codes, lambda: HistGradientBoostingRegressor(max_iter=30, random_state=1), True),
    "linear": (lambda: one_hot(StandardScaler()), LinearRegression, True),
}


def whole_numbers(frame):
    """HistGradientBoosting's export rounds thresholds to nearest, so broken numbers can fall on another side."""
    return frame.assign(Share=numpy.round(frame["Share"] * 50).astype(numpy.float32))


def fitted(columns, trainer, frame, answer, nan):
    pipeline = Pipeline([("columns", columns()), ("model", trainer())])
    return pipeline.fit(frame if nan else frame.fillna(0), answer)


def test_cases(nan):
    """Frames to compare on: plain, unseen, NaN, both; the last two only for models that take NaN."""
    cases = [synthetic(8)[0], synthetic(9, unseen=0.2)[0]]
    return cases + ([synthetic(10, nan=0.1)[0], synthetic(11, nan=0.1, unseen=0.2)[0]] if nan else [])


test_cases.__test__ = False


def check_flags(flags, frame):
    unseen = frame[TEXTS].isin(["??"]).any(axis=1)
    missing = frame[NUMBERS].isna().any(axis=1)
    assert ((flags & UNSEEN) != 0).tolist() == unseen.tolist()
    assert ((flags & MISSING) != 0).tolist() == missing.tolist()


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_answers_as_its_trainer(tmp_path, name, classes):
    columns, trainer, nan = CLASSIFIERS[name]
    frame, target = synthetic(7, nan=0.05 if nan else 0)
    frame = whole_numbers(frame)
    pipeline = fitted(columns, trainer, frame, labels_of(target, classes), nan)
    content = export(pipeline, frame)
    for rows in map(whole_numbers, test_cases(nan)):
        index, flags, scores = same_in_all_batches(tmp_path, content, rows)
        wanted = pipeline.predict_proba(rows)
        assert numpy.abs(scores - wanted).max() < 1e-6
        assert (index == wanted.argmax(axis=1)).all()
        labels, other = runtime(content, rows)
        assert (index == labels).all()
        assert numpy.abs(scores - other).max() < 2e-6
        check_flags(flags, rows)


@pytest.mark.parametrize("name", REGRESSORS)
def test_a_regressor_answers_as_its_trainer(tmp_path, name):
    columns, trainer, nan = REGRESSORS[name]
    frame, target = synthetic(7, nan=0.05 if nan else 0)
    frame = whole_numbers(frame)
    pipeline = fitted(columns, trainer, frame, target, nan)
    content = export(pipeline, frame)
    for rows in map(whole_numbers, test_cases(nan)):
        index, _, values = same_in_all_batches(tmp_path, content, rows)
        wanted = pipeline.predict(rows)
        assert (index == -1).all()
        assert (numpy.abs(values[:, 0] - wanted) < 5e-6 * numpy.maximum(1, numpy.abs(wanted))).all()


def test_a_forest_gets_broken_numbers_right(tmp_path):
    """skl2onnx rounds the thresholds of a forest down, which keeps every comparison of floats."""
    frame, target = synthetic(7)
    pipeline = fitted(codes, lambda: RandomForestClassifier(40, random_state=1), frame, labels_of(target, 4), False)
    content = export(pipeline, frame)
    splits = numpy.unique(numpy.concatenate(
        [tree.tree_.threshold[tree.tree_.feature == 2] for tree in pipeline.named_steps["model"].estimators_]))
    near = splits.astype(numpy.float32)
    near = numpy.concatenate([near, numpy.nextafter(near, numpy.float32(9)), numpy.nextafter(near, numpy.float32(-9))])
    rows = synthetic(12)[0].sample(len(near), replace=True, random_state=1).reset_index(drop=True)
    rows["Share"] = near
    index, _, scores = same_in_all_batches(tmp_path, content, rows)
    wanted = pipeline.predict_proba(rows)
    assert (index == wanted.argmax(axis=1)).all() and numpy.abs(scores - wanted).max() < 1e-6


def test_text_labels_and_zipmap_are_read(tmp_path):
    frame, target = synthetic(7)
    names = numpy.array(["early", "fine", "late", "very late"])
    pipeline = fitted(codes, lambda: RandomForestClassifier(10, max_depth=4, random_state=1), frame,
                      names[labels_of(target, 4)], False)
    index, _, scores = same_in_all_batches(tmp_path, export(pipeline, frame, zipmap=True), frame)
    assert (names[index] == pipeline.predict(frame)).all()
    assert numpy.abs(scores - pipeline.predict_proba(frame)).max() < 1e-6


def test_a_file_whose_golden_rows_differ_is_refused(tmp_path):
    frame, target = synthetic(7)
    pipeline = fitted(codes, lambda: RandomForestClassifier(10, max_depth=4, random_state=1), frame,
                      labels_of(target, 4), False)
    rows = frame.iloc[:40]
    golden = {"inputs": {name: rows[name].tolist() for name in rows.columns}, "label": pipeline.predict(rows).tolist(),
              "scores": pipeline.predict_proba(rows).tolist()}
    content = export(pipeline, frame)
    same_in_all_batches(tmp_path, with_golden(content, golden), frame)
    golden["scores"][17][0] += 1e-4
    with pytest.raises(AssertionError, match="golden row 17: a score is"):
        same_in_all_batches(tmp_path, with_golden(content, json.dumps(golden)), frame)
