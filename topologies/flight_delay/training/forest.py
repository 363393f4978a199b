# SPDX-License-Identifier: Apache-2.0
"""The classifier: strings to codes, then a forest of 20 trees of depth 5, like the one it replaces.

One thing differs from the usual: some training rows have a category hidden, so that -1, the code of a category never
seen, is a value that the forest has met. ONNX gives unseen strings that code without saying so.
"""
import numpy
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

NUMBERS = ["DepDelay", "Distance", "DayOfMonth", "DayOfWeek", "DayOfYear"]
CATEGORIES = ["Carrier", "Origin", "Dest", "Route"]
INPUTS = NUMBERS + CATEGORIES
UNKNOWN_CODE = -1
HIDDEN = ""  # stands for a category that nobody knows; no airport and no airline is called that
HIDDEN_SHARE = 0.01
TREES, DEPTH = 20, 5
# Share of the features that a split may choose from. Of sqrt, .5, .6, .7, .8 and all, trained on January to August,
# this one was best on September and October; the test months had no say.
FEATURE_SHARE = 0.7


def inputs_of(flights):
    """The model's inputs: numbers as the graph sees them (float32), strings as Python objects."""
    numbers = flights[NUMBERS].astype(numpy.float32)
    return pandas.concat([numbers, flights[CATEGORIES].astype(object)], axis=1)


def hide_categories(inputs, seed):
    """A copy in which 1 % of the rows lost the carrier, 1 % the origin, 1 % the destination and 1 % the route only; a
    route whose airport is unknown is unknown too."""
    draw = numpy.random.RandomState(seed).random_sample(len(inputs)) / HIDDEN_SHARE
    hidden = inputs.copy()
    hidden.loc[draw < 1, "Carrier"] = HIDDEN
    hidden.loc[(draw >= 1) & (draw < 2), ["Origin", "Route"]] = HIDDEN
    hidden.loc[(draw >= 2) & (draw < 3), ["Dest", "Route"]] = HIDDEN
    hidden.loc[(draw >= 3) & (draw < 4), "Route"] = HIDDEN
    return hidden


def fit(inputs, labels, seed, jobs=None):
    """The same pipeline for the same seed, bit by bit, whatever the number of jobs."""
    known = [numpy.array(sorted(inputs[name].unique()), dtype=object) for name in CATEGORIES]
    encoder = OrdinalEncoder(categories=known, handle_unknown="use_encoded_value", unknown_value=UNKNOWN_CODE)
    columns = ColumnTransformer([("numbers", "passthrough", NUMBERS), ("codes", encoder, CATEGORIES)])
    trees = RandomForestClassifier(n_estimators=TREES, max_depth=DEPTH, max_features=FEATURE_SHARE,
                                   random_state=seed, n_jobs=jobs)
    pipeline = Pipeline([("columns", columns), ("forest", trees)])
    pipeline.fit(hide_categories(inputs, seed), labels)
    trees.n_jobs = 1  # threads would add the trees' scores in any order
    return pipeline
