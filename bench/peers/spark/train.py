"""The reference's pipeline, trained with Spark ML: words to numbers, a vector of nine features, a random forest.

    python train.py ROWS.csv OUT

SPDX-License-Identifier: Apache-2.0
"""
import sys

from pyspark.ml import Pipeline
from pyspark.ml.classification import RandomForestClassifier
from pyspark.ml.feature import StringIndexer, VectorAssembler
from session import session

NUMBERS = ["DepDelay", "Distance", "DayOfMonth", "DayOfWeek", "DayOfYear"]
WORDS = ["Carrier", "Origin", "Dest", "Route"]


def main(rows, out):
    spark = session()
    types = ", ".join([f"{name} double" for name in NUMBERS] + [f"{name} string" for name in WORDS] + ["Label double"])
    indexer = StringIndexer(inputCols=WORDS, outputCols=[f"{name}_index" for name in WORDS], handleInvalid="keep")
    assembler = VectorAssembler(inputCols=NUMBERS + indexer.getOutputCols(), outputCol="Features")
    # maxBins is the reference's: more than there are routes.
    forest = RandomForestClassifier(featuresCol="Features", labelCol="Label", predictionCol="Prediction", numTrees=20,
                                    maxDepth=5, maxBins=4657, seed=1)
    learnt = spark.read.csv(rows, header=True, schema=types)
    Pipeline(stages=[indexer, assembler, forest]).fit(learnt).write().save(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
