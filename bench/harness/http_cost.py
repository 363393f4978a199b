"""bench/run http: the flight topology from topic to topic with its HTTP server off, idle, and looked at once a second
as Prometheus and an open live page do. Interleaved, the order turned in each round; ratios are within a round.

--before TREE adds a built tree of an earlier version: what counting costs, and not just showing the counts.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import pathlib
import tempfile
import threading
import urllib.request

from . import measure, rounds, workloads
from .broker import RealBroker, fill, free_port


def options(arguments):
    parser = argparse.ArgumentParser(prog="bench/run http")
    parser.add_argument("--records", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--before", type=pathlib.Path)
    return parser.parse_args(arguments)


class Watch(threading.Thread):
    """A scrape of /metrics and a poll of /topology each second."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.done, self.looks = port, threading.Event(), 0
        self.start()

    def look(self):
        for path in ("/metrics", "/topology"):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                answer.read()

    def run(self):
        while not self.done.is_set():
            try:
                self.look()
            except OSError:  # it does not listen yet, or not any more
                self.done.wait(0.02)
                continue
            self.looks += 1
            self.done.wait(1)

    def stop(self):
        self.done.set()
        self.join()
        return self.looks


class Served(workloads.Headrace):
    """headrace with --http as given."""

    def __init__(self, name, http, binary=None):
        super().__init__(binary, name)
        self.http = http

    def command(self, job):
        return [*super().command(job), *(["--http", self.http] if self.http else [])]


def systems(opt):
    made = [Served("off", "off"), Served("idle", f"127.0.0.1:{free_port()}"), Served("watched", f"127.0.0.1:{free_port()}")]
    if opt.before is not None:
        made.append(Served("before", None, opt.before / "build/release/headrace"))
    return made


def report(results, count, looks):
    print(f"{'':8} {'k records/s':>24} {'CPU ns/record':>24} {'rate / off':>24} {'CPU / off':>24}")
    for name, rows in results.items():
        print(f"{name:8} {rounds.spread([row['rate'] / 1000 for row in rows]):>24} "
              f"{rounds.spread([row['cpu_ns'] for row in rows]):>24} "
              f"{rounds.spread(rounds.ratios(rows, results['off'], 'rate'), 3):>24} "
              f"{rounds.spread(rounds.ratios(rows, results['off'], 'cpu_ns'), 3):>24}")
    worst = max(row["steal"] for rows in results.values() for row in rows)
    print(f"median (min to max) of {count} interleaved rounds; {looks} looks, {looks / count:.1f} a watched run; "
          f"highest steal of a run {worst:.1%}")


def run(broker, system, job, records):
    watch = Watch(int(system.http.rsplit(":", 1)[1])) if system.NAME == "watched" else None
    line = measure.run(broker, system.command(job), job.out_topic, records, environment=system.environment(job))
    return line, watch.stop() if watch else 0


def main(arguments):
    opt = options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        broker = RealBroker(folder)
        try:
            broker.topic("bench_in", opt.partitions)
            broker.topic("bench_out", opt.partitions, forget=True)
            broker.topic(workloads.DEAD_LETTERS, 1)
            filled = fill(broker, "bench_in", "flight", records=opt.records)
            print(f"{broker.name}, one node, {opt.partitions} partitions, {opt.records:,} requests of "
                  f"{filled['bytes'] // filled['records']} bytes, one stream thread")
            made, looks = systems(opt), 0
            results = {system.NAME: [] for system in made}
            for number in range(opt.rounds):
                for system in rounds.turned(made, number):
                    job = workloads.Job(workloads.WORKLOADS["flight_20x5"], broker.bootstrap, "bench_in", "bench_out",
                                        f"{system.NAME}-{number}", partitions=opt.partitions)
                    line, seen = run(broker, system, job, opt.records)
                    results[system.NAME].append(line)
                    looks += seen
            report(results, opt.rounds, looks)
        finally:
            broker.stop()
    return 0
