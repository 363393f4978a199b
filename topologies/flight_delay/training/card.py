# SPDX-License-Identifier: Apache-2.0
"""The model card: what metrics.json says, for people."""
import flights as nyc
import forest

TEMPLATE = """\
# Model card: {model}

<!-- Written by training/train.py; change that, not this. -->

Predicts the arrival-delay class of a flight from what is known when it departs. {trees} trees of depth {depth}
(scikit-learn {sklearn}, random forest), exported to ONNX by skl2onnx {skl2onnx}. {bytes:,} bytes, SHA-256 `{sha256}`.

| class | meaning | arrival delay in minutes |
|---|---|---|
{classes}

**What it can do, and what it cannot.** It is about as good as one line of arithmetic: take the departure delay, subtract
{minutes} minutes, look up the class. Of {rows:,} flights of the two months after its training it gets {accuracy:.1%} right;
the line gets {rule:.1%}, or {hindsight:.1%} with the {hindsight_minutes} minutes that suit these two months best, which nobody knew before; always
answering "{frequent}" gets {majority:.1%}. Use it to see a real model in a stream, not to plan a connection.

## Measured on November and December 2013
Trained on {first} to {last}, {train_rows:,} flights; measured on the {rows:,} flights of {test_first} to {test_last}. The
file holds the model that was measured: it was not trained again on all months.

| | accuracy | macro-F1 |
|---|---|---|
| always class {frequent_class} | {majority:.4f} | {majority_f1:.4f} |
| class of departure delay - {minutes} minutes | {rule:.4f} | {rule_f1:.4f} |
| the same in hindsight: - {hindsight_minutes} minutes | {hindsight:.4f} | {hindsight_f1:.4f} |
| **this model (seed {seed})** | **{accuracy:.4f}** | **{f1:.4f}** |
| mean of the seeds {seeds} | {mean:.4f} | {mean_f1:.4f} |
| their range | {low:.4f} to {high:.4f} | {low_f1:.4f} to {high_f1:.4f} |

The {minutes} minutes are the best number for the training months. Confusion matrix of this model:

| what happened \\ predicted | 0 | 1 | 2 | 3 | recall |
|---|---|---|---|---|---|
{confusion}

Share of each input in the splits' gain: {importance}.

## What silent mistakes do to it
The application that this replaces made two mistakes that no error and no log showed. The same model, the same flights:

| | labels changed | accuracy |
|---|---|---|
| as it should be | | {accuracy:.4f} |
| carrier, origin, destination and route never reach the model | {blank_changed:.1%} | {blank:.4f} |
| day of the week from 0 to 6 where the model learned 1 to 7 | {day_changed:.2%} | {day:.4f} |

headrace refuses the first when it checks the topology (an input that no field feeds), and the topology corrects the second.

## Data
- {package} from PyPI (licence field: CC0; from the US Bureau of Transportation Statistics): flights of 2013 from Newark,
  Kennedy and LaGuardia. SHA-256 of its flights.csv: `{data_sha256}`. Cancelled and diverted flights are left out.
- **Only these three origins.** An airport, airline or route from elsewhere is unseen: it gets the code {unknown}, which the
  model has met in training because 1 % of the rows each had carrier, origin, destination or route hidden. headrace counts
  such requests.
- Distances are those of the table that the topology joins, not the data's own: they differ on {other_distance:,} of
  {known_rows:,} flights, by at most {other_distance_max:.0f} mile. {without_distance:,} flights flew a route that the table
  lacks; the topology dead-letters such requests, so they are in neither part.
- Calendar features are derived from FlightDate as in the topology: DayOfYear from 1, DayOfMonth, DayOfWeek 1 (Monday) to 7.
- max_features is {share}: chosen by training on January to August and comparing on September and October. The number of trees
  and their depth are those of the system that this one replaces.

## The file
Inputs, each [N, 1]: {numbers} (float), {categories} (string). Outputs: label (int64), probabilities (float [N, 4]).

Metadata, each value JSON: `headrace.kind`, `.label_names`, `.bucket_splits` (minutes), `.unknown_code`, `.trained_with_nan`,
`.seed`, `.trained_on`, `.metrics`, `.versions`, and `.golden`: {golden} rows with the trainer's answers, which headrace
scores before the model goes live. Unseen categories and values on and beside the splits are among them. Its layout:

```json
{{"inputs": {{"DepDelay": [2.0, ...], "Carrier": ["UA", ...], ...}}, "label": [2, ...], "scores": [[0.1, 0.3, 0.5, 0.1], ...]}}
```

Every list has one entry per row; `scores` holds one number per class, in the order of the classes.

The same data, seed and library versions ({versions}) give the same bytes.
"""


