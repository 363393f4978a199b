"""What stands behind `headrace run`: --until-end, --dry, --sinks, --group, --threads, several topologies, and
the live line.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pty
import re
import select
import signal
import subprocess

import pytest

from counted import audit, record, records
from headrace import BINARY, ROOT
from services.process import wait_until


@pytest.mark.parametrize("partitions, threads", [(1, 1), (4, 1), (4, 3), (2, 4)])
def test_until_end_reads_what_was_there_and_stops(rig, partitions, threads):
    rig.create_topics(partitions=partitions)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, records(0, 5000))
    process = rig.run("--until-end", "--threads", str(threads))
    process.expect_exit(0)
    assert sum(rig.committed().values()) == 5000
    audit(range(5000), rig.answered()).assert_exactly_once()
    again = rig.run("--until-end", "--threads", str(threads), name="again")  # nothing is left to do
    again.expect_exit(0)
    assert len(rig.answered()) == 5000


def test_until_end_of_partitions_some_of_which_are_empty(rig):
    rig.create_topics(partitions=5)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, [{**record(n), "partition": 2} for n in range(10)])
    process = rig.run("--until-end", "--threads", "2")
    process.expect_exit(0)
    audit(range(10), rig.answered()).assert_exactly_once()


def test_until_end_of_an_empty_topic(rig):
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    process = rig.run("--until-end")
    process.expect_exit(0)


def test_until_end_of_a_topic_whose_last_records_are_transaction_markers(rig, kafka):
    import confluent_kafka
    rig.create_topics()
    rig.counted("kafka")
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": rig.name})
    producer.init_transactions(20)
    for numbers, commit in ((range(0, 10), True), (range(10, 20), False), (range(20, 30), True)):
        producer.begin_transaction()
        for n in numbers:
            producer.produce(rig.requests, **record(n))
        producer.commit_transaction(20) if commit else producer.abort_transaction(20)
    process = rig.run("--until-end")
    process.expect_exit(0)
    audit([*range(10), *range(20, 30)], rig.answered()).assert_exactly_once()
    assert rig.committed() == rig.topics.end_offsets(rig.requests)


def test_until_end_waits_for_what_poison_becomes(rig):
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, [b"poison"] * 7)
    process = rig.run("--until-end")
    process.expect_exit(0)
    assert len(rig.dead()) == 7
    assert sum(rig.committed().values()) == 7


def test_until_end_of_a_file(rig):
    rig.create_topics()
    topology = rig.counted("kafka")
    lines = [json.loads(one["value"]) for one in records(0, 3000)]
    rig.write("in.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    topology["sources"]["requests"] = {"file": {"path": "in.jsonl"}, "format": "json", "schema": "counted.avsc"}
    process = rig.run("--until-end", "--threads", "2")
    process.expect_exit(0)
    audit(range(3000), rig.answered()).assert_exactly_once()


def test_a_dry_run_prints_commits_nothing_and_leaves_the_real_group_alone(rig):
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, records(0, 100))
    real = rig.run(name="real")
    rig.wait_done()
    committed = rig.committed()
    rig.topics.produce(rig.requests, [b"poison", *records(100, 200)])
    rig.wait_done()
    before = rig.topics.end_offsets(rig.answers), rig.topics.end_offsets(rig.letters)

    dry = rig.run("--dry", "--until-end", name="dry")
    dry.expect_exit(0)
    lines = [line.split("\t") for line in dry.output().splitlines()]
    audit(range(200), [line[2].encode() for line in lines if line[0] == "to_kafka"]).assert_exactly_once()
    assert [line[2] for line in lines if line[0] == "dead_letters"] == ["poison"]
    assert (rig.topics.end_offsets(rig.answers), rig.topics.end_offsets(rig.letters)) == before
    group = re.search(r"group=(\S+)", dry.log())[1]
    assert group != rig.name and group.startswith(rig.name)
    assert rig.topics.committed(group, rig.requests) == {}
    assert real.alive() and rig.topics.members(rig.name) == 1
    assert sum(committed.values()) == 100
    real.stop_cleanly()


def test_a_dry_run_needs_no_server_of_the_sinks(rig):
    rig.create_topics()
    rig.counted("kafka", "mongo")  # the config has no connection `mongo`
    rig.topics.produce(rig.requests, records(0, 10))
    dry = rig.run("--dry", "--until-end")
    dry.expect_exit(0)
    assert len(dry.output().splitlines()) == 20


def test_one_sink_gives_the_group_its_name_and_needs_no_other_connection(rig):
    rig.create_topics()
    rig.counted("kafka", "mongo")
    rig.topics.produce(rig.requests, records(0, 10))
    process = rig.run("--sinks", "to_kafka", "--until-end")
    process.expect_exit(0)
    assert f"group={rig.name}.to_kafka" in process.log()
    assert rig.committed(f"{rig.name}.to_kafka") == {0: 10}
    assert rig.committed() == {}


def test_an_unknown_sink_is_an_error(rig):
    rig.counted("kafka")
    process = rig.run("--sinks", "to_nowhere")
    process.expect_exit(1)
    assert "to_nowhere" in process.log()


def test_of_several_topologies_each_takes_its_own_of_the_sinks_named(rig):
    rig.create_topics()
    rig.counted("kafka", "mongo")
    first = rig.write("first.yaml", rig.topology)
    rig.counted("kafka")["topology"] = f"{rig.name}_second"
    rig.topology["sinks"] = {"other": rig.topology["sinks"].pop("to_kafka")}
    second = rig.write("second.yaml", rig.topology)
    process = rig.run(str(second), "--sinks", "to_kafka", "--until-end", topology=first)
    process.expect_exit(0)
    assert f"group={rig.name}.to_kafka" in process.log()
    assert re.search(rf"group={rig.name}_second\b(?!\.)", process.log())
    process = rig.run(str(second), "--sinks", "to_kafka,to_nowhere", topology=first)
    process.expect_exit(1)
    assert "no topology has a sink 'to_nowhere'" in process.log()


def test_a_missing_connection_is_an_error_with_its_place(rig):
    rig.counted("mongo")
    process = rig.run()
    process.expect_exit(1)
    assert re.search(r"topology.yaml:\d+:\d+: .*'mongo'", process.log())


def test_the_group_can_be_named(rig):
    rig.create_topics()
    rig.counted("kafka")
    rig.topics.produce(rig.requests, records(0, 10))
    process = rig.run("--group", f"{rig.name}_mine", "--until-end")
    process.expect_exit(0)
    assert rig.committed(f"{rig.name}_mine") == {0: 10}


def test_a_topology_may_start_at_the_end_of_its_topic(rig):
    rig.create_topics(partitions=2)
    topology = rig.counted("kafka")
    topology["sources"]["requests"]["kafka"]["start"] = "latest"
    rig.topics.produce(rig.requests, records(0, 100))
    process = rig.run()
    attempt = iter(range(100, 100000))

    def flowing():
        rig.topics.produce(rig.requests, [record(next(attempt))])
        return rig.answered()
    wait_until(flowing, 30, "nothing flows", interval_s=0.1)
    rig.wait_done()
    process.stop_cleanly()
    assert min(json.loads(value)["n"] for value in rig.answered()) >= 100


def test_several_topologies_run_in_one_process(rig):
    """One hands to the other through a topic."""
    rig.create_topics(partitions=2)
    rig.counted("kafka")
    first = rig.write("first.yaml", rig.topology)
    second = json.loads(first.read_text())
    final = rig.topics.create(f"{rig.name}_final")
    second["topology"] = f"{rig.name}_second"
    second["sources"]["requests"] = rig.source(rig.answers)
    second["sinks"]["to_kafka"]["kafka"]["topic"] = final
    second = rig.write("second.yaml", second)
    rig.topics.produce(rig.requests, records(0, 1000))
    process = rig.run(str(second), topology=first)
    values = [message.value() for message in rig.topics.read_until(final, 1000)]
    rig.wait_done()
    rig.wait_done(group=f"{rig.name}_second", topic=rig.answers)
    process.stop_cleanly()
    audit(range(1000), values).assert_exactly_once()


def test_one_topology_that_fails_stops_the_process_in_good_order(rig):
    rig.create_topics(partitions=2)
    topology = rig.counted("kafka")
    first = rig.write("first.yaml", topology)
    topology = json.loads(first.read_text())
    topology["topology"] = f"{rig.name}_second"
    topology["sources"]["requests"]["on_error"] = "fail"
    topology["sinks"]["to_kafka"]["kafka"]["topic"] = rig.topics.create(f"{rig.name}_final")
    second = rig.write("second.yaml", topology)
    process = rig.run(str(second), topology=first)
    rig.topics.produce(rig.requests, records(0, 100))
    rig.wait_done()
    rig.topics.produce(rig.requests, [b"poison"])
    process.expect_exit(1)
    assert rig.topics.members(rig.name) == 0 and rig.topics.members(f"{rig.name}_second") == 0
    audit(range(100), rig.answered()).assert_exactly_once()


def test_kept_parts_of_a_record_reach_the_answer(rig):
    """Key, headers and timestamp are the request's, as Kafka Streams keeps them."""
    rig.create_topics()
    rig.counted("kafka")
    sent = {**record(0), "timestamp": 1_400_000_000_123, "headers": [("a", b"1"), ("a", None), ("b", b"\xff")]}
    rig.topics.produce(rig.requests, [sent])
    process = rig.run("--until-end")
    process.expect_exit(0)
    message, = rig.topics.read(rig.answers)
    assert message.key() == b"k0" and message.timestamp()[1] == 1_400_000_000_123
    assert message.headers() == [("a", b"1"), ("a", None), ("b", b"\xff")]


