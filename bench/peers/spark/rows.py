"""The flights that the project's own model learns from, as CSV for train.py. Runs with the packages of
topologies/flight_delay/training.

    python rows.py OUT

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "topologies/flight_delay/training"))
import flights  # noqa: E402

COLUMNS = ["DepDelay", "Distance", "DayOfMonth", "DayOfWeek", "DayOfYear", "Carrier", "Origin", "Dest", "Route", "Label"]


def main(out):
    known, _ = flights.add_features(flights.load_flights(), flights.read_distances())
    learnt = known[known["Month"] < flights.FIRST_TEST_MONTH]
    learnt.assign(Label=flights.classes(learnt["ArrDelay"]))[COLUMNS].to_csv(out, index=False)


main(sys.argv[1])
