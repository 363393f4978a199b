"""What the benches have in common: a loaded broker, and one measured run of a program.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import confluent_kafka

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADRACE = os.environ.get("HEADRACE", str(ROOT / "build/release/headrace"))
REQUESTS = "flight_delay_classification_request"
RESPONSES = "flight_delay_classification_response"


def fill(bootstrap, count):
    """Real requests, over and over, null keys."""
    lines = (ROOT / "topologies/flight_delay/data/requests.jsonl").read_bytes().splitlines()
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "batch.size": 500_000,
                                         "queue.buffering.max.messages": 500_000, "enable.idempotence": True})
    for i in range(count):
        while True:
            try:
                producer.produce(REQUESTS, lines[i % len(lines)])
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(120) == 0
    return sum(map(len, lines)) / len(lines)


def touch_memory(gib=2):
    """The first touch of a page is dear on virtual machines: pay before the run, not in it."""
    subprocess.run([sys.executable, "-c", f"b = bytearray({gib} << 30); b[::4096] = b'x' * len(b[::4096])"], check=True)


def steal():
    fields = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    return int(fields[7]), sum(map(int, fields[:8]))


class Peak(threading.Thread):
    """The peak RSS of a process, asked for while it runs: getrusage() would count the parent's pages before exec."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.kib = 0
        self.start()

    def run(self):
        time.sleep(0.1)  # let it exec
        while True:
            try:
                lines = [line for line in self.status.read_text().splitlines() if line.startswith("VmHWM")]
            except OSError:
                return
            if not lines:
                return
            self.kib = max(self.kib, int(lines[0].split()[1]))
            time.sleep(0.05)


def measure(command, records, environment, watch=None, folder=ROOT):
    """watch(path of the log) returns something with stop(): what looks at the process meanwhile."""
    touch_memory()
    stolen, total = steal()
    started = time.monotonic()
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, cwd=folder, env=environment)
        peak = Peak(process.pid)
        watcher = watch(pathlib.Path(log.name)) if watch is not None else None
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = status
        peak.join()
        if watcher is not None:
            watcher.stop()
        if status != 0:
            log.seek(0)
            sys.exit(f"{command[0]} ended with {status}:\n{log.read().decode()[-2000:]}")
    stolen_after, total_after = steal()
    return {"records_per_s": records / seconds, "cpu_ns": (usage.ru_utime + usage.ru_stime) * 1e9 / records,
            "rss_mib": peak.kib / 1024, "switches": usage.ru_nivcsw,
            "steal": (stolen_after - stolen) / max(1, total_after - total)}


def spread(values, digits=0):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"
