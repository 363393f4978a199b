"""The tables of docs/BENCHMARKS.md, in Markdown.

SPDX-License-Identifier: Apache-2.0
"""
from .lines import called, duration, number, of_stage, rank, spread

RAW = ("pass", "raw")
TITLES = {"pipeline": "Pipeline", "forests": "Larger forests", "yahoo": "Yahoo streaming", "nexmark": "Nexmark",
          "mongo": "Into MongoDB", "floor": "Floor: a broker in memory", "peers_pipeline": "Pipeline, with peers", "peers_yahoo": "Yahoo streaming, with peers",
          "peers_nexmark": "Nexmark, with peers"}
NONE = "*Not measured in this run.*"


def markdown(head, rows):
    if not rows:
        return NONE
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)])


def row_of(data, group, key, columns):
    """columns: (field, scale), or (field, None) for the ratio to raw."""
    workload, system, value = key
    cells = []
    for field, scale in columns:
        if scale is None:
            cells.append(ratio_to_raw(data, group, key, field))
        else:
            cells.append(spread(data.figure(group, workload, system, field, value).scaled(scale)))
    return [f"`{workload}`", named(data, group, key), *cells]


def ratio_to_raw(data, group, key, field):
    workload, system, value = key
    if (workload, system) == RAW:
        return "1"
    return spread(data.ratio(group, (workload, system), RAW, field, value, value))


def named(data, group, key):
    """The system, with its rounds and records where they are fewer than those of others."""
    workload, system, value = key
    rounds, of = len(data.kept[group, workload, system, value]), data.rounds(group)
    notes = [] if rounds == of else [f"{rounds} of {of} rounds"]
    records = data.figure(group, workload, system, "records", value)
    if records and records.high < most_records(data, group):
        notes.append(f"{number(records.high / 1000, 0)} k records")
    return called(system) + (f" ({', '.join(notes)})" if notes else "")


def most_records(data, group):
    return max((data.figure(group, *key[:2], "records", key[2]).high for key in data.keys(group)
                if data.figure(group, *key[:2], "records", key[2])), default=0)


def shorter_note(data, group):
    """Systems that read less have more of their start in figures of the whole run."""
    if any(" k records" in named(data, group, key) for key in data.keys(group)):
        return (f"\n\nOthers read {number(most_records(data, group) / 1e6)} M records. Who reads fewer has more of its start in rate and CPU of the whole "
                "run: compare *CPU steady*.")
    return ""


def without_figures(data, group):
    """Of runs of which each failed: (workload, system)."""
    tried = dict.fromkeys((line.get("workload", ""), line["system"]) for line in data.failed
                          if data.group_of(line) == group)
    there = {key[:2] for key in data.keys(group)}
    return [one for one in tried if one not in there]


THROUGHPUT = [("rate", 1e-3), ("rate", None), ("cpu_ns", 1.0), ("cpu_ns", None), ("cpu_ns_steady", 1.0), ("broker_cpu_ns", 1.0),
              ("rss_mib", 1.0), ("first_out_ms", 1.0)]
THROUGHPUT_HEAD = ["workload", "system", "k records/s", "rate / raw", "CPU ns/record", "CPU / raw", "CPU steady", "broker CPU",
                   "peak RSS MiB", "first out ms"]


def throughput(data):
    parts = []
    for group in data.groups("throughput"):
        rows = [row_of(data, group, key, THROUGHPUT) for key in data.keys(group)]
        rows += [[f"`{workload}`", called(system), "failed", *["–"] * 7] for workload, system in without_figures(data, group)]
        broker = next(line["broker"] for line in data.lines if data.group_of(line) == group)
        parts.append(f"**{TITLES.get(group, group)}** (`{group}`; {counted_rounds(data, group)}; {broker}{steal(data, group)})\n\n"
                     + markdown(THROUGHPUT_HEAD, rows) + shorter_note(data, group))
    return "\n\n".join(parts) or NONE


