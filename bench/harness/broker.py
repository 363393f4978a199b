"""The broker of a run: a real Apache Kafka, or bench_stub_broker for floors. Every result names which.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import subprocess
import sys

from . import machine

sys.path.append(str(machine.ROOT / "tests/support"))
from services.kafka import Kafka  # noqa: E402
from services.process import free_port, port_answers, wait_until  # noqa: E402
from topics import Topics  # noqa: E402

# The tests' broker starts fast and is compiled by half; a broker that is measured is compiled in full.
JVM = ["-XX:TieredStopAtLevel=4", "-Xms1g", "-Xmx1g"]
SETTINGS = {"log.retention.check.interval.ms": 5000, "log.segment.delete.delay.ms": 1000,
            "log.flush.scheduler.interval.ms": 9223372036854775807}
KEEP_BYTES = 512 << 20  # of a topic that is written over and over, all partitions together


class RealBroker:
    def __init__(self, folder):
        self.name = f"kafka {machine.kafka_version()}"
        self.server = Kafka(pathlib.Path(folder) / "kafka", settings=SETTINGS, jvm=JVM)
        self.server.start()
        self.bootstrap = self.server.bootstrap
        self.pid = self.server.pid
        self.topics = Topics(self.bootstrap)

    def topic(self, name, partitions, forget=False):
        """Makes a topic; with forget, one that need not keep more than the last run wrote."""
        config = {"segment.bytes": str(64 << 20)}
        if forget:
            config["retention.bytes"] = str(max(64 << 20, KEEP_BYTES // partitions))
        return self.topics.create(name, partitions=partitions, config=config)

    def stop(self):
        self.server.stop(30)


class StubBroker:
    """bench_stub_broker: in memory, one process. endless: {topic: records of a partition} that serve what was filled in
    over and over; discard: topics that only count."""

    def __init__(self, partitions=4, endless=None, discard=()):
        self.name = "stub"
        port = free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        words = [word for topic, records in (endless or {}).items() for word in ("--endless", f"{topic}:{records}")]
        words += [word for topic in discard for word in ("--discard", topic)]
        self.process = subprocess.Popen([machine.tool("stub_broker"), "--listen", self.bootstrap, "--partitions",
                                         str(partitions), *words], cwd=machine.ROOT)
        self.pid = self.process.pid
        wait_until(lambda: port_answers(port), 10, "the stub broker does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def fill(broker, topic, workload, **amount):
    """Fills a topic: bytes=N or records=N. Returns {"records", "bytes", "distinct"}."""
    (name, count), = amount.items()
    done = subprocess.run([machine.tool("fill"), broker.bootstrap, topic, "--workload", workload, f"--{name}", str(count)],
                          cwd=machine.ROOT, env=os.environ, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"bench_fill {workload}: {done.stderr[-500:]}")
    return json.loads(done.stdout)
