"""bench/run: from the plan to lines of results, with the time that is left.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import collections
import contextlib
import dataclasses
import pathlib
import sys
import tempfile
import time

import pymongo
import stage_runs

from . import alike, machine, measure, peers, plan, rounds, trials, workloads
from .broker import RealBroker, StubBroker, fill
from .results import Results


def options(arguments):
    parser = argparse.ArgumentParser(prog="bench/run")
    parser.add_argument("--peers", action="store_true", help="the peers instead of limits, factors and stages")
    parser.add_argument("--quick", action="store_true", help="two short rounds of each: does it work?")
    parser.add_argument("--only", default="", help="groups, with commas between")
    parser.add_argument("--rounds", type=int, help="of every group, instead of the plan's")
    parser.add_argument("--out", type=pathlib.Path, help="default build/bench.jsonl, build/peers.jsonl with --peers")
    parser.add_argument("--list", action="store_true", help="print the groups and their budgets")
    opt = parser.parse_args(arguments)
    opt.out = opt.out or machine.ROOT / "build" / ("peers.jsonl" if opt.peers else "bench.jsonl")
    return opt


def planned(opt):
    """The parts of the run, in order."""
    if opt.peers:
        parts = [*plan.PEER_GROUPS, *plan.PEER_LATENCIES, *plan.PEER_STARTS]
    else:
        parts = [*plan.GROUPS, *plan.LATENCIES, *plan.STARTS, *plan.STAGES]
    wanted = [name for name in opt.only.split(",") if name]
    named = [part for part in plan.TRIALS if part.name in wanted]
    unknown = set(wanted) - {part.name for part in [*parts, *named]}
    if unknown:
        sys.exit(f"bench/run: there is no group {', '.join(sorted(unknown))}; --list prints them")
    parts = [part for part in parts if not wanted or part.name in wanted] + named
    return [shortened(part, opt) for part in parts]


def shortened(part, opt):
    count = opt.rounds or (2 if opt.quick else part.rounds)
    seconds = part.seconds * count / part.rounds
    if not opt.quick:
        return dataclasses.replace(part, rounds=count, seconds=round(seconds))
    if isinstance(part, plan.Group):
        return dataclasses.replace(part, rounds=count, seconds=round(seconds / 2), mbytes=max(3, part.mbytes // 10))
    if isinstance(part, plan.Latency):
        return dataclasses.replace(part, rounds=1, seconds=part.seconds // 4, length_s=6)
    return dataclasses.replace(part, rounds=count, seconds=round(seconds))


class Run:
    def __init__(self, broker, results, parts, with_peers):
        self.broker, self.results, self.parts = broker, results, parts
        self.systems = {"raw": [workloads.Raw()], "prototype": [workloads.Prototype()], "headrace": [workloads.Headrace()],
                        "trials": trials.TRIALS, "linger_trials": trials.LINGERS,
                        "peers": self._peers() if with_peers else []}
        self.mongo = None
        self.started = time.monotonic()
        self.outs = {}
        self.counted = {}
        self.different = set()  # (peer, workload) that is not measured
        broker.topic(workloads.DEAD_LETTERS, 1, forget=True)

    def _peers(self):
        found = []
        for name in peers.names():
            try:
                peer = peers.load(name)
                peer.build()
                found.append(peer)
            except Exception as error:  # whatever a peer does wrong, the others are measured
                self.results.fail("build", "", name, "", 0, error)
                print(f"   {name} could not be built: {error}")
        return found

    def compare(self):
        """Each peer's output with headrace's, of the workloads that are asked for."""
        wanted = dict.fromkeys(workload for part in self.parts for system, workload, *_ in part.runs if system == "peers")
        comparison = alike.Comparison(self.broker, self.systems["headrace"][0])
        for peer in self.systems["peers"]:
            for name in wanted:
                if peer.supports(workloads.Job(workloads.WORKLOADS[name], self.broker.bootstrap, "", "", "")):
                    self.compare_one(comparison, peer, name)

    def compare_one(self, comparison, peer, name, attempts=2):
        """A second attempt, since one that is not measured is missing in all that follows."""
        for left in reversed(range(attempts)):
            try:
                comparison.prepare(peer, workloads.WORKLOADS["flight_20x5"])
                fields = comparison.of(peer, workloads.WORKLOADS[name])
                break
            except Exception as error:  # whatever it does wrong, the others are measured
                print(f"   {peer.NAME} {name} differs{'' if left else ' and is not measured'}: {error}", flush=True)
                if left == 0:
                    self.different.add((peer.NAME, name))
                    self.results.fail("check", name, peer.NAME, self.broker.name, 0, error, {"group": "check"})
                    return
        self.results.add("check", name, peer.NAME, self.broker.name, 0, {"group": "check", **fields})
        print(f"   {peer.NAME:14} {name:14} as headrace puts it out: {fields['compared']}", flush=True)

    def out_topic(self, partitions):
        """One for all runs with so many partitions: what is in it does not matter, only how much comes."""
        if partitions not in self.outs:
            self.outs[partitions] = self.broker.topic(f"bench_out_{partitions}", partitions, forget=True)
        return self.outs[partitions]

    def jobs(self, part, in_topic, partitions, broker=None, out=None, **more):
        for system_name, workload, *threads in part.runs:
            for system in self.systems[system_name]:
                job = workloads.Job(workloads.WORKLOADS[workload], (broker or self.broker).bootstrap, in_topic,
                                    out or self.out_topic(partitions), f"bench_{system.NAME}", partitions=partitions,
                                    threads=threads[0] if threads else 1, **more)
                if system.supports(job) and (system.NAME, workload) not in self.different:
                    yield system, job

    def group(self, part):
        with contextlib.ExitStack() as stack:
            broker, topic, out, records, distinct = stack.enter_context(self.filled(part))
            lengths = {1: (topic, records)}
            entries = []
            for system, job in self.jobs(part, topic, part.partitions, broker, out, **self.mongo_options(part)):
                share = getattr(system, "SHARE", 1)
                if share not in lengths:
                    shorter = dataclasses.replace(part, mbytes=max(1, round(part.mbytes * share)))
                    _, short, _, count, _ = stack.enter_context(self.filled(shorter))
                    lengths[share] = short, count
                source, count = lengths[share]
                job = dataclasses.replace(job, in_topic=source)
                entries.append(rounds.Entry(system, job, count, self.expected(broker, system, job, count),
                                            add=self.factor(part, job), rounds=getattr(system, "ROUNDS", part.rounds),
                                            check=self.documents(min(records, distinct)) if job.workload.mongo else None))
            warm = next((e for e in entries if e.system.NAME == "raw"), None)
            if warm is not None:
                rounds.run_entry(broker, warm)  # the broker's own start: not counted
            table(rounds.throughput(broker, self.results, part.suite, part.name, entries, part.rounds))

    @contextlib.contextmanager
    def filled(self, part):
        """(broker, topic in, topic out, records in it, different ones)"""
        if part.stub:
            broker = StubBroker(part.partitions, endless={"bench_in": part.mbytes * plan.MB // 300 // part.partitions},
                                discard=("bench_out",))
            try:
                done = fill(broker, "bench_in", part.records, records=5000 * part.partitions)
                repeats = -(-(part.mbytes * plan.MB // 300 // part.partitions) // 5000)
                yield broker, "bench_in", "bench_out", max(1, repeats) * done["records"], done["distinct"]
            finally:
                broker.stop()
            return
        topic = self.broker.topics.create_new(f"bench_{part.records}", partitions=part.partitions,
                                              config={"segment.bytes": str(256 << 20)})
        try:
            done = fill(self.broker, topic, part.records, bytes=part.mbytes * plan.MB)
            yield self.broker, topic, self.out_topic(part.partitions), done["records"], done["distinct"]
        finally:
            self.broker.topics.admin.delete_topics([topic])[topic].result(15)

    @staticmethod
    def factor(part, job):
        if not part.factor:
            return {}
        name, value = part.factor
        return {"factor": name, "value": job.threads if name == "threads" else value}

    def expected(self, broker, system, job, records):
        """How many records come out of `records`, counted by a run of headrace where the workload does not say."""
        if job.workload.mongo:
            return 0
        if system.NAME == "raw" or job.workload.share != (0, 0):
            return records
        key = job.in_topic, job.workload.name
        if key not in self.counted:
            entry = rounds.Entry(self.systems["headrace"][0], job, records, 1)
            self.counted[key] = rounds.run_entry(broker, entry, touch=False, at_least=True)["records_out"]
        return self.counted[key]

    def mongo_options(self, part):
        if not any(workloads.WORKLOADS[run[1]].mongo for run in part.runs):
            return {}
        if self.mongo is None:
            from services.mongo import Mongo  # found through harness.broker
            self.mongo = Mongo(self.broker.server.folder.parent / "mongo")
            self.mongo.start()
        return {"mongo_uri": self.mongo.uri}

    def documents(self, count):
        """Counts what a run put into MongoDB, and takes it away."""
        def check():
            with pymongo.MongoClient(self.mongo.uri) as client:
                found = client["bench"]["out"].count_documents({})
                client["bench"].drop_collection("out")
            if found != count:
                raise measure.Failed(f"{found} of {count} documents in MongoDB")
        return check

    def tried(self, part, number, failed, **more):
        """The jobs of a round; who has failed twice is not run again."""
        for system, job in rounds.turned(list(self.jobs(part, "", 1, profile="latency", follow=True, **more)), number):
            if failed.get((system.NAME, job.workload.name), 0) < 2:
                yield system, job

    def latency(self, part):
        rows, failed = {}, collections.Counter()
        for number in range(part.rounds):
            for system, job in self.tried(part, number, failed, rate=part.rate):
                try:
                    line = self.latency_kept(part, system, job, number)
                    rows.setdefault((system.NAME, job.workload.name), []).append(line)
                except (measure.Failed, OSError) as error:
                    failed[system.NAME, job.workload.name] += 1
                    self.results.fail(part.suite, job.workload.name, system.NAME, self.broker.name, number, error,
                                      {"group": part.name})
        for (system, workload), lines in rows.items():
            print(f"   {system:14} {workload:14} p50 {rounds.spread([x['warm']['p50_us'] for x in lines]):>24} µs"
                  f"  p99 {rounds.spread([x['warm']['p99_us'] for x in lines]):>26} µs"
                  f"  cold p99 {rounds.spread([x['cold']['p99_us'] for x in lines]):>26} µs"
                  f"  RSS {rounds.spread([x['peak_kib'] / 1024 for x in lines], 1)} MiB"
                  f"  idle {rounds.spread([x['idle'] * 100 for x in lines])} %")

    def latency_kept(self, part, system, job, number):
        """One run, or a second one where the host stole too much of the first."""
        for last in (False, True):
            # A topic of its own: who starts must not find what was sent to the one before.
            source = self.broker.topics.create_new("bench_latency", partitions=1)
            out = self.broker.topics.create_new("bench_latency_out", partitions=1)
            job = dataclasses.replace(job, in_topic=source, out_topic=out, group=source)
            line = measure.latency(self.broker, system.command(job), source, out, rate=part.rate, seconds=part.length_s,
                                   linger_ms=part.linger_ms, limit_s=90, environment=workloads.environment(system, job))
            again = line["steal"] > rounds.STEAL_MAX and not last
            self.results.add(part.suite, job.workload.name, system.NAME, self.broker.name, number,
                             {"group": part.name, **line, **({"dropped": True} if again else {})},
                             {"profile": "latency", **system.SETTINGS})
            if not again:
                return line

    def start(self, part):
        rows, failed = {}, collections.Counter()
        for number in range(-1, part.rounds):  # the first one is the broker's own start: not counted
            for system, job in self.tried(part, number, failed):
                source = self.broker.topics.create_new("bench_start", partitions=1)
                out = self.broker.topics.create_new("bench_start_out", partitions=1)
                fill(self.broker, source, job.workload.records, records=1)
                job = dataclasses.replace(job, in_topic=source, out_topic=out, group=source)
                try:
                    line = measure.run(self.broker, system.command(job), out, 1, ends=False, limit_s=90, touch=False,
                                       environment=workloads.environment(system, job))
                except (measure.Failed, OSError) as error:
                    failed[system.NAME, job.workload.name] += 1
                    self.results.fail("start", job.workload.name, system.NAME, self.broker.name, number, error,
                                      {"group": part.name})
                    continue
                if number < 0:
                    continue
                fields = {name: line[name] for name in ("first_out_ms", "rss_mib", "steal", "idle")}
                self.results.add("start", job.workload.name, system.NAME, self.broker.name, number,
                                 {"group": part.name, **fields}, system.SETTINGS)
                rows.setdefault((system.NAME, job.workload.name), []).append(line)
        for (system, workload), lines in rows.items():
            print(f"   {system:14} {workload:14} first record out {rounds.spread([x['first_out_ms'] for x in lines]):>24} ms")

    def stages(self, part):
        lines, troubles = stage_runs.collect(part.rounds)
        for line in lines:
            fields = {name: value for name, value in line.items() if name not in ("suite", "workload", "system")}
            self.results.add("stage", line["workload"], line["system"], "none", 0, {"group": part.name, **fields})
            print(f"   {line['workload']:24} {line['system']:12} {line['ns']:14,.1f} ns per {line['item']}")
        for what, why in troubles:
            self.results.fail("stage", "", what, "none", 0, why, {"group": part.name})
            print(f"   {what} failed: {why}")

    def all(self):
        left = sum(part.seconds for part in self.parts)
        if self.systems["peers"]:
            print("== do the peers what headrace does?", flush=True)
            self.compare()
        for part in self.parts:
            print(f"== {part.name}: {part.rounds} rounds, about {part.seconds} s; {left / 60:.0f} min left, "
                  f"{(time.monotonic() - self.started) / 60:.1f} min gone", flush=True)
            left -= part.seconds
            try:
                self.part(part)
            except Exception as error:  # the rest goes on
                self.results.fail(getattr(part, "suite", type(part).__name__.lower()), "", part.name, self.broker.name, 0, error)
                print(f"   {part.name} failed: {error}", flush=True)

    def part(self, part):
        if isinstance(part, plan.Group):
            self.group(part)
        elif isinstance(part, plan.Latency):
            self.latency(part)
        elif isinstance(part, plan.Stages):
            self.stages(part)
        else:
            self.start(part)

    def stop(self):
        if self.mongo is not None:
            self.mongo.stop()


def table(kept):
    """Rates are steady ones; CPU is that of the whole run."""
    base = next((rows for entry, rows in kept.items() if entry.system.NAME == "raw"), None)
    for entry, rows in kept.items():
        there = [row for row in rows if row]
        threads = f" x{entry.job.threads}" if entry.job.threads > 1 else ""
        line = f"   {entry.name + threads:14} {entry.job.workload.name:14}" \
               f" {rounds.spread([(r['rate_steady'] or r['rate']) / 1000 for r in there]):>22} k/s" \
               f" {rounds.spread([r['cpu_ns'] for r in there]):>24} ns {rounds.spread([r['rss_mib'] for r in there]):>16} MiB"
        if base is not None and rows is not base:
            line += f"  / raw: rate {rounds.spread(rounds.ratios(rows, base, 'rate_steady'), 2)}" \
                    f", CPU {rounds.spread(rounds.ratios(rows, base, 'cpu_ns'), 2)}" \
                    f", CPU steady {rounds.spread(rounds.ratios(rows, base, 'cpu_ns_steady'), 2)}"
        print(line, flush=True)


def main(arguments):
    if arguments[:1] == ["http"]:
        from . import http_cost
        return http_cost.main(arguments[1:])
    opt = options(arguments)
    parts = planned(opt)
    for part in parts:
        print(f"{part.name:18} {part.rounds} rounds  {part.seconds:4} s")
    print(f"{'all':18}           {sum(part.seconds for part in parts) / 60:4.0f} min")
    if opt.list:
        return 0
    results = Results(opt.out, {"peers": opt.peers, "quick": opt.quick, "only": opt.only, "rounds": opt.rounds})
    with tempfile.TemporaryDirectory() as folder:
        broker = RealBroker(folder)
        run = None
        try:
            run = Run(broker, results, parts, opt.peers)
            run.all()
        finally:
            if run is not None:
                run.stop()
            broker.stop()
    print(f"{opt.out}: {(time.monotonic() - run.started) / 60:.1f} min, {results.failed} runs failed")
    return 1 if results.failed else 0
