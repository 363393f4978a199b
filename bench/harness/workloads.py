"""What is run: the workloads, and for each system the command that runs one.

A peer is bench/peers/NAME/peer.py. It has what Headrace, Raw and Prototype have below:
    NAME                 the name of the system in results
    ENDS                 whether its command ends by itself when the input topic is read to its end
    SETTINGS             a dictionary that goes into each of its result lines: heap, profile, versions
    build()              makes what it needs, into the cache folder; raises when it cannot
    supports(job)        whether it runs that job
    command(job)         the command line
    environment(job)     variables to add (may be left out)
    SHARE                of a group's length in throughput runs, where that would take too long (may be left out)
    ROUNDS               in how many rounds of those it is (may be left out)
    prepare(broker, job, records)    what it wants done with a job that works, once, before it is measured (may be left out)
    compare(workload, wanted, found)    raises alike.Different where its records are not those of headrace (wanted); returns
                         what it compared. Left out: the bytes (alike.py)
Modules are loaded by harness.peers.load().

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import os

from . import machine, models

FOLDER = machine.ROOT / "bench/workloads"
DEAD_LETTERS = "bench_dead_letters"


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    records: str  # bench_fill's name of its records
    topology: str  # in bench/workloads
    forest: str = ""  # trees x depth
    share: tuple = (1, 1)  # of the records read, so many of so many come out; (0, 0): counted by the first system
    mongo: bool = False  # the output goes to MongoDB

    @property
    def model(self):
        """The ONNX file, or nothing."""
        return models.path(self.forest) if self.forest else ""


FLIGHT = models.FLIGHT
WORKLOADS = {one.name: one for one in [
    Workload("pass", "flight", "pass/pass.yaml"),
    Workload("flight_20x5", "flight", "flight/flight.yaml", "20x5"),
    Workload("flight_20x10", "flight", "flight/flight.yaml", "20x10"),
    Workload("flight_100x10", "flight", "flight/flight.yaml", "100x10"),
    Workload("flight_mongo", "flight", "flight/flight_mongo.yaml", "20x5", mongo=True),
    Workload("yahoo", "yahoo", "yahoo/yahoo.yaml", share=(0, 0)),
    Workload("nexmark_q0", "nexmark_bid", "nexmark/nexmark_q0.yaml"),
    Workload("nexmark_q1", "nexmark_bid", "nexmark/nexmark_q1.yaml"),
    Workload("nexmark_q2", "nexmark_bid", "nexmark/nexmark_q2.yaml", share=(0, 0)),
    Workload("nexmark_q13", "nexmark_bid", "nexmark/nexmark_q13.yaml"),
]}


@dataclasses.dataclass(frozen=True)
class Job:
    """One run of a system: everything that its command needs to know."""
    workload: Workload
    bootstrap: str
    in_topic: str
    out_topic: str
    group: str  # not used before
    profile: str = "throughput"  # or latency
    threads: int = 1
    partitions: int = 4
    follow: bool = False  # goes on at the end of the topic until it gets SIGTERM
    mongo_uri: str = ""
    collection: str = "out"
    rate: int = 0  # of a latency run: how many records per second will come


class Raw:
    """librdkafka alone, bytes through: the limit of every workload."""
    NAME, ENDS, SETTINGS = "raw", True, {}
    WORDS = ()

    def supports(self, job):
        return job.threads == 1 and not job.workload.mongo

    def command(self, job):
        return [machine.tool("raw"), job.bootstrap, job.in_topic, job.out_topic, job.group, "--profile", job.profile,
                *(["--follow"] if job.follow else []), *self.WORDS]


class Trial(Raw):
    """raw with something else than what headrace sets or calls: words for bench_raw, variables."""

    def __init__(self, name, what, *words, **variables):
        self.NAME, self.WORDS, self.variables = name, words, variables
        self.SETTINGS = {"what": what}

    def environment(self, job):
        return self.variables


class Prototype:
    """The flight pipeline by hand."""
    NAME, ENDS, SETTINGS = "prototype", True, {}

    def supports(self, job):
        return job.threads == 1 and bool(job.workload.forest) and not job.workload.mongo

    def command(self, job):
        return [machine.tool("prototype"), job.bootstrap, job.in_topic, job.out_topic, job.group, "--profile", job.profile,
                "--model", job.workload.model, "--distances", str(FLIGHT / "data/origin_dest_distances.jsonl"),
                *(["--follow"] if job.follow else [])]


class Headrace:
    """binary: of another tree, to compare two versions."""
    ENDS = True

    def __init__(self, binary=None, name="headrace", sets=()):
        self.NAME, self.binary, self.sets = name, str(binary or machine.HEADRACE), sets
        self.SETTINGS = {"sets": list(sets)} if sets else {}

    def supports(self, job):
        return True

    def command(self, job):
        words = [self.binary, "run", str(FOLDER / job.workload.topology), "--config", str(FOLDER / "headrace.yaml"), "--quiet",
                 "--group", job.group, "--set", f"profile={job.profile}", "--set", f"threads={job.threads}",
                 "--set", "files_root=/"]  # the larger forests are in the cache folder
        for one in self.sets:
            words += ["--set", one]
        return words if job.follow else [*words, "--until-end"]

    def environment(self, job):
        # Paths in a topology are relative to its file.
        model = os.path.relpath(job.workload.model, (FOLDER / job.workload.topology).parent) if job.workload.model else ""
        return {"BENCH_BOOTSTRAP": job.bootstrap, "BENCH_IN": job.in_topic, "BENCH_OUT": job.out_topic, "BENCH_MODEL": model,
                "BENCH_MONGO": job.mongo_uri or "mongodb://127.0.0.1:1", "BENCH_COLLECTION": job.collection}


def environment(system, job):
    return system.environment(job) if hasattr(system, "environment") else {}
