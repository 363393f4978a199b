"""bench/run http: the flight topology from topic to topic with its HTTP server off, idle, and looked at once a second
as Prometheus and an open live page do. Interleaved, the order turned in each round; ratios are within a round.

--before TREE adds a built tree of an earlier version: what counting costs, and not just showing the counts.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import re
import tempfile
import threading
import urllib.request

from harness import HEADRACE, REQUESTS, RESPONSES, ROOT, fill, measure, spread
from services.kafka import Kafka
from topics import Topics

CONFIG = "connections:\n  kafka: {type: kafka, bootstrap: '${env:KAFKA_BOOTSTRAP}'}\nprofile: throughput\n"


def options(arguments):
    parser = argparse.ArgumentParser(prog="bench/run http")
    parser.add_argument("--records", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--before", type=pathlib.Path)
    return parser.parse_args(arguments)


class Watch(threading.Thread):
    """A scrape of /metrics and a poll of /topology each second."""

    def __init__(self, log):
        super().__init__(daemon=True)
        self.log, self.done, self.looks = log, threading.Event(), 0
        self.start()

    def run(self):
        address = None
        while address is None and not self.done.wait(0.02):
            address = re.search(r"http on (http://\S+?)/ ", self.log.read_text())
        while not self.done.is_set():
            for path in ("/metrics", "/topology"):
                try:
                    with urllib.request.urlopen(address[1] + path, timeout=5) as answer:
                        answer.read()
                except OSError:  # it has ended
                    return
            self.looks += 1
            self.done.wait(1)

    def stop(self):
        self.done.set()
        self.join()
        Watch.total = getattr(Watch, "total", 0) + self.looks


def commands(opt, config):
    """{name: (command line, what looks at it, working directory)}"""
    def headrace(binary, *more):
        return [str(binary), "run", "topologies/flight_delay/topology.yaml", "--config", str(config),
                "--sinks", "kafka_response", "--until-end", "--quiet", *more]
    made = {
        "off": (headrace(HEADRACE, "--http", "off"), None, ROOT),
        "idle": (headrace(HEADRACE, "--http", "127.0.0.1:0"), None, ROOT),
        "watched": (headrace(HEADRACE, "--http", "127.0.0.1:0"), Watch, ROOT),
    }
    if opt.before is not None:
        made["before"] = (headrace(opt.before.resolve() / "build/release/headrace"), None, opt.before)
    return made


def report(results, rounds):
    print(f"{'':8} {'k records/s':>24} {'CPU ns/record':>24} {'rate / off':>24} {'CPU / off':>24}")
    for name, rows in results.items():
        rate = [row["records_per_s"] / off["records_per_s"] for row, off in zip(rows, results["off"])]
        cpu = [row["cpu_ns"] / off["cpu_ns"] for row, off in zip(rows, results["off"])]
        print(f"{name:8} {spread([row['records_per_s'] / 1000 for row in rows]):>24} "
              f"{spread([row['cpu_ns'] for row in rows]):>24} {spread(rate, 3):>24} {spread(cpu, 3):>24}")
    worst = max(row["steal"] for rows in results.values() for row in rows)
    print(f"median (min to max) of {rounds} interleaved rounds; {Watch.total} looks, {Watch.total / rounds:.1f} a watched run; "
          f"highest steal of a run {worst:.1%}")


def turned(names, by):
    return names[by % len(names):] + names[:by % len(names)]


def main(arguments):
    opt = options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "bench.yaml"
        config.write_text(CONFIG)
        broker = Kafka(pathlib.Path(folder) / "kafka")
        broker.start()
        try:
            topics = Topics(broker.bootstrap)
            for name in (REQUESTS, RESPONSES, "flight_delay_dead_letters"):
                topics.create(name, partitions=opt.partitions, config={"retention.bytes": str(1 << 30)})
            environment = {**os.environ, "KAFKA_BOOTSTRAP": broker.bootstrap}
            size = fill(broker.bootstrap, opt.records)
            print(f"Apache Kafka 4.3.1, one node, {opt.partitions} partitions, {opt.records:,} requests of {size:.0f} bytes "
                  f"on average, one stream thread, {os.cpu_count()} cores for broker and client together")
            variants = commands(opt, config)
            results = {name: [] for name in variants}
            for number in range(opt.rounds):
                for name in turned(list(variants), number):
                    command, watch, tree = variants[name]
                    results[name].append(measure([*command, "--group", f"{name}-{number}"], opt.records, environment,
                                                 watch, tree))
            report(results, opt.rounds)
        finally:
            broker.stop()
