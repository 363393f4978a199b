"""Workloads of the benches on Quix Streams.

    python job.py WORKLOAD BOOTSTRAP IN OUT GROUP LINGER_MS [MODEL TABLE]

Requests that it cannot work on are left out. Runs until SIGTERM.
SPDX-License-Identifier: Apache-2.0
"""
import datetime
import json
import struct
import sys
import tempfile

import forest
from quixstreams import Application

FEATURES = ["DepDelay", "Distance", "DayOfMonth", "DayOfWeek", "DayOfYear", "Carrier", "Origin", "Dest", "Route"]
SINGLE, SINGLES = struct.Struct("f"), struct.Struct("4f")


def flight(model, table):
    """A function from a request to what goes out."""
    names, codes, votes = forest.read(model)
    if names != FEATURES:
        raise ValueError(f"{model} has other features than {FEATURES}")

    def code(name, word):
        known, unseen = codes[name]
        return known.get(word, unseen)

    routes = {}
    with open(table, encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            origin, dest = row["Origin"], row["Dest"]
            route = f"{origin}-{dest}"
            routes[origin, dest] = (row["Distance"], route, code("Origin", origin), code("Dest", dest), code("Route", route))
    carriers, other_carrier = codes["Carrier"]
    new_year = {year: datetime.date(year, 1, 1).toordinal() - 1 for year in range(1, 10000)}
    date_of = datetime.date.fromisoformat

    def apply(request):
        date = date_of(request["FlightDate"])
        distance, route, *words = routes[request["Origin"], request["Dest"]]
        delay, = SINGLE.unpack(SINGLE.pack(request["DepDelay"]))
        year, week = date.toordinal() - new_year[date.year], date.isoweekday()
        sums = votes(delay, distance, date.day, week, year, carriers.get(request["Carrier"], other_carrier), *words)
        sums = SINGLES.unpack(SINGLES.pack(*sums))
        request["DayOfYear"], request["DayOfMonth"], request["DayOfWeek"] = year, date.day, week
        request["Distance"], request["Route"], request["Prediction"] = distance, route, sums.index(max(sums))
        return request
    return apply


def main(folder, workload, bootstrap, source, out, group, linger, *files):
    app = Application(
        bootstrap, consumer_group=group, auto_offset_reset="earliest", processing_guarantee="at-least-once", commit_interval=1.0,
        state_dir=folder, loglevel="ERROR", auto_create_topics=False, on_processing_error=lambda *_: True,
        consumer_extra_config={"queued.max.messages.kbytes": 8192, "fetch.queue.backoff.ms": 1},
        producer_extra_config={"acks": "all", "enable.idempotence": True, "linger.ms": float(linger), "batch.size": 256 << 10,
                               "queue.buffering.max.messages": 100000})
    form = "bytes" if workload == "pass" else "json"
    rows = app.dataframe(app.topic(source, value_deserializer=form))
    if workload != "pass":
        rows = rows.apply(flight(*files))
    rows.to_topic(app.topic(out, value_serializer=form))
    app.run()


with tempfile.TemporaryDirectory() as state:
    main(state, *sys.argv[1:])
