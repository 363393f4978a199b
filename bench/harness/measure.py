"""One measured run of a system, as a black box and alike for all of them: bench_watch starts it and looks at its output
topic, its CPU time and its memory until it ends or has put out what is expected.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import json
import os
import subprocess
import tempfile

from . import machine


class Failed(Exception):
    """A run that gave no figures, and why."""


@contextlib.contextmanager
def scratch(more):
    """The variables of a system, among them a TMPDIR that is removed behind it, however it ends."""
    with tempfile.TemporaryDirectory(prefix="bench_", ignore_cleanup_errors=True) as folder:
        yield {**os.environ, "TMPDIR": folder, **(more or {})}


def run(broker, command, out_topic, records, *, expected=None, ends=True, limit_s=180, environment=None, touch=True,
        for_s=None, at_least=False):
    """Runs `command`, which reads `records` records and puts out `expected` (default: as many; None of them when 0).
    ends: it ends by itself; else it is told to stop (SIGTERM to its process group) when they are out.
    for_s: it is told to stop after that time, and what comes out is not looked at.
    at_least: more than `expected` may come out.
    Returns the fields of a result line that a run gives (README.md of bench/). Failed: it did not work.

    seconds and rate are from exec to the last record out (to the exit where nothing is to come out). *_steady are from
    the first third of the records out to the last: without start-up, JIT and the end. CPU is per record read."""
    expected = records if expected is None else expected
    words = [machine.tool("watch"), broker.bootstrap, out_topic, "--broker", str(broker.pid), "--limit", str(int(limit_s * 1000))]
    if for_s is not None:
        words += ["--for", str(int(for_s * 1000))]
    elif not ends:
        words += ["--until", str(expected)]
    if touch:
        machine.touch_memory()
    times = machine.CpuTimes()
    with tempfile.TemporaryFile() as log, scratch(environment) as environ:
        done = subprocess.run([*words, "--", *map(str, command)], cwd=machine.ROOT, env=environ,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        steal, idle = times.shares()
        log.seek(0)
        said = log.read().decode(errors="replace")[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or not lines or "outcome" not in lines[-1]:
        raise Failed(f"bench_watch: {said}")
    looks, end = lines[:-1], lines[-1]
    if end["outcome"] == "timeout":
        raise Failed(f"not done after {limit_s} s: {end['records']} of {expected} records out\n{said}")
    if end["outcome"] == "exit" and end["status"] != 0:
        raise Failed(f"exit status {end['status']}, signal {end['signal']}\n{said}")
    if for_s is None and end["records"] < expected:
        raise Failed(f"{end['records']} of {expected} records out\n{said}")
    if for_s is None and end["records"] > expected > 0 and not at_least:
        raise Failed(f"{end['records']} records out, {expected} expected\n{said}")
    return {**figures(looks, end, records, expected if for_s is None else 0), "steal": round(steal, 4), "idle": round(idle, 4)}


def figures(looks, end, records, expected):
    """From what bench_watch saw. Public for its tests."""
    out = [look for look in looks if look["records"] > 0]
    done = next((look for look in looks if look["records"] >= expected > 0), end)
    result = {
        "records": records, "records_out": end["records"], "seconds": round(done["ms"] / 1000, 4),
        "rate": round(records / done["ms"] * 1000, 1), "cpu_ns": round(end["cpu_ns"] / max(1, records), 2),
        "broker_cpu_ns": round(end["broker_cpu_ns"] / max(1, records), 2), "rss_mib": round(end["peak_kib"] / 1024, 1),
        "first_out_ms": out[0]["ms"] if out else None, "switches": end["switches"],
        "switches_voluntary": end["switches_voluntary"], "cpu_ns_steady": None, "rate_steady": None,
    }
    third = next((look for look in looks if look["records"] * 3 >= expected > 0), None)
    if third is not None and done["records"] > third["records"] and done["ms"] > third["ms"]:
        share = (done["records"] - third["records"]) / expected
        result["cpu_ns_steady"] = round((done["cpu_ns"] - third["cpu_ns"]) / (share * records), 2)
        result["rate_steady"] = round(share * records / (done["ms"] - third["ms"]) * 1000, 1)
    return result


def latency(broker, command, in_topic, out_topic, *, rate, seconds, cold_s=4, size=300, linger_ms="0.1", limit_s=60,
            environment=None, touch=True):
    """Runs `command` under bench_latency. Returns its JSON with "steal" and "idle". Failed: it did not work."""
    words = [machine.tool("latency"), broker.bootstrap, in_topic, out_topic, "--rate", rate, "--seconds", seconds, "--cold",
             int(cold_s * 1000), "--size", size, "--linger", linger_ms, "--limit", int(limit_s * 1000), "--", *command]
    if touch:
        machine.touch_memory()
    times = machine.CpuTimes()
    with scratch(environment) as environ:
        done = subprocess.run(list(map(str, words)), cwd=machine.ROOT, env=environ, stdin=subprocess.DEVNULL,
                              capture_output=True)
    steal, idle = times.shares()
    if done.returncode != 0:
        raise Failed(f"bench_latency: {done.stderr.decode(errors='replace')[-2000:]}")
    line = json.loads(done.stdout)
    for phase in ("cold", "warm"):
        line[phase] = answered(line[phase])
    if not line["cold"]["answered"] + line["warm"]["answered"]:
        raise Failed(f"none of {line['cold']['sent'] + line['warm']['sent']} requests was answered in time")
    return {**line, "steal": round(steal, 4), "idle": round(idle, 4)}


def answered(phase):
    """A phase without its percentiles where more than one in a thousand requests has no answer: they would be those of the quick
    ones."""
    if phase["answered"] >= phase["sent"] * 0.999:
        return phase
    return {name: value if name in ("sent", "answered") else None for name, value in phase.items()}
