"""Sentences made of the figures: who is ahead where, and the short form for README.md.

A system is ahead where it was in every round and by more than 5 % in the median; else the two are level.
SPDX-License-Identifier: Apache-2.0
"""
import dataclasses

from . import goals
from .lines import NOTHING, called, duration, number, of_stage, rank, spread
from .tables import NONE, machine_text, markdown, named, without_figures

LEVEL = 0.05
LIMITS = ("raw", "prototype")
NO_ONE = "no one"


@dataclasses.dataclass(frozen=True)
class Metric:
    name: str
    field: str
    more_is_better: bool = False


THROUGHPUT = [Metric("rate", "rate", True), Metric("steady CPU", "cpu_ns_steady"), Metric("whole-run CPU", "cpu_ns"),
              Metric("peak memory", "rss_mib")]
LATENCY = [Metric("p50", "warm.p50_us"), Metric("p99", "warm.p99_us"), Metric("cold p99", "cold.p99_us"), Metric("memory", "rss_kib")]
START = [Metric("start", "first_out_ms")]


def compared(data, group, workload, system, metrics, suffix=""):
    """(name, how many times better headrace is, in each round)"""
    for metric in metrics:
        figure = data.ratio(group, (workload, system), (workload, "headrace"), metric.field)
        if metric.more_is_better:
            figure = data.ratio(group, (workload, "headrace"), (workload, system), metric.field)
        if figure and figure.low > 0:
            yield metric.name + suffix, figure


def verdict(figure):
    if figure.low > 1 and figure.median > 1 + LEVEL:
        return "ahead"
    if figure.high < 1 and 1 / figure.median > 1 + LEVEL:
        return "behind"
    return "level"


def comparisons(data):
    """{peer: {workload: [(name, figure)]}}"""
    found = {}
    for group, metrics, suffix in groups_with_peers(data):
        for workload, system, _ in data.keys(group):
            if is_peer(system):
                rows = list(compared(data, group, workload, system, metrics, suffix))
                found.setdefault(system, {}).setdefault(workload, []).extend(rows)
    return found


def times(figure):
    return f"{number(figure.median)} ×"


def stages_beside_libraries(data):
    """Level where the ranges touch or the medians are within 5 %."""
    counts, slower = {"ahead": 0, "level": 0, "behind": 0}, []
    for stage, systems in data.stages().items():
        own = of_stage(systems["headrace"]) if "headrace" in systems else None
        for name, line in systems.items():
            if name == "headrace" or name in LIMITS or not own or not own.low:
                continue
            other = of_stage(line)
            apart = other.low > own.high or other.high < own.low
            ratio = other.median / own.median
            word = "level" if not apart or abs(ratio - 1) <= LEVEL else "ahead" if ratio > 1 else "behind"
            counts[word] += 1
            if word == "behind":
                slower.append(f"{name} in `{stage}` ({number(ratio)} ×)")
    total = sum(counts.values())
    if not total:
        return []
    return ["", f"Of {total} stages beside a library headrace is ahead in {counts['ahead']}, level in {counts['level']} and behind in "
            f"{counts['behind']}{': ' + ', '.join(slower) if slower else ''}."]


def groups_with_peers(data):
    """(group, metrics, what is said behind their names), of all that have a system besides ours and the limits."""
    for suite, metrics in (("throughput", THROUGHPUT), ("latency", LATENCY), ("start", START)):
        for group in data.groups(suite):
            if any(is_peer(system) for _, system, _ in data.keys(group)):
                yield group, metrics, f" at {group.rsplit('_', 1)[-1].replace('k', ' k')}/s" if suite == "latency" else ""


def is_peer(system):
    return system not in LIMITS and not system.startswith("headrace")


def times_worse(data, group, workload, metric, system, best):
    """In each round."""
    over, under = (best, system) if metric.more_is_better else (system, best)
    return data.ratio(group, (workload, over), (workload, under), metric.field)


