"""bench/report: what it makes of a run that never was (tests/support/bench_lines.py), said here by hand; and that what
is committed is what the committed results say. No server is needed.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import re
import statistics
import subprocess
import sys
from xml.etree import ElementTree

import pytest

import bench_lines
from headrace import ROOT

sys.path.insert(0, str(ROOT / "bench"))
from reporting import goals, lines, pages, plots, tables, words  # noqa: E402

BENCHMARKS = (ROOT / "docs/BENCHMARKS.md").read_text()
EVERYTHING = [*bench_lines.own(), *bench_lines.peers()]


def data_of(found, folder):
    bench_lines.write(folder, bench=found)
    return lines.load(folder)


@pytest.fixture
def data(tmp_path):
    return data_of(EVERYTHING, tmp_path)


def rows_of(text):
    """Cells of each row of the tables in a text, the heads left out."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for i, row in enumerate(rows) if not row[0].startswith("---") and not (i + 1 < len(rows) and rows[i + 1][0] == "---")]


def block(name):
    return re.search(rf"<!-- bench {name} -->\n(.*?)<!-- /bench -->", BENCHMARKS, re.DOTALL)[1]


# --- what is committed ----------------------------------------------------------------------------------

def test_what_is_committed_is_what_the_results_say():
    differing = [str(path.relative_to(ROOT)) for path in pages.differing(pages.render(ROOT))]
    assert not differing, "run ./dev bench report"