def read_terminal(fd, enough, limit_s=30):
    """What a program writes to its terminal, until enough(text)."""
    text = ""

    def more():
        nonlocal text
        while select.select([fd], [], [], 0.05)[0]:
            try:
                text += os.read(fd, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                return True
        return enough(text)
    wait_until(more, limit_s, "the terminal does not show it")
    return text


@pytest.mark.parametrize("quiet", [False, True])
def test_a_live_line_on_a_terminal(rig, quiet):
    rig.create_topics()
    rig.counted("kafka")
    rig.topics.produce(rig.requests, [*records(0, 500), b"poison"])
    ours, theirs = pty.openpty()
    arguments = rig.arguments(*(["--quiet"] if quiet else []))
    process = subprocess.Popen([BINARY, *arguments], cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs,
                               start_new_session=True)
    os.close(theirs)
    try:
        if quiet:
            rig.wait_done()
            process.send_signal(signal.SIGTERM)
            shown = read_terminal(ours, lambda text: process.poll() is not None)
            assert "p99" not in shown and "total" not in shown
        else:
            line = re.compile(r"in \d+/s {2}out \d+/s {2}lag \d+ {2}p99 [\d.]+ ms {2}errors 1 {2}total 501")
            assert read_terminal(ours, line.search)
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        os.close(ours)