def standing(data, group, workload, metric):
    """(who is first, who is level with it, [(who is behind, how many times worse)]), or nothing where it has no rival."""
    systems = [name for one, name, _ in data.keys(group) if one == workload and name not in LIMITS]
    found = {name: data.figure(group, workload, name, metric.field).median for name in systems
             if data.figure(group, workload, name, metric.field)}
    if len(found) < 2:
        return None
    best = sorted(found, key=found.get, reverse=metric.more_is_better)[0]
    rivals = [(name, times_worse(data, group, workload, metric, name, best)) for name in found if name != best]
    rivals = [(name, figure) for name, figure in rivals if figure]
    level = [name for name, figure in rivals if verdict(figure) == "level"]
    return best, level, sorted(((name, figure) for name, figure in rivals if name not in level), key=lambda one: one[1].median)


def without_figure(data, group, workload, metric):
    """Of those that ran it, or tried to."""
    tried = [key[:2] for key in data.keys(group)] + without_figures(data, group)
    return [name for one, name in tried if one == workload and name not in LIMITS and not data.figure(group, workload, name, metric.field)]


def standings(data):
    """A row for each workload and figure."""
    rows = []
    for group, metrics, suffix in groups_with_peers(data):
        for workload in dict.fromkeys(key[0] for key in data.keys(group)):
            for metric in metrics:
                found = standing(data, group, workload, metric)
                if found is None:
                    continue
                best, level, behind = found
                first = " and ".join(f"**{called(name)}**" if name == "headrace" else called(name) for name in sorted([best, *level], key=rank))
                rest = [f"{called(name)} {times(figure)}" for name, figure in behind]
                rest += [f"{called(name)} (no figure)" for name in without_figure(data, group, workload, metric)]
                rows.append([f"`{workload}`", metric.name + suffix, first + (" (level)" if level else ""), ", ".join(rest) or NO_ONE])
    order = list(dict.fromkeys(row[0] for row in rows))
    return sorted(rows, key=lambda row: order.index(row[0]))


def beside_the_client(data):
    """Of peers with a client of their own that is as cheap as librdkafka: what headrace is built on is then no floor."""
    for group in data.groups("throughput"):
        for workload, system, _ in data.keys(group):
            if workload != "pass" or not is_peer(system):
                continue
            cpu, memory = (data.ratio(group, ("pass", system), ("pass", "raw"), field) for field in ("cpu_ns_steady", "rss_mib"))
            if cpu and memory and cpu.median <= 1 + LEVEL:
                yield (f"{called(system)} passes bytes through with {spread(cpu)} times the CPU of raw librdkafka (steady) and "
                       f"{spread(memory)} times its memory: what is built on librdkafka cannot be cheaper than raw, and this client is "
                       f"{'cheaper' if cpu.median < 1 - LEVEL else 'as cheap'}.")


def against_each(data):
    """(how many comparisons ended how, where headrace is behind, a line for each peer and workload)"""
    parts, counts, losses = [], {"ahead": 0, "level": 0, "behind": 0}, []
    for peer, workloads in sorted(comparisons(data).items()):
        for workload, rows in workloads.items():
            said = []
            for word in counts:
                those = [(name, figure) for name, figure in rows if verdict(figure) == word]
                counts[word] += len(those)
                if those and word == "behind":
                    losses.append(f"{called(peer)} in `{workload}` ({', '.join(name for name, _ in those)})")
                if those:
                    said.append(f"{word}: " + ", ".join(f"{name} {times(figure)}" for name, figure in those))
            parts.append(f"- {called(peer)}, `{workload}`: {'; '.join(said) or 'nothing to compare'}")
    return counts, losses, parts


def who_wins(data):
    counts, losses, parts = against_each(data)
    if not parts:
        return "\n".join(stages_beside_libraries(data)[1:]) or NONE
    return "\n".join([
        f"Of {sum(counts.values())} comparisons with peers headrace is ahead in {counts['ahead']}, level in {counts['level']} and behind in "
        f"{counts['behind']}. Ahead or behind means: in every round, and by more than 5 % in the median of the ratios within each round.", "",
        f"It loses to {'; to '.join(losses)}." if losses else "It loses nowhere.", "",
        *(text for sentence in beside_the_client(data) for text in (sentence, "")),
        "Who is first, by workload and figure, and how many times worse the others are:", "",
        markdown(["workload", "figure", "first", "behind"], standings(data)), "",
        "How many times better headrace is (less CPU, memory and time are better):", "", *parts, *stages_beside_libraries(data)])


