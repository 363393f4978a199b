"""Result lines as bench/run writes them, of a run that never was: every suite, peers, a round made again and runs that
failed. The figures are round numbers, so that what the report makes of them can be said by hand.

SPDX-License-Identifier: Apache-2.0
"""
import json

RUN = "cafe0001"
BROKER = "kafka 4.3.1"
# CPU ns of a record, thousands of records a second, MiB, ms to the first record, µs of p50 at 1 k records/s.
SYSTEMS = {("raw", "pass"): (500, 2000, 40, 70, 1200), ("headrace", "pass"): (540, 1900, 50, 80, 1250),
           ("prototype", "flight_20x5"): (700, 1600, 48, 75, 1300), ("headrace", "flight_20x5"): (735, 1500, 52, 100, 1300)}
PEERS = {("kafka_streams", "pass"): (2500, 600, 600, 1100, 1400), ("kafka_streams", "flight_20x5"): (4410, 350, 624, 1150, 1400),
         ("spark", "flight_20x5"): (40000, 40, 900, 9000, 130000), ("franz_go", "pass"): (490, 2100, 45, 40, 1180)}
DRIFT = (1.0, 1.1, 0.9)  # of the machine, alike for all of a round


def header(**more):
    return {"suite": "run", "run": RUN, "commit": "0123456789ab", "date": "2026-11-24T12:00:00+00:00",
            "machine": {"cpu": "Test CPU", "cores": 2, "virtual": True, "memory_gib": 24.0, "kernel": "6.1", "arch": "x86_64", "os": "Debian 12"},
            "versions": {"headrace": "0.1.0", "librdkafka": "2.15.1", "java": "17.0.2", "kafka": "4.3.1", "python": "unknown"},
            "settings": {"peers": True, "quick": False}, **more}


def line(suite, group, workload, system, number, fields, settings=None):
    return {"suite": suite, "workload": workload, "system": system, "broker": BROKER, "round": number, "group": group, **fields,
            "settings": settings or {}, "run": RUN}


def throughput(group, suite, systems, **more):
    for number, drift in enumerate(DRIFT):
        for (system, workload), (cpu, rate, mib, first, _) in systems.items():
            settings = {"profile": "throughput", "threads": 1, "partitions": 4, **({"heap": "512 MB"} if system == "kafka_streams" else {})}
            yield line(suite, group, workload, system, number, {
                "records": 2_000_000, "records_out": 2_000_000, "seconds": 2000 / rate, "rate": rate * 1000 / drift,
                "cpu_ns": cpu * drift, "cpu_ns_steady": cpu * drift * (0.7 if system == "kafka_streams" else 0.95), "broker_cpu_ns": 300 * drift,
                "rss_mib": mib * drift, "first_out_ms": first * drift, "switches": 100, "steal": 0.001, "idle": 0.2, **more}, settings)


def latency(group, rate, systems):
    for number, drift in enumerate(DRIFT):
        for (system, workload), (_, _, mib, first, p50) in systems.items():
            phases = {name: {"sent": 1000, "answered": 1000, "p50_us": p50 * by * drift, "p90_us": p50 * by * 1.5 * drift,
                             "p99_us": p50 * by * 2 * drift, "p999_us": p50 * by * 4 * drift, "max_us": p50 * by * 9 * drift}
                      for name, by in (("cold", 10 if system == "kafka_streams" else 1.25), ("warm", 1))}
            yield line("latency", group, workload, system, number, {
                "ready_ms": first * drift, "rate": rate, "achieved": rate, "size": 300, "late_us": 50, "rss_kib": mib * 1024 // 4,
                "peak_kib": mib * 1024 // 2, "cpu_ns": 10**9, "idle": 0.2 if system == "spark" else 0.6, "steal": 0.0, **phases})


def start(group, systems):
    for number, drift in enumerate(DRIFT):
        for (system, workload), (_, _, mib, first, _) in systems.items():
            yield line("start", group, workload, system, number, {"first_out_ms": first * drift, "rss_mib": mib / 2, "steal": 0.0, "idle": 0.5})


def stage(workload, system, ns, item="record"):
    return {"suite": "stage", "workload": workload, "system": system, "item": item, "rounds": 9, "ns": ns, "ns_min": ns * 0.9, "ns_max": ns * 1.2,
            **({"ir": ns * 3} if system in ("headrace", "jansson") else {})}


def change(what, ns, commit):
    return {**stage("flight_20x5", "headrace", ns), "suite": "change", "what": what, "commit": commit}


def factors():
    for name, values in (("partitions", (1, 16)), ("bytes", (100, 1000, 10000))):
        for value in values:
            yield from throughput(f"{name}_{value}", "factor", {key: SYSTEMS[key] for key in (("raw", "pass"), ("headrace", "flight_20x5"))},
                                  factor=name, value=value)
    for threads in (1, 2, 3, 4):
        cpu, rate, *rest = SYSTEMS["headrace", "flight_20x5"]
        yield from throughput("threads", "factor", {("headrace", "flight_20x5"): (cpu * (1 + 0.05 * (threads - 1)), rate, *rest)},
                              factor="threads", value=threads)


def own():
    pipeline = list(throughput("pipeline", "throughput", SYSTEMS))
    stolen = {**pipeline[0], "cpu_ns": 9e9, "rate": 1.0, "dropped": True}
    return [header(), stolen, *pipeline, *factors(),
            *latency("latency_1k", 1000, SYSTEMS), *latency("latency_10k", 10000, SYSTEMS), *start("start", SYSTEMS),
            stage("json_splice", "headrace", 200), stage("json_splice", "jansson", 2000), stage("forest_20x5", "headrace", 95),
            stage("forest_20x5", "onnxruntime", 450), stage("forest_100x10", "headrace", 1600),
            stage("topology_check_process", "headrace", 12e6, "check"),
            change("As it was", 370, "a" * 40), change("Write digits in their place", 350, "b" * 40)]


def checks():
    for system, workload in PEERS:
        how = "fields" if system == "spark" else "byte for byte"
        yield line("check", "check", workload, system, 0, {"records": 5290, "records_out": 5290, "compared": how})


def slow(found):
    """Spark reads a tenth, in all rounds but the last."""
    return [{**one, "records": one["records"] // 10} if one["system"] == "spark" else one for one in found
            if one["system"] != "spark" or one["round"] < 2]


def peers():
    systems = {key: value for key, value in {**SYSTEMS, **PEERS}.items() if key[0] != "prototype"}
    failed = [line("throughput", "", "flight_20x5", "bytewax", number, {"failed": "not done after 180 s: 3 of 2000000 records out\nTraceback"})
              for number in range(2)]
    return [header(run="cafe0002"), *({**one, "run": "cafe0002"} for one in [
        *checks(), *slow(throughput("peers_pipeline", "throughput", systems)), *latency("peers_latency_1k", 1000, systems),
        *latency("peers_latency_10k", 10000, systems), *start("peers_start", systems), *failed])]


def write(folder, **files):
    for name, found in files.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in found))
