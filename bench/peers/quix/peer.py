"""Quix Streams: the workloads in Python, on its dataframe.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import sys

from harness import machine, peers
from harness.workloads import FLIGHT, WORKLOADS

sys.path.append(str(machine.ROOT / "tests/support"))
from services import cache  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"

NAME = "quix"
ENDS = False
SHARE = 0.1  # of what the others read: it is slow
ROUNDS = 3
SETTINGS = {
    "version": machine.first(r"^quixstreams==(.*)", REQUIREMENTS.read_text()), "python": sys.version.split()[0], "json": "orjson",
    "forest": "nested ifs", "guarantee": "at-least-once, acks=all, idempotent", "commit_ms": 1000, "batch_kib": 256,
    "prefetch_mib": 8, "buffered_records": 100000, "linger_ms": {"throughput": 20, "latency to 5,000/s": 0, "latency above": 1},
}


def _python():
    def make(work):
        cache.run(sys.executable, "-m", "venv", work)
        cache.run(work / "bin/python", "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS)
    name = f"quix-python-{cache.key_of(REQUIREMENTS, sys.version)}"
    return cache.once(name, make, "installing Quix Streams") / "bin/python"


def _forest(model):
    return peers.load("kafka_streams").forest(model)


def build():
    _python()
    _forest(WORKLOADS["flight_20x5"].model)


def supports(job):
    """Pass, and flight with a forest that Python compiles in no time."""
    return job.threads == 1 and job.workload.name in ("pass", "flight_20x5")


def _linger(job):
    """0 where the machine has time for a request per record."""
    if job.profile == "throughput":
        return 20
    return 0 if job.rate <= 5000 else 1


def command(job):
    files = [_forest(job.workload.model), FLIGHT / "data/origin_dest_distances.jsonl"] if job.workload.forest else []
    return [_python(), HERE / "job.py", job.workload.name, job.bootstrap, job.in_topic, job.out_topic, job.group,
            _linger(job), *files]
