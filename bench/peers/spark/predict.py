"""What the pipeline model itself says of rows with features: a prediction a line, in order. To check the streaming job.

    python predict.py MODEL ROWS.jsonl OUT

SPDX-License-Identifier: Apache-2.0
"""
import sys

from pyspark.ml import PipelineModel
from session import session
from train import NUMBERS, WORDS


def main(model, rows, out):
    types = ", ".join([f"{name} double" for name in NUMBERS] + [f"{name} string" for name in WORDS])
    read = session().read.schema(types).json(rows).coalesce(1)
    scored = PipelineModel.load(model).transform(read)
    with open(out, "w", encoding="ascii") as file:
        file.writelines(f"{int(row.Prediction)}\n" for row in scored.select("Prediction").collect())


main(*sys.argv[1:])
