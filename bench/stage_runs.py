"""Runs build/release/bench_stages: its times, its instructions under callgrind, and what of the same work is done
elsewhere (onnxruntime in Python, the process `headrace check`). For bench/gate and bench/stages.

SPDX-License-Identifier: Apache-2.0
"""
import concurrent.futures
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAGES = os.environ.get("BENCH_STAGES", str(ROOT / "build/release/bench_stages"))

# libc picks its string functions by the CPU that it finds, and valgrind shows it that of the host as far as it can
# emulate it. Without these the baseline's plain SSE2 versions are taken everywhere.
HWCAPS = ("AVX AVX2 AVX512BW AVX512F AVX512VL AVX_Fast_Unaligned_Load BMI1 BMI2 ERMS FMA FMA4 FSRM LZCNT MOVBE POPCNT RTM "
          "SSE4_1 SSE4_2 SSSE3 XSAVE XSAVEC")
TUNABLES = "glibc.cpu.hwcaps=" + ",".join(f"-{name}" for name in HWCAPS.split())


class Failed(Exception):
    """A run that gave no figures; the text is what it said."""


def run(command, **options):
    result = subprocess.run(command, cwd=ROOT, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)
    if result.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit {result.returncode}\n{result.stderr}")
    return result.stdout


def built():
    """Names the compiler that built the stages and the libc that runs them: gcc-12.2.0_glibc-2.36."""
    return run([STAGES, "--built"]).strip()


def instructions(gated=True, names=()):
    """{(stage, system): instructions per item}, of one run after one to warm up."""
    listed = [line.split() for line in run([STAGES, "--list", *(["--gated"] if gated else []), *names]).splitlines()]
    # A table hashes with the address that it was made at, and threads make addresses differ: those stages that start
    # some (the tables of the flight topology) have a process for themselves.
    threaded = [name for name, _ in listed if name.startswith("flight")]
    groups = [group for group in (threaded, [name for name, _ in listed if name not in threaded]) if group]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        counted = list(pool.map(lambda group: count_group(gated, sorted(set(group))), groups))
    return {key: ir for group in counted for key, ir in group.items()}


def count_group(gated, names):
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "GLIBC_TUNABLES": TUNABLES}
        printed = run(["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no",
                       f"--callgrind-out-file={folder}/out", STAGES, "--callgrind", *(["--gated"] if gated else []),
                       *names], env=environment)
        totals = dict(read_dump(path) for path in pathlib.Path(folder).glob("out.*"))
    items = [line.split() for line in printed.splitlines()]
    try:
        return {(stage, system): totals[f"{stage}/{system}"] / int(n) for stage, system, _, n in items}
    except KeyError as key:
        raise Failed(f"callgrind has no figure for {key}: was bench_stages built without <valgrind/callgrind.h>?") from key


def read_dump(path):
    text = path.read_text(errors="replace")
    return (re.search(r"^desc: Trigger: Client Request: (\S+)", text, re.MULTILINE)[1],
            int(re.search(r"^totals: (\d+)", text, re.MULTILINE)[1]))


def times(rounds=9, names=()):
    """Result lines of the stages in process."""
    return [json.loads(line) for line in run([STAGES, "--json", "--rounds", str(rounds), *names]).splitlines()]


def check_process(headrace, rounds=15):
    """`headrace check` of the flight topology from exec to exit, without network."""
    ns = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        run([headrace, "check", "topologies/flight_delay/topology.yaml"])
        ns.append(time.perf_counter_ns() - start)
    return line("topology_check_process", "headrace", "check", ns)


def line(workload, system, item, ns):
    return {"suite": "stage", "workload": workload, "system": system, "item": item, "rounds": len(ns),
            "ns": round(statistics.median(ns), 2), "ns_min": round(min(ns), 2), "ns_max": round(max(ns), 2)}


def collect(rounds=9, names=()):
    """(result lines of all that ran, [(part, why it did not run)])."""
    headrace = os.environ.get("HEADRACE", str(ROOT / "build/release/headrace"))
    troubles = []

    def attempt(what, call):
        try:
            return call()
        except (Failed, OSError, ImportError) as error:
            troubles.append((what, error))
            return []

    lines = attempt("bench_stages", lambda: times(rounds, names))
    counts = dict(attempt("callgrind", lambda: instructions(gated=False, names=names)))
    for row in lines:
        if (row["workload"], row["system"]) in counts:
            row["ir"] = round(counts[row["workload"], row["system"]], 2)
    if not names:
        lines += attempt("onnxruntime", lambda: onnxruntime_stages(rounds))
        lines += attempt("headrace check", lambda: [check_process(headrace)])
    return lines, troubles


# --- onnxruntime --------------------------------------------------------------------------------

FORESTS = {"forest_20x5": (20, 5, "float"), "forest_20x10": (20, 10, "float"), "forest_100x10": (100, 10, "float"),
           "forest_20x5_double": (20, 5, "double"), "forest_100x10_double": (100, 10, "double")}
SINGLE = ("forest_20x5", "forest_100x10")
MODEL = "topologies/flight_delay/models/flight_delay.onnx"


def onnxruntime_stages(rounds=9):
    """The same forests by onnxruntime on one thread, called from Python with batches of 1,024 rows and of one: what a
    Python program pays. A call costs some microseconds whatever the model: in a batch of 1,024 that is a few
    nanoseconds a record, alone it is most of the figure."""
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    load = [timed(lambda: onnxruntime.InferenceSession(MODEL, options, ["CPUExecutionProvider"]), 1)
            for _ in range(rounds)]
    lines = [line("onnx_load", "onnxruntime", "load", load)]
    for name, (trees, depth, kind) in FORESTS.items():
        rows = numpy.random.default_rng(7).random((4096, 9)).astype(numpy.float64 if kind == "double" else numpy.float32)
        with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
            run([STAGES, "--forest", str(trees), str(depth), kind, file.name])
            session = onnxruntime.InferenceSession(file.name, options, ["CPUExecutionProvider"])
        runs = [(name, 1024, 4096)] + ([(f"{name}_single", 1, 512)] if name in SINGLE else [])
        for label, size, count in runs:
            batches = [rows[i:i + size] for i in range(0, count, size)]
            ns = [timed(lambda: [session.run(None, {"x": batch}) for batch in batches], count) for _ in range(rounds + 1)]
            lines.append(line(label, "onnxruntime", "record", ns[1:]))
    return lines


def timed(call, items):
    """CPU ns per item, as bench_stages counts."""
    start = time.process_time_ns()
    call()
    return (time.process_time_ns() - start) / items
