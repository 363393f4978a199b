"""Results: JSON lines, one for each run of a system, behind one that says on what machine and of what they are.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import json
import pathlib
import uuid

from . import machine


class Results:
    """Writes each line as soon as there is one: a run that is cut short keeps what it has."""

    def __init__(self, path, settings):
        self.path = pathlib.Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("")
        self.run = uuid.uuid4().hex[:8]
        self.failed = 0
        self._write({"suite": "run", "run": self.run, "commit": machine.commit(),
                     "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                     "machine": machine.machine(), "versions": machine.versions(), "settings": settings})

    def _write(self, line):
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def add(self, suite, workload, system, broker, number, fields, settings=None):
        self._write({"suite": suite, "workload": workload, "system": system, "broker": broker, "round": number, **fields,
                     "settings": settings or {}, "run": self.run})

    def fail(self, suite, workload, system, broker, number, why, fields=None):
        """fields: its group and factor, where it has them."""
        self.failed += 1
        self.add(suite, workload, system, broker, number, {**(fields or {}), "failed": str(why)[-2000:]})


def load(path):
    """(the header line, the other lines) of a file."""
    lines = [json.loads(line) for line in pathlib.Path(path).read_text().splitlines() if line]
    header, = [line for line in lines if line["suite"] == "run"]
    return header, [line for line in lines if line["suite"] != "run"]
