"""Rounds: every system once, in an order that turns from round to round, so that what drifts on the machine meets all of
them alike. What is compared is compared within a round.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import statistics
import uuid

from . import measure, workloads

STEAL_MAX = 0.02  # of a run: above it the round is dropped and made once more


@dataclasses.dataclass(frozen=True, eq=False)
class Entry:
    """What is run in each round: one system with one job. `add` goes into its lines."""
    system: object
    job: workloads.Job
    records: int
    expected: object = None  # records out; None: as many as are read
    label: str = ""  # of the system in results, where its NAME does not do
    add: dict = dataclasses.field(default_factory=dict)
    check: object = None  # called behind each run: raises measure.Failed where it did not do its work
    rounds: int = 1 << 30  # it is in so many rounds, the first ones

    @property
    def name(self):
        return self.label or self.system.NAME


def turned(entries, by):
    return entries[by % len(entries):] + entries[:by % len(entries)]


def run_entry(broker, entry, **more):
    job = dataclasses.replace(entry.job, group=f"{entry.job.group}_{uuid.uuid4().hex[:8]}")
    line = measure.run(broker, entry.system.command(job), job.out_topic, entry.records, expected=entry.expected,
                       ends=entry.system.ENDS, environment=workloads.environment(entry.system, job), **more)
    if entry.check is not None:
        entry.check()
    return line


def throughput(broker, results, suite, group, entries, count, tell=print):
    """Runs `count` rounds and writes a line for each run: its group says which lines belong together. An entry that
    fails twice is not run again. Returns {entry: [fields of each kept round, or None]}."""
    kept = {entry: [] for entry in entries}
    failed = {}
    for number in range(count):
        for attempt in range(2):
            lines = _round(broker, results, suite, group, [e for e in entries if failed.get(e, 0) < 2 and number < e.rounds], number,
                           failed)
            stolen = max((line["steal"] for line in lines.values() if line), default=0)
            again = stolen > STEAL_MAX and attempt == 0
            for entry, line in lines.items():
                if line is not None:
                    results.add(suite, entry.job.workload.name, entry.name, broker.name, number,
                                {"group": group, **line, **({"dropped": True} if again else {}), **entry.add},
                                {"profile": entry.job.profile, "threads": entry.job.threads,
                                 "partitions": entry.job.partitions, **entry.system.SETTINGS})
            if not again:
                break
            tell(f"   steal {stolen:.1%}: round {number + 1} of {group} once more")
        for entry in entries:
            kept[entry].append(lines.get(entry))
    return kept


def _round(broker, results, suite, group, entries, number, failed):
    lines = {}
    for entry in turned(entries, number) if entries else []:
        try:
            lines[entry] = run_entry(broker, entry)
        except (measure.Failed, OSError) as error:
            failed[entry] = failed.get(entry, 0) + 1
            lines[entry] = None
            results.fail(suite, entry.job.workload.name, entry.name, broker.name, number, error,
                         {"group": group, **entry.add})
    return lines


def spread(values, digits=0):
    """Median (min to max)."""
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def ratios(rows, base, field):
    """Of each round that both have."""
    return [row[field] / other[field] for row, other in zip(rows, base)
            if row and other and row.get(field) and other.get(field)]