def steal(data, group):
    """The highest of a run that counts."""
    found = [figure.high for key in data.keys(group) if (figure := data.figure(group, key[0], key[1], "steal", key[2]))]
    return f"; highest steal {number(max(found) * 100, 1)} %" if found else ""


def counted_rounds(data, group):
    rounds = data.rounds(group)
    return f"{rounds} round{'' if rounds == 1 else 's'}"


TRIAL = [("cpu_ns", 1.0), ("cpu_ns", None), ("rate", 1e-3), ("broker_cpu_ns", 1.0), ("rss_mib", 1.0)]
TRIAL_HEAD = ["trial", "what differs", "CPU ns/record", "CPU / raw", "k records/s", "broker CPU", "peak RSS MiB"]


def trials(data):
    return "\n\n".join([throughput_trials(data), latency(data, "trial_latency")])


def throughput_trials(data):
    """raw, and what raw does otherwise, in the order in which it was first run."""
    rows = []
    first = dict.fromkeys(line["system"] for line in data.lines if line["suite"] == "trial")
    for system in sorted(first, key=lambda name: name != "raw"):
        key = ("pass", system, None)
        if key in data.keys("trials"):
            what = (data.settings[system][0]).get("what", "nothing: settings and call of headrace")
            rows.append([f"`{system}`", what, *row_of(data, "trials", key, TRIAL)[2:]])
    return markdown(TRIAL_HEAD, rows)


# --- factors ------------------------------------------------------------------------------------------

FLIGHT = ("flight_20x5", "headrace")
BASELINE = {"partitions": 4, "bytes": 300}  # of group pipeline
FACTOR_HEAD = ["k records/s", "rate / raw", "CPU ns/record", "CPU / raw", "raw k records/s", "raw CPU", "peak RSS MiB"]


def factor_groups(data, factor):
    """{value: (group, the value in its lines)}, the baseline among them."""
    found = {}
    for group in data.groups("factor"):
        for line in data.lines:
            if data.group_of(line) == group and line.get("factor") == factor:
                found[line["value"]] = (group, line["value"])
    if found and factor in BASELINE and data.keys("pipeline"):
        found[BASELINE[factor]] = ("pipeline", None)
    return dict(sorted(found.items()))


def factor_rows(data, factor):
    for value, (group, inner) in factor_groups(data, factor).items():
        def of(system, field, scale=1.0, group=group, inner=inner):
            return data.figure(group, *system, field, inner).scaled(scale)

        def over_raw(field, group=group, inner=inner):
            return data.ratio(group, FLIGHT, RAW, field, inner, inner)
        yield value, of, over_raw


def factor_table(data, factor):
    rows = []
    for value, of, over_raw in factor_rows(data, factor):
        if not of(FLIGHT, "rate"):
            rows.append([number(value, 0), "failed", *["–"] * 6])
            continue
        rows.append([number(value, 0), *(spread(one) for one in (
            of(FLIGHT, "rate", 1e-3), over_raw("rate"), of(FLIGHT, "cpu_ns"), over_raw("cpu_ns"), of(RAW, "rate", 1e-3),
            of(RAW, "cpu_ns"), of(FLIGHT, "rss_mib")))])
    return markdown([factor, *FACTOR_HEAD], rows)


def threads_table(data):
    rows = []
    for value, of, _ in factor_rows(data, "threads"):
        rows.append([number(value, 0), *(spread(one) for one in (
            of(FLIGHT, "rate", 1e-3), data.ratio("threads", FLIGHT, FLIGHT, "rate", value, 1), of(FLIGHT, "cpu_ns"),
            data.ratio("threads", FLIGHT, FLIGHT, "cpu_ns", value, 1), of(FLIGHT, "rss_mib")))])
    return markdown(["threads", "k records/s", "rate / 1 thread", "CPU ns/record", "CPU / 1 thread", "peak RSS MiB"], rows)


def factors(data):
    return "\n\n".join([f"**Partitions**\n\n{factor_table(data, 'partitions')}", f"**Bytes of a record**\n\n{factor_table(data, 'bytes')}",
                        f"**Threads**, 4 partitions\n\n{threads_table(data)}"])


