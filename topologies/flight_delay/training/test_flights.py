# SPDX-License-Identifier: Apache-2.0
"""The features that train.py learns from are those that the topology derives."""
import datetime
import re

import pandas
import pytest

import flights as nyc

CASES = [
    # FlightDate, DayOfYear, DayOfMonth, DayOfWeek: from a calendar on paper
    ("2016-12-25", 360, 25, 7),  # a Sunday in a leap year: the reference web page says 6
    ("2016-02-29", 60, 29, 1),
    ("2016-03-01", 61, 1, 2),
    ("2016-12-31", 366, 31, 6),
    ("2015-03-01", 60, 1, 7),
    ("2013-01-01", 1, 1, 2),
    ("2013-11-04", 308, 4, 1),
    ("2013-12-31", 365, 31, 2),
    ("2000-12-31", 366, 31, 7),
    ("1900-12-31", 365, 31, 1),
]


class CelDate:
    """A timestamp with CEL's getters as the language defines them: all count from 0 but getDate, Sunday is 0."""

    def __init__(self, text):
        self.day = datetime.date.fromisoformat(text)

    def getDayOfYear(self):
        return (self.day - self.day.replace(month=1, day=1)).days

    def getDate(self):
        return self.day.day

    def getDayOfWeek(self):
        return (self.day.toordinal()) % 7  # 0001-01-01, ordinal 1, was a Monday


def derived_by_topology(record):
    """Runs the derive step's expressions: they are written so that Python reads them as CEL does."""
    text = (nyc.TOPOLOGY / "topology.yaml").read_text(encoding="utf-8")
    block = text[text.index("    derive:\n"):text.index("  distance:\n")]
    lines = re.findall(r"^ {6}(\w+): '([^']*)'", block, flags=re.MULTILINE)
    assert [name for name, _ in lines] == ["Route", "DayOfYear", "DayOfMonth", "DayOfWeek"]
    return {name: eval(code, {"date": CelDate}, dict(record)) for name, code in lines}


def flight(date, origin="JFK", dest="LAX"):
    return {"FlightDate": date, "Origin": origin, "Dest": dest}


@pytest.mark.parametrize("date, of_year, of_month, of_week", CASES)
def test_calendar_features_are_what_a_calendar_says(date, of_year, of_month, of_week):
    assert nyc.calendar_features(date) == (of_year, of_month, of_week)


@pytest.mark.parametrize("date, of_year, of_month, of_week", CASES)
def test_the_topologys_expressions_say_the_same(date, of_year, of_month, of_week):
    wanted = {"Route": "JFK-LAX", "DayOfYear": of_year, "DayOfMonth": of_month, "DayOfWeek": of_week}
    assert derived_by_topology(flight(date)) == wanted


def test_features_of_every_day_of_four_years_equal_the_topologys():
    days = [str(day.date()) for day in pandas.date_range("2013-01-01", "2016-12-31")]
    table = pandas.DataFrame([flight(day) for day in days])
    found, left_out = nyc.add_features(table, {("JFK", "LAX"): 2475.0})
    assert left_out == 0
    names = ["Route", "DayOfYear", "DayOfMonth", "DayOfWeek"]
    assert found[names].to_dict("records") == [derived_by_topology(flight(day)) for day in days]


def test_a_request_that_counts_from_0_is_overwritten():
    assert derived_by_topology({**flight("2016-12-25"), "DayOfWeek": 6})["DayOfWeek"] == 7


def test_a_route_without_a_distance_is_left_out_as_the_topology_does():
    table = pandas.DataFrame([flight("2013-01-01"), flight("2013-01-01", "LGA", "MDW")])
    found, left_out = nyc.add_features(table, nyc.read_distances())
    assert left_out == 1
    assert found[["Route", "Distance"]].values.tolist() == [["JFK-LAX", 2475.0]]


def test_a_delay_on_a_split_belongs_to_the_class_above():
    assert nyc.classes([-86, -16, -15, -1, 0, 29, 30, 1272]).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_other_data_is_refused(tmp_path):
    (tmp_path / "flights.csv").write_text("year,month,day\n2013,1,1\n")
    with pytest.raises(nyc.DataError, match="sha256"):
        nyc.load_flights(tmp_path / "flights.csv")