def test_the_command_of_the_project_says_so_too():
    done = subprocess.run([ROOT / "dev", "bench", "report", "--check"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "everything is what the results say\n"), done.stderr


def test_every_part_has_a_place_in_the_page(data):
    drawn = plots.all_of(data)
    texts = pages.parts(data, drawn)
    placed = set(re.findall(r"<!-- bench (\w+) -->", BENCHMARKS))
    assert placed == set(texts) - {"summary"}


def test_the_prose_states_no_measured_figure():
    prose = pages.BLOCK.sub("", BENCHMARKS)
    readme = re.search(r"^## Figures\n(.*?)^## ", pages.BLOCK.sub("", (ROOT / "README.md").read_text()), re.MULTILINE | re.DOTALL)[1]
    assert not re.findall(r"\d[\d,.]*\s?(?:ns|µs|ms|MiB|k records|k/s|×|times)\b", prose + readme)


def spreads(values):
    return statistics.median(values), min(values), max(values)


def test_every_cell_of_the_throughput_tables_is_of_the_lines():
    """Found in the file with other code than the report's."""
    there = lines.load(ROOT / "bench/results")
    columns = [lambda x: x["rate"] / 1000, None, lambda x: x["cpu_ns"], None, lambda x: x["cpu_ns_steady"], lambda x: x["broker_cpu_ns"],
               lambda x: x["rss_mib"], lambda x: x["first_out_ms"]]
    names = {lines.called(line["system"]): line["system"] for line in there.lines}
    for part in block("throughput").split("\n\n**"):
        found = re.search(r"\(`(\w+)`;", part)
        if not found:
            continue
        kept = [x for x in there.lines if x.get("group") == found[1] and "failed" not in x and not x.get("dropped")]
        for workload, system, *cells in rows_of(part):
            mine = [x for x in kept if f"`{x['workload']}`" == workload and x["system"] == names[system.split(" (")[0]]]
            for cell, value in zip(cells, columns):
                texts = re.findall(r"\d[\d,.]*", cell)
                shown = [float(text.replace(",", "")) for text in texts]
                values = [value(x) for x in mine if value(x) is not None] if value else []
                if value and values:
                    assert len(shown) in (1, 3)
                    last = 10.0 ** -len(texts[0].partition(".")[2])
                    for one, expected in zip(shown, spreads(values)):
                        assert one == pytest.approx(expected, rel=0, abs=0.5001 * last), f"{found[1]} {workload} {system}: {cell}"


# --- what is made of lines ------------------------------------------------------------------------------

def test_goals_are_computed_from_the_lines(data):
    found = {row[0]: row[1:4] for row in rows_of(goals.table(data))}
    assert found["pass: CPU per record / raw"] == ["≤ 1.10", "1.08 (1.08–1.08)", "met"]
    assert found["flight 20×5: CPU per record / prototype"] == ["≤ 1.08", "1.05 (1.05–1.05)", "met"]
    assert found["flight 20×5: rate / raw"] == ["≥ 0.65", "0.75 (0.75–0.75)", "met"]
    assert found["forest 20×5"] == ["≤ 90 ns", "95.0 (85.5–114.0) ns", "**missed**"]
    assert found["RSS at 1 k records/s"] == ["≤ 25 MiB", "13.0 (13.0–13.0) MiB", "met"]
    assert found["start: exec to the first record out"] == ["≤ 200 ms", "100 (90–110) ms", "met"]
    assert found["flight: CPU per record, whole run, Kafka Streams / headrace"] == ["≥ 5 ×", "6.00 (6.00–6.00) ×", "met"]
    assert found["flight: cold p99 at 1 k records/s, Kafka Streams / headrace"][2] == "**missed**"
    assert found["flight: p50 at 1 k records/s, Spark / headrace"] == ["≥ 50 ×", "100 (100–100) ×", "met"]
    assert found["threads 1 → 2 on 4 partitions: CPU per record"] == ["≤ 1.10", "1.05 (1.05–1.05)", "met"]
    assert goals.counted(data) == (22, 3, 0)


def test_what_a_limit_reaches_is_its_ratio_in_place_of_headrace(tmp_path):
    """Kafka Streams costs 4,410 ns and makes 350 k/s; the prototype 700 and 1,600, raw 500 and 2,000."""
    beside = [{**line, "run": "cafe0002"} for line in bench_lines.throughput("peers_pipeline", "throughput", bench_lines.SYSTEMS)
              if line["system"] == "prototype"]
    stages = [bench_lines.stage("flight_20x5", "headrace", 400), bench_lines.stage("flight_20x5", "prototype", 320)]
    found = data_of([*bench_lines.own(), *stages, *bench_lines.peers(), *beside], tmp_path)
    reached = {(row[0], row[3]): row[4] for row in rows_of(goals.floor_table(found))}
    assert reached["flight: CPU per record, whole run, Kafka Streams / headrace", "prototype"] == "6.30 (6.30–6.30) ×"
    assert reached["flight: CPU per record, whole run, Kafka Streams / headrace", "raw"] == "8.82 (8.82–8.82) ×"
    assert reached["flight: rate, headrace / Kafka Streams", "prototype"] == "4.57 (4.57–4.57) ×"
    assert reached["flight: rate, headrace / Kafka Streams", "raw"] == "5.71 (5.71–5.71) ×"
    assert reached["flight: cold p99 at 1 k records/s, Kafka Streams / headrace", "raw"] == "9.33 (9.33–9.33) ×"
    assert len(reached) == 8
    assert goals.in_process(found) == ["80.0 ns", "35.0 ns"]


def test_what_a_limit_reaches_is_not_measured_without_its_lines(data):
    reached = {row[3]: row[4] for row in rows_of(goals.floor_table(data)) if "rate" in row[0]}
    assert reached["prototype"] == goals.NOT_MEASURED and reached["raw"] != goals.NOT_MEASURED
    assert goals.in_process(data)[0] == goals.NOT_MEASURED


def test_each_goal_of_the_issue_has_a_row():
    assert len(goals.GOALS) == 25 and len({goal.title for goal in goals.GOALS}) == 25


def test_a_goal_without_lines_is_not_measured(tmp_path):
    without = [line for line in EVERYTHING if line["suite"] == "run" or line["system"] != "spark"]
    found = {row[0]: row[2:4] for row in rows_of(goals.table(data_of(without, tmp_path)))}
    assert found["flight: start, Spark / headrace"] == ["–", "not measured in this run"]
    assert found["flight: start, Kafka Streams / headrace"][1] == "met"


def test_rounding_never_contradicts_the_verdict():
    goal = goals.Goal("", "<=", 1.10, "", None)
    assert goal.figure_text(lines.Figure((1.1004,))) == "1.1004 (1.1004–1.1004)"
    assert goal.figure_text(lines.Figure((1.096, 1.0961, 1.2))) == "1.10 (1.10–1.20)"


def test_ratios_are_of_one_round(tmp_path):
    """Medians of the two would give 2."""
    found = [bench_lines.header()]
    for number, (raw, own) in enumerate([(100, 300), (200, 400), (300, 330)]):
        found.append(bench_lines.line("throughput", "pipeline", "pass", "raw", number, {"cpu_ns": raw}))
        found.append(bench_lines.line("throughput", "pipeline", "pass", "headrace", number, {"cpu_ns": own}))
    ratio = data_of(found, tmp_path).ratio("pipeline", ("pass", "headrace"), ("pass", "raw"), "cpu_ns")
    assert (ratio.median, ratio.low, ratio.high) == (2.0, pytest.approx(1.1), 3.0)


def test_a_round_that_was_dropped_does_not_count(data):
    assert data.figure("pipeline", "pass", "raw", "cpu_ns").high == pytest.approx(550)
    assert "not counted: 1" in pages.parts(data, {})["failures"]


def test_the_newest_run_of_a_part_counts_whole(tmp_path):
    """The other one has a better round, which is not mixed in."""
    newer = [bench_lines.header(run="new", date="2026-11-25T00:00:00+00:00"),
             {**bench_lines.line("throughput", "pipeline", "pass", "raw", 2, {"cpu_ns": 900, "rate": 1e6}), "run": "new"}]
    bench_lines.write(tmp_path, a_newer=newer, bench=EVERYTHING)
    data = lines.load(tmp_path)
    assert data.figure("pipeline", "pass", "raw", "cpu_ns").values == (900,)
    assert not data.figure("pipeline", "pass", "headrace", "cpu_ns")
    assert data.figure("latency_1k", "pass", "raw", "warm.p50_us")


def test_who_is_behind_is_said(data):
    text = words.who_wins(data)
    assert "Of 52 comparisons with peers headrace is ahead in 39, level in 0 and behind in 13." in text
    assert re.search(r"^It loses to franz-go in `pass` \(rate, steady CPU, .*, start\)\.$", text, re.MULTILINE)
    franz = next(line for line in text.splitlines() if line.startswith("- franz-go"))
    assert "behind: rate 0.90 ×" in franz and "start 0.50 ×" in franz and "ahead" not in franz


def test_who_is_first_is_said_for_each_workload_and_figure(data):
    rows = {(workload, figure): (first, behind) for workload, figure, first, behind in rows_of(words.who_wins(data)) if workload.startswith("`")}
    assert rows["`pass`", "rate"] == ("franz-go", "headrace 1.11 ×, Kafka Streams 3.50 ×")
    assert rows["`flight_20x5`", "steady CPU"] == ("**headrace**", "Kafka Streams 4.42 ×, Spark 54.4 ×")
    assert rows["`flight_20x5`", "p50 at 1 k/s"] == ("**headrace**", "Kafka Streams 1.08 ×, Spark 100 ×")
    assert len(rows) == 2 * (4 + 4 + 4 + 1)


def test_who_is_level_is_first_too(tmp_path):
    found = [bench_lines.header()]
    for number, cpu in enumerate((100, 104, 97)):
        found.append(bench_lines.line("throughput", "peers_pipeline", "pass", "headrace", number, {"cpu_ns": 100}))
        found.append(bench_lines.line("throughput", "peers_pipeline", "pass", "quix", number, {"cpu_ns": cpu}))
    assert ["`pass`", "whole-run CPU", "**headrace** and Quix Streams (level)", "no one"] in rows_of(words.who_wins(data_of(found, tmp_path)))


def test_who_gave_no_figure_is_said(tmp_path):
    found = [{**line, "failed": "x"} if line.get("group") == "peers_start" and line["system"] == "spark" else line for line in EVERYTHING]
    rows = {tuple(row[:2]): row[3] for row in rows_of(words.who_wins(data_of(found, tmp_path))) if len(row) == 4}
    assert rows["`flight_20x5`", "start"] == "Kafka Streams 11.5 ×, Spark (no figure)"


def test_a_client_that_is_as_cheap_as_librdkafka_is_said_with_its_memory(data):
    text = words.who_wins(data)
    assert "franz-go passes bytes through with 0.98 (0.98–0.98) times the CPU of raw librdkafka (steady) and 1.1" in text
    assert "and this client is as cheap." in text and "Kafka Streams passes" not in text


def test_fewer_rounds_and_records_are_said(data):
    text = pages.parts(data, {})["throughput"]
    assert "| Spark (2 of 3 rounds, 200 k records) |" in text and "Others read 2.00 M records." in text


def test_what_was_compared_is_said(data):
    text = pages.parts(data, {})["settings"]
    assert "- Kafka Streams: byte for byte, in `pass` (5,290 records), `flight_20x5` (5,290 records)" in text
    assert "- Spark: fields, in `flight_20x5` (5,290 records)" in text


def test_a_library_that_is_quicker_is_said(tmp_path):
    found = [bench_lines.header(), *(bench_lines.stage("scan", *one) for one in [("headrace", 100), ("yyjson", 60), ("jansson", 900), ("other", 105)])]
    assert words.who_wins(data_of(found, tmp_path)) == (
        "Of 3 stages beside a library headrace is ahead in 1, level in 1 and behind in 1: yyjson in `scan` (0.60 ×).")


def test_where_nobody_is_ahead_that_is_said_too(tmp_path):
    without = [line for line in EVERYTHING if line["suite"] == "run" or line["system"] != "franz_go"]
    assert "It loses nowhere." in words.who_wins(data_of(without, tmp_path))


@pytest.mark.parametrize("values, word", [((1.2, 1.3, 1.1), "ahead"), ((1.2, 1.3, 0.9), "level"), ((1.01, 1.02, 1.03), "level"),
                                          ((0.8, 0.9, 0.7), "behind"), ((0.8, 0.9, 1.1), "level")])
def test_ahead_means_in_every_round_and_by_more_than_5_percent(values, word):
    assert words.verdict(lines.Figure(values)) == word


def test_failed_runs_are_listed_and_their_systems_too(tmp_path):
    failed = [bench_lines.line("throughput", "peers_yahoo", "yahoo", "faust", number, {"failed": "exit status 1\nwhy|not"}) for number in (0, 1)]
    there = bench_lines.line("throughput", "peers_yahoo", "yahoo", "headrace", 0, {"cpu_ns": 1, "rate": 1})
    texts = pages.parts(data_of([bench_lines.header(), there, *failed], tmp_path), {})
    assert ["peers_yahoo", "`yahoo`", "Faust", "2", "exit status 1"] in rows_of(texts["failures"])
    assert ["`yahoo`", "Faust", "failed", *["–"] * 7] in rows_of(texts["throughput"])


def test_a_full_machine_and_lost_answers_are_said(tmp_path):
    found = [dict(line) for line in bench_lines.latency("latency_1k", 1000, {**bench_lines.SYSTEMS, **bench_lines.PEERS})]
    for line in found:
        if line["system"] == "franz_go":
            line["warm"] = {**line["warm"], "answered": 500}
            line["achieved"] = 900
    text = pages.parts(data_of([bench_lines.header(), *found], tmp_path), {})["latency"]
    assert "less than 30 % idle: Spark `flight_20x5`." in text
    assert "Answered within the time: franz-go `pass` 75.0 %" in text
    assert "too full to send the load on time: franz-go `pass`." in text


# --- whatever is missing --------------------------------------------------------------------------------

def partial():
    yield "nothing", []
    yield "a header", [bench_lines.header()]
    yield "no header", [line for line in EVERYTHING if line["suite"] != "run"]
    yield "a quick run", [bench_lines.header(settings={"quick": True}), *EVERYTHING[1:]]
    yield "only failures", [bench_lines.header(), *({**line, "failed": "x"} for line in EVERYTHING if line["suite"] != "run")]
    for name in ("suite", "system", "group", "workload"):
        for value in sorted({line[name] for line in EVERYTHING if name in line and line["suite"] != "run"}):
            yield f"without {name} {value}", [line for line in EVERYTHING if line["suite"] == "run" or line.get(name) != value]
            yield f"only {name} {value}", [line for line in EVERYTHING if line["suite"] == "run" or line.get(name) == value]
    yield "all of it 0", [{name: 0 if isinstance(value, float) else value for name, value in line.items()} for line in EVERYTHING]
    for field in ("cpu_ns_steady", "broker_cpu_ns", "first_out_ms", "rss_mib", "rate", "idle", "warm"):
        yield f"no {field}", [{**line, **({field: None} if field in line and line["suite"] != "latency" or field in ("idle", "warm") else {})}
                              for line in EVERYTHING]


@pytest.mark.parametrize("found", [pytest.param(found, id=name) for name, found in partial()])
def test_whatever_is_missing_the_rest_is_shown(found, tmp_path):
    data = data_of(found, tmp_path)
    drawn = plots.all_of(data)
    texts = pages.parts(data, drawn)
    assert sum(goals.counted(data)) == 25
    for text in texts.values():
        assert text.strip() and "None" not in text.replace("None failed", "") and "nan" not in text
    for text in drawn.values():
        ElementTree.fromstring(text)


def test_a_line_that_is_none_is_named(tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"suite":"run","run":"a"}\n{"suite": oops}\n')
    with pytest.raises(lines.BadResults, match="bad.jsonl:2"):
        lines.load(tmp_path)


def test_each_change_stands_beside_the_one_before(data):
    assert rows_of(tables.changes(data)) == [
        ["`flight_20x5`", "As it was", "`aaaaaaaaaaaa`", "370 (333–444) ns", "1,110", "–", "–"],
        ["`flight_20x5`", "Write digits in their place", "`bbbbbbbbbbbb`", "350 (315–420) ns", "1,050", "-20.0", "-60"]]


# --- figures and the command ----------------------------------------------------------------------------

def test_figures_can_be_read_by_everyone(data):
    drawn = plots.all_of(data)
    assert set(drawn) == set(plots.FIGURES) - {"workloads"}
    for name, text in drawn.items():
        svg = ElementTree.fromstring(text)
        space = "{http://www.w3.org/2000/svg}"
        assert svg.get("role") == "img" and svg.get("aria-labelledby") == "t d"
        assert svg.find(f"{space}title").text and svg.find(f"{space}desc").text
        assert "@media (prefers-color-scheme:dark)" in text
        width, height = float(svg.get("width")), float(svg.get("height"))
        for mark in svg.iter(f"{space}rect"):
            assert float(mark.get("x", 0)) + float(mark.get("width")) <= width + 0.1, name
            assert 0 <= float(mark.get("y", 0)) <= height, name
        for mark in svg.iter(f"{space}circle"):
            assert 0 < float(mark.get("cx")) < width and 0 < float(mark.get("cy")) < height, name


def test_a_bar_is_as_long_as_its_figure(data):
    """Of the two of one panel, in the ratio of their figures."""
    svg = ElementTree.fromstring(plots.all_of(data)["limits"])
    bars = [float(mark.get("width")) for mark in svg.iter("{http://www.w3.org/2000/svg}rect") if mark.get("rx") and not mark.get("fill-opacity")]
    raw, own, prototype, flight = bars[:4]
    assert [own / raw, prototype / raw, flight / raw] == pytest.approx([0.95, 0.80, 0.75], abs=0.002)


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "bench/results").mkdir(parents=True)
    (tmp_path / "docs/BENCHMARKS.md").write_text(BENCHMARKS)
    (tmp_path / "README.md").write_text((ROOT / "README.md").read_text())
    return tmp_path