# --- latency, start, stages ---------------------------------------------------------------------------

LATENCY = [*((f"{phase}.{name}_us", 1e-3) for phase in ("warm", "cold") for name in ("p50", "p99", "p999")),
           ("ready_ms", 1.0), ("rss_kib", 1 / 1024), ("peak_kib", 1 / 1024), ("idle", 100.0)]
LATENCY_HEAD = ["workload", "system", "p50", "p99", "p99.9", "cold p50", "cold p99", "cold p99.9", "first answer", "RSS MiB",
                "peak RSS MiB", "idle %"]


def latency(data, suite="latency"):
    parts = []
    for group in data.groups(suite):
        rate = next(line["rate"] for line in data.lines if data.group_of(line) == group and "rate" in line)
        rows = [row_of(data, group, key, LATENCY) for key in data.keys(group)]
        rows += [[f"`{workload}`", called(system), "failed", *["–"] * 9] for workload, system in without_figures(data, group)]
        parts.append(f"**{number(rate, 0)} records/s** (`{group}`; {counted_rounds(data, group)}; ms)\n\n"
                     + markdown(LATENCY_HEAD, rows) + "".join(f"\n\n{text}" for text in latency_notes(data, group)))
    return "\n\n".join(parts) or NONE


def latency_notes(data, group):
    """What weakens a row: answers that never came, a machine that was full."""
    lost, full, late = [], [], []
    for workload, system, _ in data.keys(group):
        sent, answered = (sum(sum(data.figure(group, workload, system, f"{phase}.{field}").values) for phase in ("cold", "warm"))
                          for field in ("sent", "answered"))
        if answered < sent:
            lost.append(f"{called(system)} `{workload}` {number(answered / sent * 100, 1)} %")
        idle = data.figure(group, workload, system, "idle")
        if idle and idle.median < 0.30:
            full.append(f"{called(system)} `{workload}`")
        achieved, rate = (data.figure(group, workload, system, field) for field in ("achieved", "rate"))
        if achieved and rate and achieved.median < 0.95 * rate.median:
            late.append(f"{called(system)} `{workload}`")
    if lost:
        yield f"Answered within the time: {', '.join(lost)}; all others every request. No percentiles are given of a run with unanswered requests."
    if late:
        yield f"The machine was too full to send the load on time: {', '.join(late)}. Their times include that."
    if full:
        yield f"The machine was less than 30 % idle: {', '.join(full)}. Their tails are queues for the two cores."


def start(data):
    rows = [row_of(data, group, key, [("first_out_ms", 1.0), ("rss_mib", 1.0)])
            + [f"`{group}`, {len(data.kept[(group, *key)])}"] for group in data.groups("start") for key in data.keys(group)]
    rows += [[f"`{workload}`", called(system), "failed", "–", f"`{group}`"] for group in data.groups("start")
             for workload, system in without_figures(data, group)]
    return markdown(["workload", "system", "exec to first record out, ms", "peak RSS MiB", "group, rounds"], rows)


def stage_cell(line):
    if line is None:
        return ["–", "–"]
    return [duration(of_stage(line)), number(line["ir"], 0) if "ir" in line else "–"]


def stages(data):
    rows = []
    for stage, systems in data.stages().items():
        own = systems.get("headrace")
        others = [name for name in systems if name != "headrace"]
        for name in others or [None]:
            line = systems[name] if name else None
            rows.append([f"`{stage}`", (own or line)["item"], *stage_cell(own), name or "–", *stage_cell(line),
                         number(line["ns"] / own["ns"]) if own and line else "–"])
    return markdown(["stage", "per", "headrace", "instructions", "beside it", "its time", "instructions", "it / headrace"], rows)


