"""What a whole run consists of, and how long each part may take: one table. Lengths are in bytes, so that records of any
size fit the same time.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses

MB = 1_000_000


@dataclasses.dataclass(frozen=True)
class Group:
    """Rounds over one filled topic. A run is (system, workload) or (system, workload, threads)."""
    name: str
    suite: str
    records: str
    mbytes: int  # filled, and so read by each run
    runs: tuple
    seconds: int  # its budget with the rounds below, on two cores
    partitions: int = 4
    rounds: int = 5
    factor: tuple = ()  # (name, value): a factor other than that of the baseline
    stub: bool = False  # on the broker in memory: a floor


RAW = ("raw", "pass")
GROUPS = [
    Group("pipeline", "throughput", "flight", 900,
          (RAW, ("headrace", "pass"), ("prototype", "flight_20x5"), ("headrace", "flight_20x5")), 150, rounds=7),
    Group("forests", "throughput", "flight", 300,
          (RAW, ("prototype", "flight_20x10"), ("headrace", "flight_20x10"), ("prototype", "flight_100x10"),
           ("headrace", "flight_100x10")), 95),
    Group("floor", "throughput", "flight", 600,
          (RAW, ("headrace", "pass"), ("prototype", "flight_20x5"), ("headrace", "flight_20x5")), 80, stub=True),
    Group("yahoo", "throughput", "yahoo", 400, (RAW, ("headrace", "yahoo")), 45),
    Group("nexmark", "throughput", "nexmark_bid", 300,
          (RAW, *(("headrace", f"nexmark_{q}") for q in ("q0", "q1", "q2", "q13"))), 90),
    Group("mongo", "throughput", "flight", 15, (("headrace", "flight_mongo"),), 40, rounds=3),
    Group("partitions_1", "factor", "flight", 300, (RAW, ("headrace", "flight_20x5")), 40, 1, factor=("partitions", 1)),
    Group("partitions_16", "factor", "flight", 300, (RAW, ("headrace", "flight_20x5")), 45, 16, factor=("partitions", 16)),
    Group("bytes_100", "factor", "flight_100", 150, (RAW, ("headrace", "flight_20x5")), 45, factor=("bytes", 100)),
    Group("bytes_1000", "factor", "flight_1k", 500, (RAW, ("headrace", "flight_20x5")), 40, factor=("bytes", 1000)),
    Group("bytes_10000", "factor", "flight_10k", 1000, (RAW, ("headrace", "flight_20x5")), 50, factor=("bytes", 10000)),
    Group("threads", "factor", "flight", 450, tuple(("headrace", "flight_20x5", n) for n in (1, 2, 3, 4)), 85,
          factor=("threads", None)),
]


@dataclasses.dataclass(frozen=True)
class Latency:
    """Rounds of bench_latency, whose last look at memory is the RSS at that rate."""
    name: str
    rate: int
    linger_ms: str  # of the generator
    runs: tuple
    seconds: int
    rounds: int = 3
    length_s: int = 12
    suite: str = "latency"


LATENCIES = [
    Latency("latency_1k", 1000, "0.1", (RAW, ("headrace", "pass"), ("headrace", "flight_20x5")), 130),
    Latency("latency_10k", 10000, "1", (RAW, ("headrace", "pass"), ("headrace", "flight_20x5")), 130),
]


# Only when asked for by name: what the client could save by how it is called (trials.py).
LINGERS = (RAW, ("linger_trials", "pass"))
TRIALS = [Group("trials", "trial", "flight", 450, (RAW, ("trials", "pass")), 320, rounds=3),
          *(Latency(f"trials_latency_{rate // 1000}k", rate, linger_ms, LINGERS, 140, length_s=8, suite="trial_latency")
            for rate, linger_ms in ((1000, "0.1"), (10000, "1"), (30000, "1")))]


@dataclasses.dataclass(frozen=True)
class Start:
    """exec to the first record out, of one record that waits already."""
    name: str
    runs: tuple
    seconds: int
    rounds: int = 7


STARTS = [Start("start", (RAW, ("headrace", "pass"), ("headrace", "flight_20x5")), 30)]


@dataclasses.dataclass(frozen=True)
class Stages:
    """Parts of the record path in process, beside libraries: bench/stage_runs.py. Rounds are its own."""
    name: str
    seconds: int
    rounds: int = 9
    runs: tuple = ()  # what runs is for bench_stages to say


STAGES = [Stages("stages", 60)]

# With --peers: beside headrace in the same rounds. Each runs what it supports.
PEER_GROUPS = [
    Group("peers_pipeline", "throughput", "flight", 900,
          (RAW, ("prototype", "flight_20x5"), ("headrace", "pass"), ("headrace", "flight_20x5"), ("peers", "pass"),
           ("peers", "flight_20x5")), 560),
    Group("peers_yahoo", "throughput", "yahoo", 400, (RAW, ("headrace", "yahoo"), ("peers", "yahoo")), 75, rounds=3),
    Group("peers_nexmark", "throughput", "nexmark_bid", 300,
          (RAW, *((s, f"nexmark_{q}") for q in ("q0", "q1", "q2", "q13") for s in ("headrace", "peers"))), 180, rounds=3),
]
PEER_LATENCIES = [
    Latency("peers_latency_1k", 1000, "0.1", (RAW, ("headrace", "pass"), ("headrace", "flight_20x5"), ("peers", "pass"),
                                              ("peers", "flight_20x5")), 570),
    Latency("peers_latency_10k", 10000, "1", (RAW, ("headrace", "pass"), ("headrace", "flight_20x5"), ("peers", "pass"),
                                              ("peers", "flight_20x5")), 570),
]
PEER_STARTS = [Start("peers_start", (RAW, ("headrace", "flight_20x5"), ("peers", "flight_20x5")), 130, rounds=5)]
