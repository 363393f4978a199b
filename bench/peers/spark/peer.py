"""Spark Structured Streaming: the reference's job, corrected so that it computes the features that its model wants.

Its forest is one of the same size, trained by Spark ML on the same flights: Spark reads no ONNX. What goes out is
written anew, and records carry the time of writing, since Spark's sink for Kafka sets none.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import sys

from harness import alike, machine, measure
from harness.workloads import FLIGHT

sys.path.append(str(machine.ROOT / "tests/support"))
from services import cache  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
POM = HERE / "pom.xml"
REQUIREMENTS = HERE / "requirements.txt"
JARS = ("spark-sql-kafka-", "spark-token-provider-kafka-", "kafka-clients-", "commons-pool2-")

NAME = "spark"
ENDS = False
SHARE = 0.1  # of what the others read: it is slow
ROUNDS = 3
SETTINGS = {
    "version": machine.first(r"^pyspark==(.*)", REQUIREMENTS.read_text()), "master": "local[2]", "driver": "1g",
    "trigger": "default", "guarantee": "at-least-once, acks=all", "forest": "Spark ML, 20 trees, depth 5", "batch_kib": 256,
    "linger_ms": {"throughput": 20, "latency": 0}, "timestamps": "not kept",
}


def _environment():
    def make(work):
        cache.run(sys.executable, "-m", "venv", work)
        cache.run(work / "bin/python", "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS)
    name = f"spark-python-{cache.key_of(REQUIREMENTS, sys.version)}"
    return cache.once(name, make, "installing PySpark") / "bin"


def _variables():
    return {"PATH": f"{_environment()}:{os.environ['PATH']}", "PYSPARK_PYTHON": str(_environment() / "python"),
            "SPARK_LOCAL_IP": "127.0.0.1"}


def _model():
    sources = [HERE / "rows.py", HERE / "train.py", HERE / "session.py", REQUIREMENTS, FLIGHT / "training/flights.py",
               FLIGHT / "data/origin_dest_distances.jsonl"]

    def make(work):
        rows = work / "rows.csv"
        cache.run(sys.executable, HERE / "rows.py", rows)
        with measure.scratch(_variables()) as environ:
            cache.run(_environment() / "python", HERE / "train.py", rows, work / "model", env=environ)
        rows.unlink()
    return cache.once(f"spark-model-{cache.key_of(*sources)}", make, "training the forest of the Spark peer") / "model"


def _jars():
    return ",".join(str(jar) for jar in sorted(cache.jars(POM).glob("*.jar")) if jar.name.startswith(JARS))


def build():
    _environment()
    _jars()
    _model()


def supports(job):
    """Pass, and flight with the forest that was trained for it."""
    return job.threads == 1 and job.workload.name in ("pass", "flight_20x5")


def command(job):
    files = [_model(), FLIGHT / "data/origin_dest_distances.jsonl"] if job.workload.forest else []
    return [_environment() / "python", HERE / "job.py", job.workload.name, job.bootstrap, job.in_topic, job.out_topic,
            20 if job.profile == "throughput" else 0, _jars(), *files]


def environment(job):
    return _variables()


def compare(workload, wanted, found):
    """All that goes out but the prediction is headrace's; the prediction is what the pipeline model says of headrace's
    features outside any stream."""
    if not workload.forest:
        alike.same([one.value for one in wanted], [one.value for one in found])
        return "values, byte for byte"
    alike.same(alike.fields(wanted, ["Prediction"]), alike.fields(found, ["Prediction"]))
    with measure.scratch(_variables()) as environ:
        rows, out = pathlib.Path(environ["TMPDIR"]) / "rows.jsonl", pathlib.Path(environ["TMPDIR"]) / "out"
        rows.write_bytes(b"\n".join(one.value for one in wanted))
        cache.run(_environment() / "python", HERE / "predict.py", _model(), rows, out, env=environ)
        alike.same([int(line) for line in out.read_text().split()], [one["Prediction"] for one in alike.fields(found)])
    return "fields; predictions with those of its own model outside the stream"
