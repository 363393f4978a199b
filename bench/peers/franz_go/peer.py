"""franz-go: a member of a group in Go that produces to another topic, by hand around the client, as one does there.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import sys

from harness import machine, peers
from harness.workloads import DEAD_LETTERS, FLIGHT, WORKLOADS

sys.path.append(str(machine.ROOT / "tests/support"))
from services import cache, golang  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = sorted((HERE / "go").iterdir())
GO_MOD = HERE / "go/go.mod"

NAME = "franz_go"
ENDS = False
SETTINGS = {
    "version": machine.first(r"franz-go v([\d.]+)\n", GO_MOD.read_text()), "json": "jsonparser",
    "guarantee": "at-least-once, acks=all, idempotent", "commit_ms": 1000, "fetch_mib": 16, "fetch_partition_mib": 2,
    "max_poll_records": 10000, "batch_kib": 256, "buffered_records": 30000, "compression": "none", "gogc": 400,
    "linger_ms": {"throughput": 20, "latency to 5,000/s": 0, "latency above": 1},
}


def _binary():
    def make(work):
        cache.run(golang.toolchain(), "build", "-mod=readonly", "-trimpath", "-o", work / "peer", ".", cwd=HERE / "go",
                  env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"})
    return cache.once(f"franz_go-{cache.key_of(*SOURCES)}", make, "compiling the franz-go peer") / "peer"


def _forest(model):
    return peers.load("kafka_streams").forest(model)


def build():
    _binary()
    _forest(WORKLOADS["flight_20x5"].model)


def supports(job):
    """Pass and flight; one goroutine does the work."""
    return job.threads == 1 and not job.workload.mongo and (job.workload.name == "pass" or bool(job.workload.forest))


def _linger(job):
    """0 where the machine has time for a request per record."""
    if job.profile == "throughput":
        return "throughput"
    return "0" if job.rate <= 5000 else "1"


def command(job):
    files = []
    if job.workload.forest:
        files = [_forest(job.workload.model), FLIGHT / "data/origin_dest_distances.jsonl"]
    return [_binary(), job.workload.name, job.bootstrap, job.in_topic, job.out_topic, job.group, _linger(job), DEAD_LETTERS, *files]


def environment(job):
    return {"GOGC": "400"}
