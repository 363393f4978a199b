"""Every fault of the proxy, once and lasting: all documents get there, each once, and nothing stops.

SPDX-License-Identifier: Apache-2.0
"""
import pytest

from counted import audit, records
from rig import headers
from services.process import wait_until

PASSING = {
    "connection closed": {"closeConnection": True},
    "answer lost": {"closeAfter": True},
    "shutting down": {"errorCode": 91, "errorLabels": ["RetryableWriteError"]},
    "not primary": {"errorCode": 10107},
    "write concern not met in time": {"writeConcernError": {"code": 64, "errmsg": "waiting timed out"}},
    "write concern of another kind": {"writeConcernError": {"code": 91, "errmsg": "shutdown"}},
    "slow": {"blockConnection": True, "blockTimeMS": 700},
}


def check_all(rig, count, process):
    rig.wait_done()
    process.stop_cleanly()
    audit(range(count), rig.documents.find({}, {"_id": False}).sort("n")).assert_exactly_once()
    assert not rig.dead()


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_fault_that_passes(fault_rig, mongofault, fault):
    rig = fault_rig
    rig.create_topics()
    rig.counted("mongo")
    mongofault.fail(["update"], {"times": 3}, **fault)
    rig.topics.produce(rig.requests, records(0, 3000))
    process = rig.run()
    check_all(rig, 3000, process)
    assert mongofault.clear() == 3


def test_a_replica_set_that_loses_answers(rig, mongofault_replica_set, fault_target):
    import pymongo
    proxy = mongofault_replica_set
    rig.with_mongo(proxy.uri)
    rig.create_topics()
    rig.counted("mongo")
    proxy.fail(["update"], {"times": 3}, closeAfter=True)
    rig.topics.produce(rig.requests, records(0, 3000))
    process = rig.run()
    with pymongo.MongoClient(fault_target.uri) as client:
        rig.documents = client[rig.database].answers
        check_all(rig, 3000, process)
        client.drop_database(rig.database)


def test_another_writers_race_for_a_key_is_won_at_the_second_try(fault_rig, mongofault):
    """E11000 of an upsert: somebody else inserted the key in between; the next try replaces that document."""
    rig = fault_rig
    rig.create_topics()
    rig.counted("mongo")
    mongofault.fail(["update"], {"times": 1},
                    writeErrors=[{"index": 3, "code": 11000, "errmsg": "E11000 duplicate key error"}])
    rig.topics.produce(rig.requests, records(0, 1000))
    process = rig.run()
    check_all(rig, 1000, process)


def test_a_key_that_stays_taken_is_a_dead_letter(fault_rig, mongofault):
    rig = fault_rig
    rig.create_topics()
    rig.counted("mongo")
    mongofault.fail(["update"], writeErrors=[{"where": {"q.id": "r17"}, "code": 11000, "errmsg": "E11000 dup"}])
    rig.topics.produce(rig.requests, records(0, 1000))
    process = rig.run()
    rig.wait_done()
    process.stop_cleanly()
    audit(set(range(1000)) - {17}, rig.documents.find({}, {"_id": False}).sort("n")).assert_exactly_once()
    assert [letter.value() for letter in rig.dead()] == [records(17, 18)[0]["value"].encode()]


def test_documents_that_mongo_refuses_are_dead_letters_and_all_others_get_there(fault_rig, mongofault):
    rig = fault_rig
    rig.create_topics(partitions=2)
    rig.counted("mongo")
    refused = {5, 1023, 1024, 2999}
    mongofault.fail(["update"], writeErrors=[{"where": {"q.id": f"r{n}"}, "code": 121,
                                              "errmsg": "Document failed validation"} for n in refused])
    rig.topics.produce(rig.requests, records(0, 3000))
    process = rig.run()
    rig.wait_done()
    process.stop_cleanly()
    audit(set(range(3000)) - refused, rig.documents.find({}, {"_id": False}).sort("n")).assert_exactly_once()
    letters = rig.dead()
    sent = {n: records(n, n + 1)[0] for n in refused}
    assert sorted(letter.value() for letter in letters) == sorted(s["value"].encode() for s in sent.values())
    for letter in letters:
        told = headers(letter)
        assert told["headrace.step"] == "to_mongo"
        assert "validation" in told["__streams.errors.message"]
        assert told["__streams.errors.topic"] == rig.requests


def test_refused_documents_leave_the_other_sink_alone(fault_rig, mongofault):
    """The refused record becomes a dead letter without a replay, so Kafka gets nothing twice."""
    rig = fault_rig
    rig.create_topics()
    rig.counted("kafka", "mongo")
    refused = {100, 101, 1500, 2999}
    mongofault.fail(["update"], writeErrors=[{"where": {"q.id": f"r{n}"}, "code": 121} for n in refused])
    rig.topics.produce(rig.requests, records(0, 3000))
    process = rig.run()
    rig.wait_done()
    process.stop_cleanly()
    audit(range(3000), rig.answered()).assert_exactly_once()
    audit(set(range(3000)) - refused, rig.documents.find({}, {"_id": False}).sort("n")).assert_exactly_once()
    assert sorted(letter.value() for letter in rig.dead()) == \
        sorted(records(n, n + 1)[0]["value"].encode() for n in refused)


def test_what_cannot_be_written_for_want_of_rights_waits_and_says_so(fault_rig, mongofault):
    rig = fault_rig
    rig.create_topics()
    rig.counted("mongo")
    mongofault.fail(["update"], errorCode=13, errmsg="not authorized on db")
    rig.topics.produce(rig.requests, records(0, 100))
    process = rig.run()
    process.wait_line("sink to_mongo waits and tries again.*not authorized")
    mongofault.clear()
    process.wait_line("sink to_mongo is back")
    check_all(rig, 100, process)


def test_a_proxy_that_is_gone_for_a_while(fault_rig, mongofault):
    rig = fault_rig
    rig.create_topics()
    rig.counted("mongo")
    process = rig.run()
    rig.topics.produce(rig.requests, records(0, 500))
    wait_until(lambda: rig.documents.count_documents({}) == 500, 30, "documents are missing")
    mongofault.kill()
    rig.topics.produce(rig.requests, records(500, 1000))
    process.wait_line("sink to_mongo waits and tries again")
    mongofault.start()
    check_all(rig, 1000, process)
