# SPDX-License-Identifier: Apache-2.0
"""The committed data files are what their scripts write, and fit each other and the schemas."""
import collections
import json
import subprocess
import sys

import pytest

import flights as nyc
from conftest import read_lines

DATA = nyc.TOPOLOGY / "data"
SCHEMAS = nyc.TOPOLOGY.parent.parent / "schemas"
sys.path.insert(0, str(DATA))
import make_distances  # noqa: E402

TYPES = {"string": str, "double": float, "int": int, "boolean": bool}


def assert_fits(row, schema_file):
    """Every field of the row is in the schema with its type, every required field is in the row."""
    schema = json.loads((SCHEMAS / schema_file).read_text(encoding="utf-8"))
    fields = {field["name"]: field["type"] for field in schema["fields"]}
    required = {name for name, kind in fields.items() if isinstance(kind, str)}
    assert required <= row.keys() <= fields.keys()
    for name, value in row.items():
        kind = fields[name] if isinstance(fields[name], str) else fields[name][1]
        assert type(value) is TYPES[kind], (name, value)


@pytest.fixture(scope="module")
def distance_rows():
    return read_lines("origin_dest_distances.jsonl")


def test_the_distance_script_writes_the_committed_table(tmp_path):
    try:
        package = make_distances.fetch_package(nyc.cache_folder())
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"vega-datasets cannot be fetched: {error}")
    out = tmp_path / "distances.jsonl"
    subprocess.run([sys.executable, DATA / "make_distances.py", "--package", package, "--out", out], check=True)
    assert out.read_bytes() == (DATA / "origin_dest_distances.jsonl").read_bytes()


def test_the_distance_script_refuses_another_package(tmp_path):
    (tmp_path / "vega.tgz").write_bytes(b"something else")
    with pytest.raises(SystemExit, match="sha256"):
        make_distances.open_package(tmp_path / "vega.tgz")


def test_the_ellipsoid_formula_gives_known_distances():
    degree_at_equator, quarter_meridian = 111319.491 / 1609.344, 10001965.729 / 1609.344
    assert make_distances.vincenty_miles((0, 0), (0, 1)) == pytest.approx(degree_at_equator, abs=1e-6)
    assert make_distances.vincenty_miles((0, 20), (90, 20)) == pytest.approx(quarter_meridian, abs=1e-6)
    assert make_distances.vincenty_miles((40.5, -73.8), (40.5, -73.8)) == 0
    flinders, buninyong = (-37.951033417, 144.424867889), (-37.652821139, 143.926495528)
    assert make_distances.vincenty_miles(flinders, buninyong) == pytest.approx(54972.271 / 1609.344, abs=1e-5)


def test_the_distance_table_is_sorted_unique_and_counted(distance_rows):
    pairs = [(row["Origin"], row["Dest"]) for row in distance_rows]
    assert pairs == sorted(set(pairs)) and len(pairs) == 5737
    assert collections.Counter(row["Computed"] for row in distance_rows) == {False: 3399, True: 2338}
    for row in distance_rows:
        assert_fits(row, "origin_dest_distance.avsc")


def test_the_request_script_writes_the_committed_requests(package, tmp_path):
    subprocess.run([sys.executable, DATA / "make_requests.py", "--data", package, "--out", tmp_path], check=True)
    for name in ("requests.jsonl", "outcomes.jsonl"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_the_script_of_the_page_writes_the_committed_lists(package, tmp_path):
    try:
        make_distances.fetch_package(nyc.cache_folder())
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"vega-datasets cannot be fetched: {error}")
    subprocess.run([sys.executable, DATA / "make_web_lists.py", "--out", tmp_path], check=True)
    for name in ("airports.json", "carriers.json"):
        assert (tmp_path / name).read_bytes() == (nyc.TOPOLOGY / "web" / name).read_bytes(), name


def test_the_page_offers_the_routes_of_the_distance_table():
    airports = json.loads((nyc.TOPOLOGY / "web" / "airports.json").read_text(encoding="utf-8"))
    offered = {(row["code"], dest): miles for row in airports for dest, miles in row["to"].items()}
    assert offered == nyc.read_distances()
    assert all(row["city"] not in ("", "NA") and len(row["state"]) == 2 for row in airports)


def test_the_page_offers_the_airlines_of_the_requests(requests):
    carriers = json.loads((nyc.TOPOLOGY / "web" / "carriers.json").read_text(encoding="utf-8"))
    assert {request["Carrier"] for request in requests} <= {row["code"] for row in carriers}


def test_requests_fit_their_schema_and_their_routes_have_a_distance(requests):
    distances = nyc.read_distances()
    assert len(requests) >= 5000
    for request in requests:
        assert_fits(request, "flight_delay_request.avsc")
        assert (request["Origin"], request["Dest"]) in distances
    assert [r["Timestamp"] for r in requests] == sorted(r["Timestamp"] for r in requests)


def test_requests_are_of_the_test_months(requests):
    assert {request["FlightDate"][:7] for request in requests} == {"2013-11", "2013-12"}


def test_every_request_has_its_outcome(requests, outcomes):
    names = [request["UUID"] for request in requests]
    assert names == [outcome["UUID"] for outcome in outcomes] and len(set(names)) == len(names)
    for outcome in outcomes:
        assert outcome["Actual"] == nyc.classes(outcome["ArrDelay"])
