"""The goals: a declared formula for each row, computed from the lines. Its text is made from the formula, so that what is
said to be computed is what is computed.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses

from .lines import NOTHING, called, number, of_stage, spread

RAW, FLIGHT, PASS = ("pass", "raw"), "flight_20x5", "pass"
OWN = ("pipeline", "peers_pipeline")  # the first that was measured
PEERS = ("peers_pipeline",)
KAFKA_STREAMS, SPARK = "kafka_streams", "spark"
NOT_MEASURED = "not measured in this run"


def side(workload, system):
    return f"{system} {workload}"


@dataclasses.dataclass(frozen=True)
class Value:
    """A field of a system's lines."""
    groups: tuple
    of: tuple  # (workload, system)
    field: str
    scale: float = 1.0

    def of_group(self, data, group):
        return data.figure(group, *self.of, self.field).scaled(self.scale)

    def text(self, groups):
        by = "" if self.scale == 1.0 else f" / {1 / self.scale:g}"
        return f"`{self.field}`{by} of {side(*self.of)}, {groups}"


@dataclasses.dataclass(frozen=True)
class Ratio:
    """Of two systems, or of two fields of one, within each round."""
    groups: tuple
    over: tuple
    under: tuple
    field: str
    under_field: str = ""
    values: tuple = (None, None)  # of the factor

    def of_group(self, data, group):
        return data.ratio(group, self.over, self.under, self.field, *self.values, self.under_field)

    def text(self, groups):
        over, under = side(*self.over), side(*self.under)
        if self.values != (None, None):
            over, under = (f"{name} with {value}" for name, value in zip((over, under), self.values))
        if self.under_field:
            return f"`{self.field}` / `{self.under_field}` of {over}, {groups}"
        return f"`{self.field}` of {over} / {under}, {groups}"


@dataclasses.dataclass(frozen=True)
class Stage:
    """A stage's median and range, as bench_stages took them."""
    stage: str
    groups: tuple = ("stage",)
    system: str = "headrace"

    def of_group(self, data, _):
        line = data.stages().get(self.stage, {}).get(self.system)
        return of_stage(line) if line else NOTHING

    def text(self, _):
        return f"`ns` of stage {self.stage}"


def computed(formula, data):
    """Its figure, and what it is computed as: of the first group that was measured."""
    for group in formula.groups:
        figure = formula.of_group(data, group)
        if figure:
            return figure, formula.text(group)
    return NOTHING, formula.text(" or ".join(formula.groups))


@dataclasses.dataclass(frozen=True)
class Goal:
    title: str
    sign: str  # <= or >=
    limit: float
    unit: str
    formula: object

    def holds(self, value):
        return value <= self.limit if self.sign == "<=" else value >= self.limit

    def limit_text(self):
        digits = 0 if self.limit == int(self.limit) else 1 if self.limit > 2 else 2
        return f"{'≤' if self.sign == '<=' else '≥'} {number(self.limit, digits)}{' ' + self.unit if self.unit else ''}"

    def figure_text(self, figure):
        """With more digits where rounding would say the contrary of the verdict."""
        text = spread(figure)
        for digits in (3, 4):
            shown = float(text.split(" ")[0].replace(",", ""))
            if self.holds(shown) == self.holds(figure.median):
                break
            text = f"{number(figure.median, digits)} ({number(figure.low, digits)}–{number(figure.high, digits)})"
        return f"{text}{' ' + self.unit if self.unit else ''}"

    def verdict(self, data):
        """True, False, or None where nothing was measured."""
        figure, _ = computed(self.formula, data)
        return self.holds(figure.median) if figure else None


def flight(system):
    return (FLIGHT, system)


def latency_goals():
    for name, rate in (("latency_1k", "1 k"), ("latency_10k", "10 k")):
        groups = (name, f"peers_{name}")
        yield Goal(f"p99 at {rate} records/s, flight / raw", "<=", 1.2, "",
                   Ratio(groups, flight("headrace"), RAW, "warm.p99_us"))
        yield Goal(f"p99 at {rate} records/s, flight, cold / warm", "<=", 2, "",
                   Ratio(groups, flight("headrace"), flight("headrace"), "cold.p99_us", "warm.p99_us"))


def peer(title, limit, system, groups, field):
    """How many times the peer's figure is ours, where less is better."""
    return Goal(f"flight: {title}, {called(system)} / headrace", ">=", limit, "×", Ratio(groups, flight(system), flight("headrace"), field))


