# SPDX-License-Identifier: Apache-2.0
"""How good the model is, beside what needs no model: the most frequent class, and one line of arithmetic."""
import numpy
from sklearn.metrics import confusion_matrix, f1_score

import forest
from flights import LABEL_NAMES, classes


def accuracy(labels, predicted):
    return round(float(numpy.mean(labels == predicted)), 4)


def macro_f1(labels, predicted):
    return round(float(f1_score(labels, predicted, average="macro")), 4)


def scores(labels, predicted):
    return {"accuracy": accuracy(labels, predicted), "macro_f1": macro_f1(labels, predicted)}


def best_rule(flights):
    """Minutes that a flight makes up on its way, if one number must do for all: the best on these flights."""
    labels = flights["Class"].to_numpy()
    return max(range(31), key=lambda minutes: accuracy(labels, classes(flights["DepDelay"] - minutes)))


def baselines(train, test):
    """What the model must be measured against, on the same test rows. The rule in hindsight has been told what is best
    on the test rows: it shows how much of a gain is the season."""
    labels = test["Class"].to_numpy()
    frequent = int(train["Class"].value_counts().idxmax())
    minutes = {"rule": best_rule(train), "rule_in_hindsight": best_rule(test)}
    found = {name: {"minutes": m, **scores(labels, classes(test["DepDelay"] - m))} for name, m in minutes.items()}
    return {"majority": {"class": frequent, **scores(labels, numpy.full(len(labels), frequent))}, **found}


def spread(values):
    return {"mean": round(float(numpy.mean(values)), 4), "min": min(values), "max": max(values)}


def evaluate(models, inputs, labels):
    """Of {seed: model}, the first in full, all of them as mean and range."""
    predicted = {seed: model.predict(inputs) for seed, model in models.items()}
    runs = [scores(labels, values) for values in predicted.values()]
    first = next(iter(predicted.values()))
    confusion = confusion_matrix(labels, first, labels=range(len(LABEL_NAMES)))
    recall = [round(float(row[i] / row.sum()), 4) for i, row in enumerate(confusion)]
    return {"model": {**runs[0], "confusion": confusion.tolist(), "recall": recall},
            "seeds": {"seeds": list(models), "accuracy": spread([run["accuracy"] for run in runs]),
                      "macro_f1": spread([run["macro_f1"] for run in runs])}}


def evaluate_mistakes(model, inputs, labels):
    """What two mistakes of the application that this one replaces do to the same model on the same flights: categories
    that never reach it, and a day of the week that counts from 0. Both ran without an error."""
    right = model.predict(inputs)
    mistakes = {"categories_blank": inputs.assign(**dict.fromkeys(forest.CATEGORIES, forest.HIDDEN)),
                "day_of_week_from_0": inputs.assign(DayOfWeek=inputs["DayOfWeek"] - 1)}
    answers = {name: model.predict(changed) for name, changed in mistakes.items()}
    return {name: {"labels_changed": round(float(numpy.mean(answer != right)), 4), "accuracy": accuracy(labels, answer)}
            for name, answer in answers.items()}


def importance(model):
    """Each input's share of what the splits gained, from the training months."""
    shares = model.named_steps["forest"].feature_importances_
    return {name: round(float(share), 3) for name, share in zip(forest.INPUTS, shares)}
