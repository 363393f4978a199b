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
from services.process import wait_until  # noqa: E402

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
    "version": _version(), "jvm": " ".join(JVM[:3]) + ", AppCDS", "serdes": "byte[]", "json": "Jackson streaming",
    "guarantee": "at-least-once, acks=all, idempotent", "commit_ms": 1000, "fetch_mib": 8, "max_poll_records": 10000,
    "batch_kib": 256, "linger_ms": {"throughput": 20, "latency to 5,000/s": 0, "latency above": 1},
}


LONGEST_S = 90


def _java():
    return subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr


def _jar():
    """A jar, since an archive of classes takes no folders."""
    def make(work):
        cache.run("javac", "-cp", f"{cache.jars(POM)}/*", "-d", work / "classes", *SOURCES)
        cache.run("jar", "--create", "--file", work / "peer.jar", "-C", work / "classes", ".")
    name = f"kafka_streams-jar-{cache.key_of(POM, _java(), *SOURCES)}"
    return cache.once(name, make, "compiling the Kafka Streams peer") / "peer.jar"


def _archive():
    """Where the classes are as the JVM wants them in memory (AppCDS): it starts in half the time with that."""
    return cache.folder() / f"kafka_streams-archive-{cache.key_of(POM, _java(), ' '.join(JVM), *SOURCES)}" / "peer.jsa"


def prepare(broker, job, records):
    """A run makes the archive at its end: once, into the cache."""
    def make(work):
        java, *rest = map(str, command(job))
        process = subprocess.Popen([java, f"-XX:ArchiveClassesAtExit={work / 'peer.jsa'}", "-Xlog:cds=off", *rest])
        try:
            wait_until(lambda: sum(broker.topics.end_offsets(job.out_topic).values()) >= records, LONGEST_S, "no records to archive by")
            process.terminate()
            process.wait(LONGEST_S)
        finally:
            process.kill()
            process.wait()
        if not (work / "peer.jsa").exists():
            raise RuntimeError("the JVM made no archive of its classes")
    cache.once(_archive().parent.name, make, "archiving the classes of the Kafka Streams peer")


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
    _jar()
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
    shared = [f"-XX:SharedArchiveFile={_archive()}"] if _archive().exists() else []
    return ["java", *shared, *JVM, "-cp", f"{cache.jars(POM)}/*:{_jar()}", "Peer", name, job.bootstrap, job.in_topic, job.out_topic,
            job.group, _linger(job), job.threads, DEAD_LETTERS, *files]