def report(tree, *arguments, seed="0"):
    return subprocess.run([sys.executable, ROOT / "bench/report", "--root", tree, *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONHASHSEED": seed}, check=False)


def test_the_same_results_give_the_same_bytes(tree):
    bench_lines.write(tree / "bench/results", bench=bench_lines.own(), peers=bench_lines.peers())
    made = []
    for seed in ("1", "2"):
        assert report(tree, seed=seed).returncode == 0
        made.append({path: path.read_bytes() for path in tree.rglob("*") if path.is_file()})
    assert made[0] == made[1] and len(made[0]) == 4 + 6
    assert report(tree, "--check").stdout == "everything is what the results say\n"


def test_a_figure_that_was_typed_is_found(tree):
    bench_lines.write(tree / "bench/results", bench=bench_lines.own())
    assert report(tree).returncode == 0
    page = tree / "docs/BENCHMARKS.md"
    page.write_text(page.read_text().replace("1.08 (1.08–1.08)", "1.01 (1.01–1.02)", 1))
    done = report(tree, "--check")
    assert done.returncode == 1 and done.stdout == "docs/BENCHMARKS.md is not what the results say\n"


def test_a_figure_whose_lines_are_gone_goes_too(tree):
    bench_lines.write(tree / "bench/results", bench=bench_lines.own(), peers=bench_lines.peers())
    report(tree)
    (tree / "bench/results/peers.jsonl").unlink()
    report(tree)
    assert not (tree / "bench/results/peers.svg").exists() and (tree / "bench/results/limits.svg").exists()
    assert "peers.svg" not in (tree / "README.md").read_text()


def test_taking_a_file_leaves_the_paths_of_the_machine_behind(tree):
    where = tree / "run.jsonl"
    failed = bench_lines.line("throughput", "pipeline", "pass", "raw", 0, {"failed": f"{ROOT}/build/release/bench_raw: not found"})
    where.write_text("".join(json.dumps(one) + "\n" for one in [bench_lines.header(), failed]))
    assert report(tree, where).returncode == 0
    assert '"./build/release/bench_raw: not found"' in (tree / "bench/results/run.jsonl").read_text()
    assert "./build/release/bench_raw: not found" in (tree / "docs/BENCHMARKS.md").read_text()
