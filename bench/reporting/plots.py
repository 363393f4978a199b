"""The figures: what is in bench/results/*.svg. Each takes the data and returns a whole SVG, or nothing where there is no
figure of its kind.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import math

from . import goals, tables
from .lines import NOTHING, called, number, of_stage, rank
from .svg import Page, decades, short, steps, tick, width_of

WIDTH, MARGIN, ROW, GAP = 900, 20, 23, 26
FLIGHT = goals.FLIGHT
NEAR = ("raw", "prototype", "headrace", goals.KAFKA_STREAMS)  # whose bars are never cut


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of a chart: its head is printed where it differs from the row before."""
    head: str
    system: str
    figures: tuple  # of each panel: a Figure, or a tuple of them where a panel draws several


def systems_of(rows):
    return list(dict.fromkeys(row.system for row in rows))


def heads(page, rows, top, panels):
    """Prints names, returns [(row, y of its middle)] and where the rows end."""
    y, placed, head = top, [], None
    for row in rows:
        if row.head != head:
            if head is not None:
                y += 10
            if row.head:
                page.text(MARGIN, y + 14, row.head, kind="strong over")
                y += ROW
            head = row.head
        placed.append((row, y + ROW / 2))
        kind = "strong" if row.system == "headrace" else ""
        page.text(panels - 10, y + ROW / 2 + 4, called(row.system), "end", kind)
        y += ROW
    return placed, y


def label_width(rows):
    return MARGIN + max(88, max(width_of(called(row.system)) for row in rows) + 24)


# --- bars ---------------------------------------------------------------------------------------------

def bars(title, description, panels, rows, note):
    """panels: (title, ) of each; the figures of a row are bars from 0, or (whole, steady) drawn one in the other."""
    if not any(any(main_of(figure) for figure in row.figures) for row in rows):
        return None
    page = Page(WIDTH, title, description, systems_of(rows))
    left = label_width(rows)
    width = (WIDTH - MARGIN - left - GAP * (len(panels) - 1)) / len(panels)
    page.text(MARGIN, 28, title, kind="title")
    top = 61
    page.text(MARGIN, 47, note + (BROKEN if any_cut(rows, len(panels)) else ""), kind="soft")
    placed, bottom = heads(page, rows, top + 24, left)
    marks = []
    for i, panel in enumerate(panels):
        x = left + i * (width + GAP)
        page.text(x, top + 12, panel, kind="strong")
        marks.append((x, [(y, row.figures[i], row.system) for row, y in placed]))
    for x, column in marks:
        bar_panel(page, x, width, top + 22, bottom, column)
    return page.render(bottom + 30)


def main_of(figure):
    return figure[0] if isinstance(figure, tuple) else figure


def bar_panel(page, x, width, top, bottom, column):
    cut, most = end_of([(main_of(figure), system) for _, figure, system in column])
    ticks = steps(most)
    scale = (width - 58) / ticks[-1]
    for value in ticks:
        page.line(x + value * scale, top, x + value * scale, bottom + 2, "axis" if value == 0 else "grid")
        page.text(x + value * scale, bottom + 17, tick(value), "middle", "soft small")
    for y, figure, system in column:
        whole, inner = figure if isinstance(figure, tuple) else (figure, None)
        if not whole:
            page.text(x + 6, y + 4, "not measured", kind="soft small")
            continue
        if whole.median > cut:
            page.bar(x, y - 7.5, ticks[-1] * scale, 15, system)
            page.cut(x + ticks[-1] * scale * 0.85, y)
            page.text(x + ticks[-1] * scale + 7, y + 4, number(whole.median, None if whole.median < 100 else 0), kind="small")
            continue
        page.bar(x, y - 7.5, whole.median * scale, 15, system, 0.45 if inner is not None else 1.0)
        if inner:
            page.bar(x, y - 7.5, inner.median * scale, 15, system)
        page.whisker(x + whole.low * scale, x + whole.high * scale, y)
        page.text(x + max(whole.high, whole.median) * scale + 7, y + 4, number(whole.median, None if whole.median < 100 else 0), kind="small")