def class_rows():
    limits = ["below -15", "-15 to below 0", "0 to below 30", "30 and more"]
    return "\n".join(f"| {i} | {name} | {limit} |" for i, (name, limit) in enumerate(zip(nyc.LABEL_NAMES, limits)))


def confusion_rows(model):
    rows = zip(nyc.LABEL_NAMES, model["confusion"], model["recall"])
    return "\n".join(f"| {i} {name} | {' | '.join(map(str, row))} | {recall:.2f} |"
                     for i, (name, row, recall) in enumerate(rows))


def text(summary):
    found, data = summary["metrics"], summary["trained_on"]
    mistakes, seeds, library = found["mistakes"], found["seeds"], summary["versions"]
    return TEMPLATE.format(
        model=summary["model"], sha256=summary["sha256"], bytes=summary["bytes"], seed=summary["seed"],
        trees=forest.TREES, depth=forest.DEPTH, share=forest.FEATURE_SHARE, unknown=forest.UNKNOWN_CODE,
        numbers=", ".join(forest.NUMBERS), categories=", ".join(forest.CATEGORIES), golden=summary["golden_rows"],
        sklearn=library["scikit-learn"], skl2onnx=library["skl2onnx"],
        versions=", ".join(f"{name} {number}" for name, number in library.items()),
        classes=class_rows(), confusion=confusion_rows(found["model"]),
        rows=found["rows"], test_first=found["first"], test_last=found["last"],
        accuracy=found["model"]["accuracy"], f1=found["model"]["macro_f1"],
        minutes=found["rule"]["minutes"], rule=found["rule"]["accuracy"], rule_f1=found["rule"]["macro_f1"],
        hindsight=found["rule_in_hindsight"]["accuracy"], hindsight_f1=found["rule_in_hindsight"]["macro_f1"],
        hindsight_minutes=found["rule_in_hindsight"]["minutes"],
        importance=", ".join(f"{name} {share}" for name, share in found["importance"].items()),
        blank=mistakes["categories_blank"]["accuracy"], blank_changed=mistakes["categories_blank"]["labels_changed"],
        day=mistakes["day_of_week_from_0"]["accuracy"], day_changed=mistakes["day_of_week_from_0"]["labels_changed"],
        frequent_class=found["majority"]["class"], frequent=nyc.LABEL_NAMES[found["majority"]["class"]],
        majority=found["majority"]["accuracy"], majority_f1=found["majority"]["macro_f1"],
        seeds=f"{seeds['seeds'][0]} to {seeds['seeds'][-1]}", mean=seeds["accuracy"]["mean"],
        low=seeds["accuracy"]["min"], high=seeds["accuracy"]["max"], mean_f1=seeds["macro_f1"]["mean"],
        low_f1=seeds["macro_f1"]["min"], high_f1=seeds["macro_f1"]["max"],
        package=data["package"], data_sha256=data["sha256"], train_rows=data["rows"], first=data["first"],
        last=data["last"], known_rows=data["rows"] + found["rows"], other_distance=data["other_distance"],
        other_distance_max=data["other_distance_max"], without_distance=data["without_distance"])
