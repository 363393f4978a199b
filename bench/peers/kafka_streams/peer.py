"""Kafka Streams: the workloads as topologies of its own, in Java, tuned as far as its settings help.

SPDX-License-Identifier: Apache-2.0
"""
import importlib.util
import pathlib
import subprocess
import sys

from harness import machine
from harness.workloads import DEAD_LETTERS, FLIGHT, FOLDER, WORKLOADS

sys.path.append(str(machine.ROOT / "tests/support"))
from services import cache  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
POM = HERE / "pom.xml"
SOURCES = sorted((HERE / "java").glob("*.java"))
JVM = ["-XX:+UseParallelGC", "-Xms512m", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
TABLES = {"flight": FLIGHT / "data/origin_dest_distances.jsonl", "yahoo": FOLDER / "yahoo/ads.jsonl",
          "nexmark_q13": FOLDER / "nexmark/side_input.jsonl"}


def _version():
    return machine.first(r"<artifactId>kafka-streams</artifactId>\s*<version>([\d.]+)", POM.read_text())


NAME = "kafka_streams"
ENDS = False
SETTINGS = {
    "version": _version(), "jvm": " ".join(JVM[:3]), "serdes": "byte[]", "json": "Jackson streaming",
    "guarantee": "at-least-once, acks=all, idempotent", "commit_ms": 1000, "fetch_mib": 8, "max_poll_records": 10000,
    "batch_kib": 256, "linger_ms": {"throughput": 20, "latency to 5,000/s": 0, "latency above": 1},
}


def _java():
    return subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr


def _classes():
    def make(work):
        cache.run("javac", "-cp", f"{cache.jars(POM)}/*", "-d", work, *SOURCES)
    return cache.once(f"kafka_streams-classes-{cache.key_of(POM, _java(), *SOURCES)}", make, "compiling the Kafka Streams peer")


def forest(model):
    """The file with the numbers of a model. Other peers read it too."""
    source = HERE / "onnx_dump.py"

    def make(work):
        spec = importlib.util.spec_from_file_location("onnx_dump", source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        (work / "forest").write_bytes(module.dump(pathlib.Path(model).read_bytes()))
    name = f"kafka_streams-forest-{cache.key_of(source, pathlib.Path(model))}"
    return cache.once(name, make, f"reading the trees of {pathlib.Path(model).name}") / "forest"


def build():
    cache.jars(POM)
    _classes()
    forest(WORKLOADS["flight_20x5"].model)  # the larger ones when they are asked for


def supports(job):
    return not job.workload.mongo


def _linger(job):
    """0 where the machine has time for a request per record."""
    if job.profile == "throughput":
        return "throughput"
    return "0" if job.rate <= 5000 else "1"


def command(job):
    name = job.workload.name
    table = TABLES.get("flight" if job.workload.forest else name)
    files = [table] if table else []
    if job.workload.forest:
        files.append(forest(job.workload.model))
    return ["java", *JVM, "-cp", f"{cache.jars(POM)}/*:{_classes()}", "Peer", name, job.bootstrap, job.in_topic, job.out_topic,
            job.group, _linger(job), job.threads, DEAD_LETTERS, *files]
