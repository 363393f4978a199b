#!/usr/bin/env python3
"""Writes ads.jsonl: 1,000 ads, ten to each of 100 campaigns, as the Yahoo streaming benchmark has them in Redis. The
same ids each time.

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import uuid

CAMPAIGNS, ADS = 100, 10


def identifier(name):
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def main():
    with (pathlib.Path(__file__).parent / "ads.jsonl").open("w") as file:
        for i in range(CAMPAIGNS * ADS):
            row = {"ad_id": identifier(f"ad {i}"), "campaign_id": identifier(f"campaign {i // ADS}")}
            file.write(json.dumps(row, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
