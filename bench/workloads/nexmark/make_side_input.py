#!/usr/bin/env python3
"""Writes side_input.jsonl: the side input of Nexmark q13, 10,000 rows.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib

ROWS = 10_000


def main():
    with (pathlib.Path(__file__).parent / "side_input.jsonl").open("w") as file:
        for key in range(ROWS):
            file.write(f'{{"key":{key},"value":"{key}"}}\n')


if __name__ == "__main__":
    main()