def end_of(figures):
    """(above what a bar is cut, what the axis must reach). Some peers are so much slower that the others would be a line
    each: bars of more than 3 times the longest of NEAR are cut."""
    cut = 3 * max((figure.high for figure, system in figures if figure and system in NEAR), default=math.inf)
    return cut, max((figure.high for figure, _ in figures if figure and figure.median <= cut), default=1)


def any_cut(rows, panels):
    columns = ([(main_of(row.figures[i]), row.system) for row in rows] for i in range(panels))
    return any(figure and figure.median > end_of(column)[0] for column in columns for figure, _ in column)


def workload_title(name):
    titles = {"pass": "pass: bytes through", "flight_20x5": "flight: join and forest 20×5", "flight_20x10": "flight, forest 20×10",
              "flight_100x10": "flight, forest 100×10", "flight_mongo": "flight into MongoDB", "yahoo": "Yahoo: filter, project, join",
              "nexmark_q0": "Nexmark q0: pass", "nexmark_q1": "Nexmark q1: price × 0.908", "nexmark_q2": "Nexmark q2: auction % 123",
              "nexmark_q13": "Nexmark q13: join with a static table"}
    return titles.get(name, name)


def by_workload(data, groups, apart=()):
    """Rows (rate, CPU whole and steady) of groups: workloads in order, systems within. raw stands with its workload."""
    keys = [(group, *key) for group in groups for key in data.keys(group) if key[0] not in apart]
    workloads = list(dict.fromkeys(key[1] for key in keys))
    for workload in workloads:
        those = [key for key in keys if key[1] == workload]
        for group, _, system, value in sorted(those, key=lambda key: rank(key[2])):
            yield Row(workload_title(workload), system, (
                data.figure(group, workload, system, "rate", value).scaled(1e-3),
                (data.figure(group, workload, system, "cpu_ns", value), data.figure(group, workload, system, "cpu_ns_steady", value))))


PANELS = ("k records/s", "CPU ns per record")
WHISKERS = "Whiskers: min to max of the rounds."
BROKEN = " A broken bar is longer than drawn."
SHADES = f"CPU: pale with start and end, full without them. {WHISKERS}"


def limits(data):
    rows = list(by_workload(data, [group for group in ("pipeline", "forests") if group in data.groups("throughput")]))
    rows = [row for i, row in enumerate(rows) if (row.head, row.system) not in {(r.head, r.system) for r in rows[:i]}]
    return rows and bars("Beside the limits: librdkafka alone (raw) and the pipeline by hand (prototype)",
                         "Rate and CPU per record of raw, prototype and headrace for each forest.", PANELS, rows, SHADES)


def peers(data):
    if "peers_pipeline" not in data.groups("throughput"):
        return None
    return bars("Throughput beside others, same broker, same run", "Rate and CPU per record of each system, bytes through and flight pipeline.",
                PANELS, list(by_workload(data, ["peers_pipeline"])), SHADES)


def others(data):
    there = data.groups("throughput")
    groups = [f"peers_{name}" if f"peers_{name}" in there else name for name in ("yahoo", "nexmark")]
    rows = list(by_workload(data, [group for group in groups if group in there], apart=("pass",)))
    return rows and bars("Public workloads", "Rate and CPU per record for the Yahoo and Nexmark workloads.", PANELS, rows, SHADES)


def footprint(data):
    """Memory and start, of flight where a system runs it, else of pass."""
    parts = [(("peers_pipeline", "pipeline"), "rss_mib", 1.0), (("peers_latency_1k", "latency_1k"), "rss_kib", 1 / 1024),
             (("peers_start", "start"), "first_out_ms", 1.0)]
    systems = {key[1] for groups, _, _ in parts for group in groups for key in data.keys(group)}
    rows = []
    for system in sorted(systems, key=rank):
        figures = []
        for groups, field, scale in parts:
            found = [data.figure(group, workload, system, field).scaled(scale) for workload in (FLIGHT, "pass") for group in groups]
            figures.append(next((figure for figure in found if figure), NOTHING))
        rows.append(Row("", system, tuple(figures)))
    return rows and bars("Memory and start", "Peak memory under full load, memory at 1,000 records per second and time to the first record out, of each system.",
                         ("peak MiB, full load", "MiB at 1 k records/s", "exec to first record, ms"), rows, WHISKERS)


