"""The generated parts of docs/BENCHMARKS.md and README.md, and the figures of bench/results/.

A part stands between `<!-- bench NAME -->` and `<!-- /bench -->`; the rest of a page is written by hand.
SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re

from . import goals, plots, tables, words
from .lines import BadResults, load

PAGES = ("docs/BENCHMARKS.md", "README.md")
RESULTS = "bench/results"
BLOCK = re.compile(r"(<!-- bench (\w+) -->\n)(.*?)(<!-- /bench -->)", re.DOTALL)
ALTS = {"limits": "Rate and CPU of headrace beside librdkafka alone and the pipeline by hand",
        "peers": "Rate and CPU of headrace beside other stream processors",
        "workloads": "Rate and CPU of the Yahoo and Nexmark workloads",
        "latency": "Latency of each system at 1,000 and 10,000 records per second",
        "factors": "Rate and CPU by partitions, record size and threads",
        "footprint": "Memory and start of each system", "stages": "Stages beside libraries"}


def picture(name, drawn, folder):
    return f"![{ALTS[name]}]({folder}{name}.svg)" if name in drawn else tables.NONE


def parts(data, drawn):
    """{name of a block: its text}"""
    texts = {"run": tables.header(data), "goals": goals_part(data), "floors": goals.floors_text(data),
             "who": words.who_wins(data), "throughput": tables.throughput(data),
             "factors": tables.factors(data), "latency": tables.latency(data), "start": tables.start(data), "stages": tables.stages(data),
             "settings": tables.settings(data), "trials": tables.trials(data), "changes": tables.changes(data), "failures": tables.failures(data)}
    for name in plots.FIGURES:
        texts[f"figure_{name}"] = picture(name, drawn, "../bench/results/")
    shown = [picture(name, drawn, "bench/results/") for name in (("peers",) if "peers" in drawn else ("limits",)) + ("latency",) if name in drawn]
    texts["summary"] = words.summary(data, shown)
    return texts


def goals_part(data):
    met, missed, absent = goals.counted(data)
    return f"{met} met, {missed} missed, {absent} not measured in this run.\n\n{goals.table(data)}"


def filled(page, texts):
    def fill(match):
        if match[2] not in texts:
            raise BadResults(f"there is no part '{match[2]}'; there are {', '.join(sorted(texts))}")
        return f"{match[1]}{texts[match[2]]}\n{match[4]}"
    return BLOCK.sub(fill, page)


def render(root, data=None):
    """{path: text} of all that is generated; None for a figure that there is no data for any more."""
    root = pathlib.Path(root)
    data = data or load(root / RESULTS)
    drawn = plots.all_of(data)
    texts = parts(data, drawn)
    made = {root / page: filled((root / page).read_text(), texts) for page in PAGES}
    made.update({root / RESULTS / f"{name}.svg": drawn.get(name) for name in plots.FIGURES})
    return made


def differing(made):
    """The paths whose text is another."""
    return [path for path, text in made.items() if (path.read_text() if path.exists() else None) != text]


def write(made):
    changed = differing(made)
    for path in changed:
        if made[path] is None:
            path.unlink()
        else:
            path.write_text(made[path])
    return changed
