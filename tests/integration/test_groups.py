"""Partitions, threads and instances: how work is divided, and that nothing is lost or repeated while it moves.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from counted import Feed, audit, records
from services.process import wait_until


def assigned(topics, group):
    """{client id: set of partitions} of the group's members; None while it is not stable."""
    described = topics.described(group)
    if described.state.name != "STABLE":
        return None
    return {(member.client_id, member.member_id): {p.partition for p in member.assignment.topic_partitions}
            for member in described.members}


def wait_shared(rig, members, partitions, limit_s=30):
    """Waits until the group has so many members, each with partitions, and all partitions are theirs."""
    def shared():
        found = assigned(rig.topics, rig.name)
        return found if (found is not None and len(found) == members and all(found.values()) and
                         set().union(*found.values()) == set(range(partitions))) else None
    return wait_until(shared, limit_s, f"{rig.name} is not shared by {members}", interval_s=0.1)


@pytest.mark.parametrize("threads, partitions", [(1, 8), (3, 8), (4, 2)])
def test_partitions_are_divided_among_threads_and_order_holds_per_key(rig, threads, partitions):
    rig.create_topics(partitions=partitions)
    rig.counted("kafka")
    rig.topics.produce(rig.requests, records(0, 20000))
    process = rig.run("--threads", str(threads))
    values = rig.answered(20000)
    wait_shared(rig, min(threads, partitions), partitions) if threads <= partitions else None
    rig.wait_done()
    audit(range(20000), values).assert_exactly_once()
    process.stop_cleanly()
    assert sum(rig.committed().values()) == 20000
    assert len(rig.answered()) == 20000


@pytest.mark.parametrize("assignor", ["cooperative-sticky", "range"])
def test_an_instance_joins_and_leaves_under_load(rig, assignor):
    """By a graceful stop nothing is repeated; the member leaves at once, whatever the session timeout says."""
    config = {"group": {"assignor": assignor, "session_timeout": "30s", "max_poll_interval": "60s"}}
    rig.create_topics(partitions=6)
    rig.counted("kafka")
    first = rig.run(config=config, name="first")
    wait_shared(rig, 1, 6)
    feed = Feed(rig.topics, rig.requests, rate=2000)
    rig.topics.read_until(rig.answers, 500)

    second = rig.run(config=config, name="second")
    shares = wait_shared(rig, 2, 6)
    assert sorted(len(share) for share in shares.values()) == [3, 3]
    seen = len(rig.answered())
    rig.topics.read_until(rig.answers, seen + 2000)
    first.stop_cleanly()
    wait_shared(rig, 1, 6, limit_s=20)  # before the session timeout
    seen = len(rig.answered())
    rig.topics.read_until(rig.answers, seen + 2000)

    sent = feed.stop()
    rig.wait_done()
    second.stop_cleanly()
    assert rig.topics.members(rig.name) == 0
    audit(range(sent), rig.answered()).assert_exactly_once()


def test_instances_come_and_go_again_and_again(rig):
    rig.create_topics(partitions=4)
    rig.counted("kafka")
    stays = rig.run("--threads", "2", name="stays")
    wait_shared(rig, 2, 4)
    feed = Feed(rig.topics, rig.requests, rate=1000)
    for turn in range(4):
        guest = rig.run(name=f"guest{turn}")
        wait_shared(rig, 3, 4)
        guest.stop_cleanly()
        wait_shared(rig, 2, 4)
    sent = feed.stop()
    rig.wait_done()
    stays.stop_cleanly()
    audit(range(sent), rig.answered()).assert_exactly_once()


def test_the_consumer_protocol_of_kafka_4_works_too(rig):
    config = {"group": {"protocol": "consumer"}}
    rig.create_topics(partitions=4)
    rig.counted("kafka")
    first = rig.run(config=config, name="first")
    feed = Feed(rig.topics, rig.requests, rate=1000)
    rig.topics.read_until(rig.answers, 500)
    second = rig.run(config=config, name="second")
    wait_shared(rig, 2, 4)
    first.stop_cleanly()
    wait_shared(rig, 1, 4)
    sent = feed.stop()
    rig.wait_done()
    second.stop_cleanly()
    audit(range(sent), rig.answered()).assert_exactly_once()


def test_a_static_member_keeps_its_partitions_over_a_restart(rig):
    """Its partitions wait for it: no one else gets them within the session timeout."""
    def config(name):
        return {"group": {"instance_id": name, "session_timeout": "20s", "max_poll_interval": "30s"}}
    rig.create_topics(partitions=4)
    rig.counted("kafka")
    one = rig.run(config=config("one"), name="one")
    wait_shared(rig, 1, 4)
    two = rig.run(config=config("two"), name="two")
    before = by_instance(wait_shared(rig, 2, 4))
    feed = Feed(rig.topics, rig.requests, rate=500)
    rig.topics.read_until(rig.answers, 500)
    one.kill()
    again = rig.run(config=config("one"), name="again")
    seen = len(rig.answered())
    rig.topics.read_until(rig.answers, seen + 1000, limit_s=15)
    sent = feed.stop()
    rig.wait_done(limit_s=15)  # also the restarted one's partitions
    assert by_instance(wait_shared(rig, 2, 4)) == before
    again.stop_cleanly()
    two.stop_cleanly()
    result = audit(range(sent), rig.answered())
    result.assert_nothing_lost()


def by_instance(shares):
    return sorted(tuple(sorted(share)) for share in shares.values())


def test_partitions_that_are_added_are_read_too(rig):
    rig.create_topics(partitions=1)
    rig.counted("kafka")
    rig.run()
    rig.topics.produce(rig.requests, records(0, 100))
    rig.topics.read_until(rig.answers, 100)
    rig.topics.grow(rig.requests, 3)
    rig.topics.produce(rig.requests, records(100, 400))
    result = audit(range(400), rig.answered(400))
    assert not result.lost and not result.repeated  # order may break: keys move to other partitions