# --- dots on a logarithmic axis -----------------------------------------------------------------------

def latency(data):
    groups = data.groups("latency")
    pairs = [(f"peers_{name}" if f"peers_{name}" in groups else name) for name in ("latency_1k", "latency_10k")]
    pairs = [group for group in pairs if group in groups]
    fields = ("warm.p50_us", "warm.p99_us", "warm.p999_us", "cold.p99_us")
    keys = list(dict.fromkeys(key[:2] for group in pairs for key in data.keys(group)))
    keys.sort(key=lambda key: (key[0] != "pass", *rank(key[1])))
    rows = [Row(workload_title(workload), system, tuple(
        tuple(data.figure(group, workload, system, field).scaled(1e-3) for field in fields) for group in pairs)) for workload, system in keys]
    titles = [f"{'1,000' if group.endswith('_1k') else '10,000'} records/s, ms" for group in pairs]
    return rows and dots("Latency from topic to topic, open loop", "Median, 99th and 99.9th percentile of each system at fixed rates, warm, and the cold 99th percentile.",
                         titles, rows, (("full", "p50"), ("diamond", "p99"), ("tick", "p99.9"), ("hollow", "p99 of the first 4 s")))


ONCE = ("load", "check")


def stages(data):
    """Stages that a library or the pipeline by hand does too, ns on one axis; without those that are done once and take milliseconds."""
    found = data.stages()
    rows = []
    for stage, systems in found.items():
        if len(systems) > 1 and "headrace" in systems and systems["headrace"]["item"] not in ONCE:
            for name in sorted(systems, key=lambda one: (one != "headrace", one)):
                rows.append(Row(stage, name, ((of_stage(systems[name]),),)))
    return rows and dots("Stages of the record path, each beside a library that does the same",
                         "Nanoseconds per item of each stage, of headrace and of a library.", ("ns per item",), rows, ())


def dots(title, description, panels, rows, legend):
    values = [figure.median for row in rows for panel in row.figures for figure in panel if figure and figure.median > 0]
    if not values:
        return None
    page = Page(WIDTH, title, description, systems_of(rows))
    left, label = label_width(rows), 92
    width = (WIDTH - MARGIN - left - GAP * (len(panels) - 1)) / len(panels)
    ticks = decades(min(values), max(values))
    scale = (width - label) / math.log10(ticks[-1] / ticks[0])
    page.text(MARGIN, 28, title, kind="title")
    top = 44
    if legend:
        legend_of_marks(page, legend, rows[0].system)
        top += 20
    placed, bottom = heads(page, rows, top + 24, left)
    for i, panel in enumerate(panels):
        x = left + i * (width + GAP)
        page.text(x, top + 12, panel, kind="strong")
        if legend:
            page.text(x + width, top + 12, "p50 / p99", "end", "soft small")

        def at(value, x=x):
            return x + math.log10(value / ticks[0]) * scale
        log_grid(page, at, ticks, top + 22, bottom)
        for row, y in placed:
            dot_row(page, at, row, row.figures[i], y, x + width, legend)
    return page.render(bottom + 30)


def log_grid(page, at, ticks, top, bottom):
    for value in ticks:
        page.line(at(value), top, at(value), bottom + 2, "axis")
        page.text(at(value), bottom + 17, tick(value), "middle", "soft small")
    for value in ticks[:-1]:
        for by in range(2, 10):
            page.line(at(value * by), top, at(value * by), bottom + 2, "grid", 0.6)


