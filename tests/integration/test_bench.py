"""The benches at tiny lengths: that they run, that every system gives a line, and that the pipeline written by hand puts
out what headrace does. What they measure is not looked at: this machine does other things.
SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import subprocess
import sys
import types

import pytest
from services.kafka import ExistingKafka

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench"))

from harness import alike, cli, measure, plan, results, rounds, workloads  # noqa: E402
from harness.broker import StubBroker, fill  # noqa: E402

SYSTEMS = {"raw": workloads.Raw(), "prototype": workloads.Prototype(), "headrace": workloads.Headrace()}
REQUESTS = 5290  # in topologies/flight_delay/data/requests.jsonl


@pytest.fixture
def broker(kafka, topics):
    """The shared broker as the harness sees one."""
    if isinstance(kafka, ExistingKafka):
        pytest.skip("HEADRACE_TEST_KAFKA names a broker whose process is not known")
    if workloads.DEAD_LETTERS not in topics.admin.list_topics(timeout=10).topics:
        topics.create(workloads.DEAD_LETTERS)
    return types.SimpleNamespace(name="kafka", bootstrap=kafka.bootstrap, pid=kafka.pid, topics=topics)


def run(broker, system, workload, source, out, **more):
    job = workloads.Job(workloads.WORKLOADS[workload], broker.bootstrap, source, out, f"g_{out}_{system}", partitions=1)
    entry = rounds.Entry(SYSTEMS[system], job, REQUESTS)
    return rounds.run_entry(broker, entry, touch=False, **more)


@pytest.mark.parametrize("kind", ["flight_real", "flight_100", "flight"])
def test_the_prototype_puts_out_what_headrace_does(broker, kind):
    source = broker.topics.create_new(f"bench_{kind}")
    assert fill(broker, source, kind, records=REQUESTS)["records"] == REQUESTS
    out = {}
    for system in ("headrace", "prototype"):
        topic = broker.topics.create_new(f"bench_{kind}_{system}")
        run(broker, system, "flight_20x5", source, topic)
        out[system] = [(m.value(), m.key(), m.timestamp()) for m in broker.topics.read(topic)]
    assert len(out["headrace"]) == REQUESTS
    assert out["prototype"] == out["headrace"]
    assert all(b'"Prediction":' in value for value, _, _ in out["headrace"])


def test_every_system_gives_a_line_in_each_round(broker, tmp_path):
    source, out = broker.topics.create_new("bench_in"), broker.topics.create_new("bench_out")
    fill(broker, source, "flight", records=REQUESTS)
    runs = [("raw", "pass"), ("headrace", "pass"), ("prototype", "flight_20x5"), ("headrace", "flight_20x5")]
    entries = [rounds.Entry(SYSTEMS[system], workloads.Job(workloads.WORKLOADS[workload], broker.bootstrap, source, out,
                                                           f"bench_{system}_{workload}", partitions=1), REQUESTS)
               for system, workload in runs]
    found = results.Results(tmp_path / "out.jsonl", {})
    rounds.throughput(broker, found, "throughput", "smoke", entries, 1)
    header, lines = results.load(tmp_path / "out.jsonl")
    assert found.failed == 0
    assert header["machine"]["cores"] >= 1 and header["versions"]["librdkafka"][0].isdigit()
    kept = [line for line in lines if not line.get("dropped")]
    assert sorted((line["system"], line["workload"]) for line in kept) == sorted(runs)
    for line in kept:
        assert line["records"] == line["records_out"] == REQUESTS and line["group"] == "smoke"
        assert line["cpu_ns"] > 0 and line["rate"] > 0 and line["rss_mib"] > 1 and line["first_out_ms"] > 0
        assert line["broker_cpu_ns"] > 0 and 0 <= line["steal"] <= 1


def test_latency_counts_every_answer(broker):
    source, out = broker.topics.create_new("bench_in"), broker.topics.create_new("bench_out")
    job = workloads.Job(workloads.WORKLOADS["flight_20x5"], broker.bootstrap, source, out, f"g_{out}", "latency",
                        partitions=1, follow=True)
    headrace = SYSTEMS["headrace"]
    line = measure.latency(broker, headrace.command(job), source, out, rate=200, seconds=2, cold_s=1, touch=False,
                           environment=headrace.environment(job))
    assert line["cold"]["sent"] == line["cold"]["answered"] == line["warm"]["sent"] == line["warm"]["answered"] == 200
    assert 0 < line["warm"]["p50_us"] <= line["warm"]["p99_us"] <= line["warm"]["max_us"] * 1.04
    assert line["ready_ms"] > 0 and line["status"] == 0 and line["twice"] == 0


def test_a_system_that_does_not_work_is_told_and_the_others_are_run(broker, tmp_path):
    source, out = broker.topics.create_new("bench_in"), broker.topics.create_new("bench_out")
    fill(broker, source, "flight", records=100)
    job = workloads.Job(workloads.WORKLOADS["pass"], broker.bootstrap, source, out, "bench_fail", partitions=1)
    broken = types.SimpleNamespace(NAME="broken", ENDS=True, SETTINGS={}, command=lambda job: ["sh", "-c", "echo no >&2; exit 3"])
    found = results.Results(tmp_path / "out.jsonl", {})
    rounds.throughput(broker, found, "throughput", "smoke",
                      [rounds.Entry(broken, job, 100), rounds.Entry(SYSTEMS["raw"], job, 100)], 1)
    lines = {line["system"]: line for line in results.load(tmp_path / "out.jsonl")[1] if not line.get("dropped")}
    assert found.failed >= 1
    assert "exit status 3" in lines["broken"]["failed"] and "no" in lines["broken"]["failed"]
    assert lines["raw"]["records_out"] == 100


def test_who_puts_out_more_than_it_should_has_failed(broker):
    source, out = broker.topics.create_new("bench_in"), broker.topics.create_new("bench_out")
    fill(broker, source, "flight", records=20)
    job = workloads.Job(workloads.WORKLOADS["pass"], broker.bootstrap, source, out, "bench_more", partitions=1)
    with pytest.raises(measure.Failed, match="20 records out, 10 expected"):
        measure.run(broker, SYSTEMS["raw"].command(job), out, 10, touch=False)


def test_who_has_fewer_rounds_is_in_the_first_ones(broker, tmp_path):
    source, out = broker.topics.create_new("bench_in"), broker.topics.create_new("bench_out")
    fill(broker, source, "flight", records=20)
    job = workloads.Job(workloads.WORKLOADS["pass"], broker.bootstrap, source, out, "bench_few", partitions=1)
    entries = [rounds.Entry(SYSTEMS["raw"], job, 20), rounds.Entry(SYSTEMS["raw"], job, 20, label="few", rounds=1)]
    rounds.throughput(broker, results.Results(tmp_path / "out.jsonl", {}), "throughput", "smoke", entries, 2)
    lines = results.load(tmp_path / "out.jsonl")[1]
    assert {line["round"] for line in lines if line["system"] == "few"} == {0}
    assert {line["round"] for line in lines if line["system"] == "raw"} == {0, 1}


def test_a_peer_that_differs_is_found(broker):
    """Bytes through are no flights with a prediction."""
    comparison = alike.Comparison(broker, SYSTEMS["headrace"])
    assert comparison.of(SYSTEMS["prototype"], workloads.WORKLOADS["flight_20x5"])["records_out"] == REQUESTS
    with pytest.raises(alike.Different, match="^record 0 is .*Prediction"):
        comparison.of(SYSTEMS["raw"], workloads.WORKLOADS["flight_20x5"])


def test_headrace_and_the_limits_run_on_the_broker_in_memory():
    broker = StubBroker(1, endless={"bench_in": 20_000}, discard=["bench_out"])
    try:
        fill(broker, "bench_in", "flight", records=5000)
        for system, workload in (("raw", "pass"), ("prototype", "flight_20x5"), ("headrace", "flight_20x5")):
            job = workloads.Job(workloads.WORKLOADS[workload], broker.bootstrap, "bench_in", "bench_out", f"g_{system}",
                                partitions=1)
            line = rounds.run_entry(broker, rounds.Entry(SYSTEMS[system], job, 20_000), touch=False)
            assert line["records_out"] == 20_000, system
    finally:
        broker.stop()


def test_the_broker_in_memory_outlives_what_is_no_request():
    import socket
    broker = StubBroker(1)
    try:
        host, port = broker.bootstrap.split(":")
        frames = [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\x08" + b"\xff" * 8,
                  # a fetch, a metadata request and a produce request that promise more than they hold
                  b"\0\0\0\x21" + b"\0\x01\0\x0b\0\0\0\x01\xff\xff" + b"\x7f" * 23,
                  b"\0\0\0\x0e" + b"\0\x03\0\x04\0\0\0\x01\xff\xff" + b"\x7f\xff\xff\xff",
                  b"\0\0\0\x1a" + b"\0\0\0\x07\0\0\0\x01\xff\xff" + b"\xff\xff\0\x01\0\0\0\0\0\0\0\x01\0\x01aa"]
        for frame in frames:
            with socket.create_connection((host, int(port)), 5) as client:
                client.settimeout(5)
                client.sendall(frame)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
        assert broker.process.poll() is None
        assert fill(broker, "after", "flight", records=10)["records"] == 10
    finally:
        broker.stop()


def test_the_plan_fits_its_time_and_names_what_there_is():
    options = cli.options([])
    parts = cli.planned(options)
    assert sum(part.seconds for part in parts) <= 22 * 60
    assert sum(part.seconds for part in cli.planned(cli.options(["--peers"]))) <= 36 * 60  # and building and comparing them
    for part in [*parts, *plan.PEER_GROUPS, *plan.PEER_LATENCIES, *plan.PEER_STARTS]:
        for system, workload, *_ in part.runs:
            assert system in {*SYSTEMS, "peers"} and workload in workloads.WORKLOADS


def test_steady_figures_leave_out_the_first_third():
    looks = [{"ms": ms, "records": records, "cpu_ns": cpu, "rss_kib": 1024, "broker_cpu_ns": 0}
             for ms, records, cpu in ((500, 0, 50_000), (1000, 300, 400_000), (2000, 600, 500_000), (3000, 900, 600_000))]
    end = {"ms": 3100, "records": 900, "cpu_ns": 700_000, "peak_kib": 2048, "broker_cpu_ns": 90_000, "switches": 1,
           "switches_voluntary": 2}
    line = measure.figures(looks, end, 1800, 900)
    assert line["first_out_ms"] == 1000 and line["seconds"] == 3 and line["rate"] == 600
    assert line["cpu_ns_steady"] == pytest.approx(200_000 / 1200, 0.001) and line["rate_steady"] == 600
    assert line["cpu_ns"] == pytest.approx(700_000 / 1800, 0.001) and line["broker_cpu_ns"] == 50


def test_percentiles_of_the_answered_are_not_those_of_all():
    whole = {"sent": 2000, "answered": 1999, "p50_us": 5, "p90_us": 6, "p99_us": 7, "p999_us": 8, "max_us": 9}
    assert measure.answered(whole) == whole
    assert measure.answered({**whole, "answered": 1990}) == {**dict.fromkeys(whole), "sent": 2000, "answered": 1990}


def test_a_latency_run_that_the_host_stole_from_is_made_again(monkeypatch, tmp_path):
    lines = iter([{"steal": 0.5}, {"steal": 0.0}])
    monkeypatch.setattr(measure, "latency", lambda *_, **__: next(lines))
    found = results.Results(tmp_path / "out.jsonl", {})
    broker = types.SimpleNamespace(name="kafka", topics=types.SimpleNamespace(create_new=lambda name, partitions: name))
    job = workloads.Job(workloads.WORKLOADS["pass"], "", "", "", "", "latency", follow=True)
    run = types.SimpleNamespace(broker=broker, results=found)
    assert cli.Run.latency_kept(run, plan.LATENCIES[0], SYSTEMS["raw"], job, 0) == {"steal": 0.0}
    assert [line.get("dropped") for line in results.load(tmp_path / "out.jsonl")[1]] == [True, None]


def test_a_tool_says_how_it_is_called():
    for name in ("raw", "prototype", "fill", "watch", "latency", "stub_broker", "touch"):
        done = subprocess.run([str(pathlib.Path(workloads.machine.tool(name)))], capture_output=True, text=True)
        assert done.returncode == 2 and done.stderr.startswith(f"usage: bench_{name}"), name