GOALS = [
    Goal("pass: CPU per record / raw", "<=", 1.10, "", Ratio(OWN, (PASS, "headrace"), RAW, "cpu_ns")),
    Goal("pass: rate / raw", ">=", 0.90, "", Ratio(OWN, (PASS, "headrace"), RAW, "rate")),
    Goal("flight 20×5: CPU per record / prototype", "<=", 1.08, "",
         Ratio(("pipeline",), flight("headrace"), flight("prototype"), "cpu_ns")),
    Goal("flight 20×5: rate / raw", ">=", 0.65, "", Ratio(OWN, flight("headrace"), RAW, "rate")),
    Goal("JSON project + validate + splice", "<=", 220, "ns", Stage("json_splice")),
    Goal("forest 20×5", "<=", 90, "ns", Stage("forest_20x5")),
    Goal("forest 100×10", "<=", 1700, "ns", Stage("forest_100x10")),
    *latency_goals(),
    Goal("start: exec to the first record out", "<=", 200, "ms",
         Value(("start", "peers_start"), flight("headrace"), "first_out_ms")),
    Goal("RSS at 1 k records/s", "<=", 25, "MiB",
         Value(("latency_1k", "peers_latency_1k"), flight("headrace"), "rss_kib", 1 / 1024)),
    Goal("peak RSS under full load", "<=", 64, "MiB", Value(OWN, flight("headrace"), "rss_mib")),
    peer("CPU per record, steady", 3.5, KAFKA_STREAMS, PEERS, "cpu_ns_steady"),
    peer("CPU per record, whole run", 5, KAFKA_STREAMS, PEERS, "cpu_ns"),
    Goal(f"flight: rate, headrace / {called(KAFKA_STREAMS)}", ">=", 3.3, "×",
         Ratio(PEERS, flight("headrace"), flight(KAFKA_STREAMS), "rate")),
    peer("peak RSS under full load", 10, KAFKA_STREAMS, PEERS, "rss_mib"),
    peer("cold p99 at 1 k records/s", 10, KAFKA_STREAMS, ("peers_latency_1k",), "cold.p99_us"),
    peer("cold p99 at 10 k records/s", 10, KAFKA_STREAMS, ("peers_latency_10k",), "cold.p99_us"),
    peer("start", 5, KAFKA_STREAMS, ("peers_start",), "first_out_ms"),
    peer("p50 at 1 k records/s", 50, SPARK, ("peers_latency_1k",), "warm.p50_us"),
    peer("peak RSS under full load", 8, SPARK, PEERS, "rss_mib"),
    peer("start", 50, SPARK, ("peers_start",), "first_out_ms"),
    Goal("threads 1 → 2 on 4 partitions: CPU per record", "<=", 1.10, "",
         Ratio(("threads",), flight("headrace"), flight("headrace"), "cpu_ns", values=(2, 1))),
]


def verdict_text(verdict):
    return {True: "met", False: "**missed**", None: NOT_MEASURED}[verdict]


def table(data):
    rows = ["| figure | goal | median (min–max) | | computed as |", "|---|---|---|---|---|"]
    for goal in GOALS:
        figure, text = computed(goal.formula, data)
        rows.append(f"| {goal.title} | {goal.limit_text()} | {goal.figure_text(figure) if figure else '–'} "
                    f"| {verdict_text(goal.verdict(data))} | {text} |")
    return "\n".join(rows)


# --- what the limits reach --------------------------------------------------------------------------

LIMITS = (("prototype", flight("prototype")), ("raw", RAW))


def with_limit(formula, of):
    """The same ratio with a limit in place of headrace."""
    return dataclasses.replace(formula, **{name: of for name in ("over", "under") if getattr(formula, name) == flight("headrace")})


def floors():
    """(goal, limit, formula) of each goal beside Kafka Streams that a limit has a figure for."""
    for goal in GOALS:
        formula = goal.formula
        if isinstance(formula, Ratio) and flight(KAFKA_STREAMS) in (formula.over, formula.under):
            if formula.field in ("cpu_ns_steady", "cpu_ns", "rate"):
                yield from ((goal, name, with_limit(formula, of)) for name, of in LIMITS)
            elif formula.field == "cold.p99_us":
                yield goal, "raw", with_limit(formula, RAW)


def floor_table(data):
    rows = ["| goal | | headrace | in its place | reaches (min–max) | computed as |", "|---|---|---|---|---|---|"]
    for goal, limit, formula in floors():
        own, _ = computed(goal.formula, data)
        figure, text = computed(formula, data)
        rows.append(f"| {goal.title} | {goal.limit_text()} | {goal.figure_text(own) if own else NOT_MEASURED} | {limit} "
                    f"| {goal.figure_text(figure) if figure else NOT_MEASURED} | {text} |")
    return "\n".join(rows)


def in_process(data):
    """What headrace's own code costs above the pipeline by hand, beside what the CPU of the whole process differs by."""
    stages = [computed(Stage(FLIGHT, system=system), data)[0] for system in ("headrace", "prototype")]
    whole = [computed(Value(("pipeline",), flight(system), "cpu_ns"), data)[0] for system in ("headrace", "prototype")]
    return [difference(*stages), difference(*whole)]


def difference(own, limit):
    """Of the medians."""
    return f"{number(own.median - limit.median)} ns" if own and limit else NOT_MEASURED


def floors_text(data):
    stage, whole = in_process(data)
    return (f"{floor_table(data)}\n\nFlight 20×5, headrace minus prototype, per record (medians): in process (stage `{FLIGHT}`) {stage}; "
            f"CPU of the whole process (`cpu_ns`, pipeline) {whole}.")


def counted(data):
    """(met, missed, not measured)"""
    verdicts = [goal.verdict(data) for goal in GOALS]
    return verdicts.count(True), verdicts.count(False), verdicts.count(None)
