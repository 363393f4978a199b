"""A Spark session as the peer has it: local, two threads, a heap of 1 GB.

SPDX-License-Identifier: Apache-2.0
"""
import tempfile

from pyspark.sql import SparkSession


def session(jars=""):
    folder = tempfile.gettempdir()  # TMPDIR, which the JVM does not look at
    found = SparkSession.builder.master("local[2]").appName("bench").config(map={
        "spark.driver.memory": "1g", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder}", "spark.local.dir": folder, "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2", "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "ERROR", **({"spark.jars": jars} if jars else {})}).getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    return found