# --- README.md ------------------------------------------------------------------------------------------

def first_with(data, groups, workload, system):
    return next((group for group in groups if (group, workload, system, None) in data.kept), None)


LOAD = ("peers_pipeline", "pipeline")


def load_group(data):
    return next((group for group in LOAD if data.keys(group)), None)


def summary_rows(data):
    """Of the flight pipeline, and raw. The systems of one table are of one run under load."""
    groups = {"load": (load_group(data),), "latency": ("peers_latency_1k", "latency_1k"), "start": ("peers_start", "start")}
    systems = {key[1] for key in data.keys(load_group(data)) if key[0] == goals.FLIGHT or key[:2] == goals.RAW}
    for system in sorted(systems, key=rank):
        workload = "pass" if system == "raw" else goals.FLIGHT
        cells = []
        for part, field, scale in (("load", "rate", 1e-3), ("load", "cpu_ns", 1.0), ("load", "cpu_ns_steady", 1.0), ("load", "rss_mib", 1.0),
                                   ("latency", "warm.p99_us", 1e-3), ("latency", "cold.p99_us", 1e-3), ("start", "first_out_ms", 1.0)):
            group = first_with(data, groups[part], workload, system)
            cells.append(spread(data.figure(group, workload, system, field).scaled(scale)) if group else "–")
        name = "raw (bytes through)" if system == "raw" else named(data, load_group(data), (workload, system, None))
        yield f"| {name} | {' | '.join(cells)} |"


def limits(data):
    """A sentence on what it takes beside raw and the prototype."""
    def ratio(over, under, field):
        return spread(next((figure for group in LOAD[::-1] if (figure := data.ratio(group, over, under, field))), NOTHING))
    passed, flight, prototype = ((workload, system) for workload, system in (
        ("pass", "headrace"), (goals.FLIGHT, "headrace"), (goals.FLIGHT, "prototype")))
    found = [ratio(passed, goals.RAW, "cpu_ns"), ratio(passed, goals.RAW, "rate"), ratio(flight, prototype, "cpu_ns"), ratio(flight, goals.RAW, "rate")]
    if "–" in found:
        return []
    return [f"Beside the limits: bytes through take {found[0]} times the CPU of raw librdkafka, at {found[1]} of its rate; the flight pipeline "
            f"takes {found[2]} times the CPU of the same pipeline by hand, at {found[3]} of the rate of raw.", ""]


def summary(data, figures):
    """The block of README.md."""
    rows = list(summary_rows(data))
    if not rows:
        return NONE
    met, missed, absent = goals.counted(data)
    header = max((one for one in data.headers if one["run"] in data.run_of.values()), key=lambda one: one.get("date", ""), default={})
    check = data.stages().get("topology_check_process", {}).get("headrace")
    broker = next(line["broker"] for line in data.lines if data.group_of(line) == load_group(data)).replace("kafka", "Apache Kafka")
    text = [
        f"Flight pipeline (300-byte requests, join, forest of 20 trees), {broker}, one node; "
        f"{machine_text(header.get('machine') or {})}; {header.get('date', '')[:10]}. Median (min–max) of interleaved rounds.", "",
        "| system | k records/s | CPU ns/record | CPU steady | peak RSS MiB | p99 ms at 1 k/s | cold p99 | start ms |",
        "|---|---|---|---|---|---|---|---|", *rows, "",
        *limits(data), f"Of {met + missed + absent} goals {met} are met, {missed} missed, {absent} not measured in this run: "
        "[all goals with their figures](docs/BENCHMARKS.md#goals).",
    ]
    if check:
        text[-1] += f" `check` of the flight topology takes {duration(of_stage(check))}."
    if any((one.get("settings") or {}).get("quick") for one in data.headers if one["run"] in data.run_of.values()):
        text += ["", "**These are of a quick run, made to see whether everything works; not for publishing.**"]
    if figures:
        text += ["", *figures]
    return "\n".join(text)
