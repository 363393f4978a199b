"""Result lines, read for the report: what was kept, by what it is a figure of.

A group that was measured in several runs is taken from the newest of them and never mixed: ratios hold within a run.
SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import json
import statistics


class BadResults(Exception):
    """A file that is not what bench/run writes."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """What some rounds gave."""
    values: tuple

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def low(self):
        return min(self.values)

    @property
    def high(self):
        return max(self.values)

    def __bool__(self):
        return bool(self.values)

    def scaled(self, by):
        return Figure(tuple(value * by for value in self.values))


NOTHING = Figure(())


def of_stage(line):
    """Of a line that has its median and range only."""
    return Figure((line["ns_min"], line["ns"], line["ns_max"]))


def field_of(line, field):
    """"warm.p99_us" is p99_us of warm."""
    for name in field.split("."):
        line = line.get(name) if isinstance(line, dict) else None
    return line if isinstance(line, (int, float)) and not isinstance(line, bool) else None


def read(paths):
    """(headers, lines): each line has the run of the header before it where it names none."""
    headers, lines = [], []
    for path in sorted(paths):
        run = path.name
        for number, text in enumerate(path.read_text().splitlines(), 1):
            if not text.strip():
                continue
            try:
                line = json.loads(text)
                if line["suite"] == "run":
                    run = line["run"]
                    headers.append({**line, "file": path.name})
                else:
                    lines.append({"run": run, **line})
            except (ValueError, KeyError, TypeError) as error:
                raise BadResults(f"{path.name}:{number}: no result line: {error!r}") from error
    return headers, lines


class Data:
    """Lines by (group, workload, system, value of the factor), each a dictionary of rounds."""

    def __init__(self, headers, lines):
        self.headers = headers
        self.dates = {header["run"]: header.get("date", "") for header in headers}
        newest = {}
        for line in lines:
            if "failed" not in line or line.get("group"):
                group = self.group_of(line)
                newest[group] = max(newest.get(group, ("", "")), (self.dates.get(line["run"], ""), line["run"]))
        self.run_of = {group: run for group, (_, run) in newest.items()}
        used = set(self.run_of.values()) or set(self.dates)
        # What failed outside a group (it was not even built) belongs to its whole run.
        self.lines = [line for line in lines
                      if (self.run_of.get(self.group_of(line)) == line["run"] if "failed" not in line or line.get("group")
                          else line["run"] in used)]
        self.kept, self.settings = {}, {}
        for line in self.lines:
            if line.get("dropped") or "failed" in line:
                continue
            key = (self.group_of(line), line.get("workload", ""), line["system"], line.get("value"))
            self.kept.setdefault(key, {})[line.get("round", 0)] = line
            self.settings.setdefault(line["system"], []).append(line.get("settings") or {})
        self.failed = [line for line in self.lines if "failed" in line]

    @staticmethod
    def group_of(line):
        """Stages belong together, and so does what has no group because it failed before there was one."""
        return line.get("group") or line["suite"]

    def groups(self, suite):
        """In the order in which they were measured."""
        found = [self.group_of(line) for line in self.lines if line["suite"] == suite and "failed" not in line]
        return list(dict.fromkeys(found))

    def keys(self, group):
        """(workload, system, value) of a group: workloads as they were measured, limits before ours before others."""
        found = [key[1:] for key in self.kept if key[0] == group]
        workloads = list(dict.fromkeys(key[0] for key in found))
        return sorted(found, key=lambda key: (workloads.index(key[0]), *rank(key[1]), key[2] or 0))

    def figure(self, group, workload, system, field, value=None):
        rounds = self.kept.get((group, workload, system, value), {})
        found = [field_of(line, field) for line in rounds.values()]
        return Figure(tuple(one for one in found if one is not None))

    def ratio(self, group, over, under, field, value=None, under_value=None, under_field=None):
        """Of each round that has both; over and under are (workload, system)."""
        one = self.kept.get((group, *over, value), {})
        other = self.kept.get((group, *under, value if under_value is None else under_value), {})
        pairs = [(field_of(one[number], field), field_of(other[number], under_field or field))
                 for number in sorted(one.keys() & other.keys())]
        return Figure(tuple(a / b for a, b in pairs if a is not None and b))

    def of_suite(self, suite):
        return [line for line in self.lines if line["suite"] == suite and "failed" not in line]

    def stages(self):
        """{stage: {system: line}}"""
        found = {}
        for line in self.of_suite("stage"):
            found.setdefault(line["workload"], {})[line["system"]] = line
        return found

    def rounds(self, group):
        return max((len(rounds) for key, rounds in self.kept.items() if key[0] == group), default=0)


def load(folder):
    return Data(*read(folder.glob("*.jsonl")))


# --- names of systems -----------------------------------------------------------------------------

ORDER = ("raw", "prototype", "headrace")
NAMES = {"kafka_streams": "Kafka Streams", "spark": "Spark", "franz_go": "franz-go", "quix": "Quix Streams", "quixstreams": "Quix Streams",
         "quix_streams": "Quix Streams", "faust": "Faust", "bytewax": "Bytewax"}


def rank(system):
    """To sort by: the limits, ours, the others by name."""
    return (ORDER.index(system) if system in ORDER else len(ORDER), system)


def called(system):
    return NAMES.get(system, system)


# --- numbers as they are printed ------------------------------------------------------------------

def digits_of(value):
    value = abs(value)
    return next((digits for digits, least in enumerate((99.95, 9.995, 0.0995, 0.00995)) if value >= least), 4 if value else 2)


def number(value, digits=None):
    return f"{value:,.{digits_of(value) if digits is None else digits}f}"


def duration(figure):
    """A spread of ns, in the unit that suits it."""
    unit, by = next(((unit, by) for unit, by in (("ns", 1), ("µs", 1e3)) if figure.median < by * 1e4), ("ms", 1e6))
    return f"{spread(figure.scaled(1 / by))} {unit}"


def spread(figure):
    """Median (min–max), all with the digits of the median."""
    if not figure:
        return "–"
    if len(figure.values) == 1:
        return number(figure.median)
    digits = digits_of(figure.median)
    return f"{number(figure.median, digits)} ({number(figure.low, digits)}–{number(figure.high, digits)})"
