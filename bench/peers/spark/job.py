"""The reference's streaming job, with the features that its model was trained on: Kafka, JSON, features, the distance by
a broadcast join, the pipeline model, JSON, Kafka. Nothing of it runs in Python: the plan is made here, the JVM runs it.

    python job.py WORKLOAD BOOTSTRAP IN OUT LINGER_MS JARS [MODEL TABLE]

SPDX-License-Identifier: Apache-2.0
"""
import signal
import sys
import tempfile

from pyspark.ml import PipelineModel
from pyspark.sql import functions as F
from session import session

# The request of schemas/flight_delay_request.avsc without what is computed here, and the field that the benches fill up.
FIELDS = ["UUID", "Origin", "Dest", "Carrier", "FlightDate", "FlightNum", "Timestamp", "Note"]
REQUEST = ", ".join([f"{name} string" for name in FIELDS] + ["DepDelay double"])
OUT = [*FIELDS, "DepDelay", "DayOfYear", "DayOfMonth", "DayOfWeek", "Distance", "Route"]


def predicted(spark, values, model, table):
    distances = F.broadcast(spark.read.schema("Origin string, Dest string, Distance double").json(table))
    date = F.to_date("FlightDate", "yyyy-MM-dd")
    rows = (values.select(F.from_json(F.col("value").cast("string"), REQUEST).alias("r")).select("r.*")
            .withColumns({"DayOfYear": F.dayofyear(date), "DayOfMonth": F.dayofmonth(date), "DayOfWeek": F.weekday(date) + 1,
                          "Route": F.concat_ws("-", "Origin", "Dest")})
            .join(distances, ["Origin", "Dest"]))
    scored = PipelineModel.load(model).transform(rows)
    return scored.select(F.to_json(F.struct(*OUT, F.col("Prediction").cast("int").alias("Prediction"))).alias("value"))


def main(workload, bootstrap, source, out, linger, checkpoints, jars, *files):
    spark = session(jars)
    values = (spark.readStream.format("kafka").option("kafka.bootstrap.servers", bootstrap).option("subscribe", source)
              .option("startingOffsets", "earliest").load())
    rows = values.select("key", "value") if workload == "pass" else predicted(spark, values, *files)
    (rows.writeStream.format("kafka").option("kafka.bootstrap.servers", bootstrap).option("topic", out)
     .option("checkpointLocation", checkpoints).option("kafka.acks", "all").option("kafka.linger.ms", linger)
     .option("kafka.batch.size", 256 << 10).start().awaitTermination())


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    main(*sys.argv[1:6], folder, *sys.argv[6:])