def dot_row(page, at, row, figures, y, right, legend):
    there = [figure for figure in figures if figure and figure.median > 0]
    if not there:
        page.text(right, y + 4, "not measured", "end", "soft small")
        return
    kinds = [kind for kind, _ in legend] or ["full"]
    warm = [at(figure.median) for figure, kind in zip(figures, kinds) if figure and kind != "hollow"]
    if len(warm) > 1:
        page.path([(min(warm), y), (max(warm), y)], row.system, 2, faint=True)
    for figure, kind in reversed(list(zip(figures, kinds))):
        if figure and figure.median > 0:
            page.dot(at(figure.median), y, row.system, kind)
    page.text(right, y + 4, " / ".join(number(figure.median) if figure else "–" for figure in figures[:2]), "end", "small")


def legend_of_marks(page, legend, system):
    x = MARGIN + 6
    for kind, name in legend:
        page.dot(x, 48, system, kind)
        page.text(x + 11, 52, name, kind="soft")
        x += width_of(name) + 40


# --- lines of factors ----------------------------------------------------------------------------------

FACTORS = (("partitions", "Partitions"), ("bytes", "Bytes of a record"), ("threads", "Threads, 4 partitions"))


def factors(data):
    columns = [(name, title, list(tables.factor_rows(data, name))) for name, title in FACTORS]
    columns = [column for column in columns if len(column[2]) > 1]
    if not columns:
        return None
    page = Page(WIDTH, "One factor at a time", "Rate and CPU per record of headrace and raw by partitions, record size and threads.",
                ["raw", "headrace"])
    page.text(MARGIN, 28, "One factor at a time, from flight 20×5, 300 B, 4 partitions, 1 thread", kind="title")
    legend_of_lines(page)
    gap = 62
    width = (WIDTH - 2 * MARGIN - 40 - gap * (len(columns) - 1)) / len(columns)
    for i, (name, title, rows) in enumerate(columns):
        x = MARGIN + 44 + i * (width + gap)
        page.text(x, 84, title, kind="strong")
        megabytes = name == "bytes"
        line_panel(page, x, 108, width, rows, "rate", "MB/s" if megabytes else "k records/s",
                   (lambda value: value / 1e6) if megabytes else (lambda value: 1e-3))
        line_panel(page, x, 290, width, rows, "cpu_ns", "CPU ns per record", lambda value: 1.0)
    return page.render(460)


def legend_of_lines(page):
    x = MARGIN
    for system in ("headrace", "raw"):
        page.path([(x, 50), (x + 22, 50)], system)
        page.dot(x + 11, 50, system)
        page.text(x + 30, 54, system, kind="soft")
        x += width_of(system) + 56


def line_panel(page, x, top, width, rows, field, unit, scale_of):
    height = 130
    lines = {system: [(i, figure.scaled(scale_of(value))) for i, (value, of, _) in enumerate(rows) if (figure := of(key, field))]
             for system, key in (("raw", tables.RAW), ("headrace", tables.FLIGHT))}
    ticks = steps(max((figure.high for points in lines.values() for _, figure in points), default=1), 3)
    page.text(x - 40, top - 8, unit, kind="soft small")
    for value in ticks:
        y = top + height - value / ticks[-1] * height
        page.line(x, y, x + width, y, "axis" if value == 0 else "grid")
        page.text(x - 7, y + 4, tick(value), "end", "soft small")
    spot = width / len(rows)
    for i, (value, _, _) in enumerate(rows):
        page.text(x + spot * (i + 0.5), top + height + 17, tick(value), "middle", "soft small")
    for system, points in lines.items():
        placed = [(x + spot * (i + 0.5), top + height - figure.median / ticks[-1] * height, figure) for i, figure in points]
        if len(placed) > 1:
            page.path([(px, py) for px, py, _ in placed], system)
        for px, py, figure in placed:
            low, high = (top + height - value / ticks[-1] * height for value in (figure.low, figure.high))
            page.add(f'<path class="whisker" d="M{short(px)} {short(low)}V{short(high)}"/>')
            page.dot(px, py, system)


FIGURES = {"limits": limits, "peers": peers, "workloads": others, "latency": latency, "factors": factors, "footprint": footprint,
           "stages": stages}


def all_of(data):
    """{name: SVG} of those that there is data for."""
    drawn = {name: draw(data) for name, draw in FIGURES.items()}
    return {name: text for name, text in drawn.items() if text}