def changes(data):
    """What became of a stage from one commit to the next, all of them measured in one run."""
    rows, before = [], {}
    for line in data.of_suite("change"):
        earlier = before.get(line["workload"])
        rows.append([f"`{line['workload']}`", line["what"], f"`{line['commit'][:12]}`", *stage_cell(line),
                     number(line["ns"] - earlier["ns"], 1) if earlier else "–", number(line["ir"] - earlier["ir"], 0) if earlier else "–"])
        before[line["workload"]] = line
    return markdown(["stage", "change", "commit", "then", "instructions", "ns changed", "instructions changed"], rows)


# --- the run ------------------------------------------------------------------------------------------

def header(data):
    used = set(data.run_of.values())
    parts = []
    for one in data.headers:
        if one["run"] not in used:
            continue
        versions = one.get("versions") or {}
        known = [f"{name} {value}" for name, value in sorted(versions.items()) if value and value != "unknown"]
        text = f"- Run `{one['run']}` ({one['file']}): {one.get('date', '')[:16].replace('T', ' ')} UTC, commit " \
               f"`{one.get('commit', 'unknown')}`; {machine_text(one.get('machine') or {})}; {', '.join(known)}."
        asked = one.get("settings") or {}
        if asked.get("only") or asked.get("rounds"):
            text += f" Asked for {asked.get('only') or 'all'} with {asked.get('rounds') or 'the usual number of'} rounds."
        if asked.get("quick"):
            text += " **A quick run, made to see whether everything works: its figures are not for publishing.**"
        parts.append(text)
    return "\n".join(parts) or NONE


def machine_text(machine):
    return f"{machine.get('cpu', 'unknown CPU')}, {machine.get('cores', '?')} cores{' of a virtual machine' if machine.get('virtual') else ''}, " \
           f"{machine.get('memory_gib', '?')} GiB, {machine.get('os', 'unknown system')}, kernel {machine.get('kernel', 'unknown')}"


GIVEN = {"what", "profile", "threads", "partitions"}  # of the job, not of the system


def settings(data):
    rows = []
    for system in sorted(data.settings, key=rank):
        found = data.settings[system]
        merged = {}
        for one in found:
            merged.update({name: value for name, value in one.items() if name not in GIVEN})
        if merged:
            rows.append([called(system), "; ".join(f"{name} {setting_text(value)}" for name, value in sorted(merged.items()))])
    return "\n\n".join([markdown(["system", "says of itself"], rows), *comparisons(data)])


def comparisons(data):
    """What was compared with headrace's output before the peers were measured."""
    found = {}
    for group, workload, system, _ in data.kept:
        if group == "check":
            line, = data.kept[group, workload, system, None].values()
            found.setdefault((system, line["compared"]), []).append(f"`{workload}` ({number(line['records_out'], 0)} records)")
    if found:
        yield "Before anything was measured the output of each peer was compared with that of headrace, and was alike:"
        yield "\n".join(f"- {called(system)}: {how}, in {', '.join(those)}" for (system, how), those in sorted(found.items()))


def setting_text(value):
    if isinstance(value, dict):
        return ", ".join(f"{name}={setting_text(inner)}" for name, inner in sorted(value.items()))
    if isinstance(value, list):
        return " ".join(setting_text(one) for one in value)
    return str(value).replace("|", "\\|").replace("\n", " ")


def failures(data):
    """Each with the last line that was said."""
    counted = {}
    for line in data.failed:
        said = [text for text in str(line["failed"]).splitlines() if text.strip()] or ["nothing was said"]
        key = (data.group_of(line), line.get("workload", ""), line["system"], said[0])
        counted[key] = counted.get(key, 0) + 1
    dropped = sum(1 for line in data.lines if line.get("dropped"))
    again = f"\n\nRuns measured again because the host stole too much of a round, and not counted: {dropped}." if dropped else ""
    if not counted:
        return "None failed." + again
    rows = [[group, f"`{workload}`" if workload else "–", called(system), f"{count}", setting_text(why[:160]).replace("`", "'")]
            for (group, workload, system, why), count in counted.items()]
    return markdown(["part", "workload", "system", "runs", "why"], rows) + again
