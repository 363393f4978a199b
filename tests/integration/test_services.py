"""The servers and faults that the other tests lean on do what those tests believe.

SPDX-License-Identifier: Apache-2.0
"""
import time

import confluent_kafka
import pymongo
import pymongo.errors
import pytest

from services import kafka as kafka_service
from services.mongo import Mongo, answers
from topics import Topics


def sasl(broker, mechanism, password=kafka_service.PASSWORD):
    return {"security.protocol": "SASL_SSL", "ssl.ca.location": str(broker.certificates.ca),
            "sasl.mechanism": mechanism, "sasl.username": kafka_service.USER, "sasl.password": password}


def mutual_tls(broker, ca=None, key=True):
    settings = {"security.protocol": "SSL", "ssl.ca.location": str(ca or broker.certificates.ca)}
    if key:
        settings["ssl.certificate.location"] = str(broker.certificates.client)
        settings["ssl.key.location"] = str(broker.certificates.client_key)
    return settings


def assert_refused(bootstrap, settings, text):
    """A client that cannot get in hears why in words that hold the text, be it not the first thing that it hears."""
    errors = []
    client = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "refused", "log_level": 0,
                                       "error_cb": errors.append, **settings})
    try:
        deadline = time.monotonic() + 30
        while not any(text in error.str() for error in errors) and time.monotonic() < deadline:
            client.poll(0.1)
    finally:
        client.close()
    assert any(text in error.str() for error in errors), errors


# --- Kafka ---------------------------------------------------------------------------------------


def test_a_topic_gives_back_what_was_produced(topics):
    name = topics.create_new("smoke", partitions=3)
    topics.produce(name, [(f"k{i}", f"v{i}") for i in range(137)])
    assert {m.value() for m in topics.read(name)} == {f"v{i}".encode() for i in range(137)}
    assert sum(topics.end_offsets(name).values()) == 137
    assert len(topics.end_offsets(name)) == 3


def test_a_missing_topic_is_not_created(secured_kafka):
    topics = Topics(secured_kafka.bootstrap)
    with pytest.raises(AssertionError, match="not acknowledged"):
        topics.produce("nobody_made_this", [b"x"], limit_s=2)


def test_acknowledged_records_outlive_kill_9_of_the_broker(own_kafka):
    topics = Topics(own_kafka.bootstrap)
    topics.create("kept", partitions=2)
    topics.produce("kept", [f"v{i}" for i in range(211)])
    own_kafka.kill()
    assert not own_kafka.answers()
    own_kafka.start()
    topics.produce("kept", [f"w{i}" for i in range(31)])
    assert len(topics.read("kept")) == 242


def test_a_paused_broker_answers_again_when_resumed(own_kafka):
    own_kafka.pause()
    assert not own_kafka.answers()
    own_kafka.resume()
    own_kafka.wait_ready(own_kafka.answers)


def test_committed_offsets_and_members_of_a_group_are_seen(topics, kafka):
    name = topics.create_new("group")
    topics.produce(name, [b"x"] * 13)
    assert topics.committed(name, name) == {}
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": name,
                                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([name])
    seen = []
    while len(seen) < 13:
        seen += [message for message in consumer.consume(13 - len(seen), timeout=10) if message.error() is None]
    assert topics.members(name) == 1
    consumer.commit(asynchronous=False)
    topics.wait_all_committed(name, name, limit_s=5)
    consumer.close()
    assert topics.committed(name, name) == {0: 13}
    assert topics.members(name) == 0


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_sasl_lets_the_right_password_in_and_no_other(secured_kafka, mechanism):
    topics = Topics(secured_kafka.sasl_bootstrap, sasl(secured_kafka, mechanism))
    name = topics.create_new("sasl")
    topics.produce(name, [b"x"])
    assert len(topics.read(name)) == 1
    wrong = sasl(secured_kafka, mechanism, password="wrong")
    assert_refused(secured_kafka.sasl_bootstrap, wrong, "uthentication")


def test_mutual_tls_asks_for_our_certificate_and_shows_its_own(secured_kafka):
    topics = Topics(secured_kafka.ssl_bootstrap, mutual_tls(secured_kafka))
    name = topics.create_new("mtls")
    topics.produce(name, [b"x"])
    assert len(topics.read(name)) == 1
    assert_refused(secured_kafka.ssl_bootstrap, mutual_tls(secured_kafka, key=False), "SSL")
    other_ca = mutual_tls(secured_kafka, ca=secured_kafka.certificates.other_ca)
    assert_refused(secured_kafka.ssl_bootstrap, other_ca, "certificate verify failed")


# --- MongoDB -------------------------------------------------------------------------------------


def test_upserts_by_key_make_one_document(database):
    database.answers.create_index("UUID", unique=True)
    for prediction in (1, 2):
        result = database.answers.replace_one({"UUID": "a"}, {"UUID": "a", "Prediction": prediction}, upsert=True)
        assert result.acknowledged
    assert [d["Prediction"] for d in database.answers.find()] == [2]
    with pytest.raises(pymongo.errors.DuplicateKeyError):
        database.answers.insert_one({"UUID": "a"})


def test_documents_outlive_a_stop_of_the_server(own_mongo):
    with pymongo.MongoClient(own_mongo.uri) as client:
        client.db.c.insert_many([{"n": n} for n in range(1000)])
        own_mongo.stop()
        assert not answers(own_mongo.uri)
        own_mongo.start()
    with pymongo.MongoClient(own_mongo.uri) as client:
        assert client.db.c.count_documents({}) == 1000


def test_a_killed_server_starts_again(own_mongo):
    own_mongo.kill()
    assert not answers(own_mongo.uri)
    own_mongo.start()
    assert answers(own_mongo.uri)


def test_tls_of_the_server_is_checked(tmp_path):
    server = Mongo(tmp_path, tls=True).start()
    try:
        plain = server.uri.partition("/?")[0]
        assert answers(server.uri)
        assert not answers(plain)
        assert not answers(plain, tls=True, tlsCAFile=str(server.certificates.other_ca))
    finally:
        server.remove()


def test_scram_lets_the_right_password_in_and_no_other(ferretdb):
    for uri in (ferretdb.uri, ferretdb.tls_uri):
        with pymongo.MongoClient(uri) as client:
            client.db.c.replace_one({"_id": 1}, {"n": 1}, upsert=True)
            assert client.db.c.find_one({"_id": 1})["n"] == 1
    with pymongo.MongoClient(ferretdb.uri_for("hr", "wrong")) as client:
        with pytest.raises(pymongo.errors.OperationFailure, match="uthentication"):
            client.db.c.find_one()
    assert not answers(ferretdb.uri_for("hr", "s3cret", ferretdb.certificates.other_ca))


# --- faults --------------------------------------------------------------------------------------


@pytest.fixture
def faulty(mongofault):
    """A collection behind the proxy, and the same one past it."""
    with pymongo.MongoClient(mongofault.direct_uri, socketTimeoutMS=5000) as client:
        collection = client.faults.c
        collection.drop()
        yield collection


def stored(fault_target):
    with pymongo.MongoClient(fault_target.uri) as client:
        return sorted(d["_id"] for d in client.faults.c.find())


def test_a_closed_connection_leaves_the_write_undone(mongofault, faulty, fault_target):
    mongofault.fail(["insert"], {"times": 1}, closeConnection=True)
    with pytest.raises(pymongo.errors.AutoReconnect):
        faulty.insert_one({"_id": 1})
    faulty.insert_one({"_id": 2})
    assert stored(fault_target) == [2]
    assert mongofault.clear() == 1


def test_a_lost_answer_leaves_the_write_done(mongofault, faulty, fault_target):
    mongofault.fail(["insert"], {"times": 1}, closeAfter=True)
    with pytest.raises(pymongo.errors.AutoReconnect):
        faulty.insert_one({"_id": 1})
    assert stored(fault_target) == [1]


def test_an_error_code_comes_with_its_labels(mongofault, faulty, fault_target):
    mongofault.fail(["insert"], {"times": 2}, errorCode=91, errorLabels=["RetryableWriteError"])
    for _ in range(2):
        with pytest.raises(pymongo.errors.PyMongoError) as caught:
            faulty.insert_one({"_id": 1})
        assert caught.value.details["code"] == 91
        assert caught.value.has_error_label("RetryableWriteError")
    faulty.insert_one({"_id": 1})
    assert stored(fault_target) == [1]


def test_a_write_concern_error_comes_with_a_done_write(mongofault, faulty, fault_target):
    mongofault.fail(["insert"], writeConcernError={"code": 64, "errmsg": "waiting for replication timed out"})
    with pytest.raises(pymongo.errors.WriteConcernError):
        faulty.insert_one({"_id": 1})
    assert stored(fault_target) == [1]


def test_a_blocked_command_is_late_but_done(mongofault, faulty, fault_target):
    mongofault.fail(["insert"], {"times": 1}, blockConnection=True, blockTimeMS=300)
    start = time.monotonic()
    faulty.insert_one({"_id": 1})
    assert time.monotonic() - start >= 0.3
    assert stored(fault_target) == [1]


def test_single_operations_of_a_bulk_are_refused(mongofault, faulty, fault_target):
    mongofault.fail(["insert"], writeErrors=[{"index": 1, "code": 121, "errmsg": "Document failed validation"},
                                             {"where": {"_id": 14}, "code": 11000, "errmsg": "E11000 dup"}])
    with pytest.raises(pymongo.errors.BulkWriteError) as caught:
        faulty.insert_many([{"_id": 10 + i} for i in range(7)], ordered=False)
    details = caught.value.details
    assert [(e["index"], e["code"]) for e in details["writeErrors"]] == [(1, 121), (4, 11000)]
    assert details["nInserted"] == 5
    assert stored(fault_target) == [10, 12, 13, 15, 16]


def test_an_ordered_bulk_stops_at_the_refused_operation(mongofault, faulty, fault_target):
    mongofault.fail(["insert"], writeErrors=[{"index": 2, "code": 121}])
    with pytest.raises(pymongo.errors.BulkWriteError) as caught:
        faulty.insert_many([{"_id": i} for i in range(5)])
    assert [e["index"] for e in caught.value.details["writeErrors"]] == [2]
    assert stored(fault_target) == [0, 1]


def test_indexes_of_the_servers_own_answer_stay_the_clients(mongofault, faulty):
    faulty.insert_one({"_id": 3})
    mongofault.fail(["update"], writeErrors=[{"index": 0, "code": 121}])
    ops = [pymongo.ReplaceOne({"_id": i}, {"v": i}, upsert=True) for i in range(5)]
    with pytest.raises(pymongo.errors.BulkWriteError) as caught:
        faulty.bulk_write(ops, ordered=False)
    assert [u["index"] for u in caught.value.details["upserted"]] == [1, 2, 4]


def test_a_fault_after_some_commands_waits_for_them(mongofault, faulty):
    mongofault.fail(["insert"], {"skip": 2}, closeConnection=True)
    faulty.insert_one({"_id": 1})
    faulty.insert_one({"_id": 2})
    with pytest.raises(pymongo.errors.AutoReconnect):
        faulty.insert_one({"_id": 3})
    assert mongofault.fired() == 1


def test_a_replica_sets_retried_write_is_done_once(mongofault_replica_set, fault_target):
    proxy = mongofault_replica_set
    with pymongo.MongoClient(proxy.uri) as client:
        client.faults.c.drop()
        proxy.fail(["update"], {"times": 1}, closeAfter=True)
        result = client.faults.c.update_one({"_id": 7}, {"$inc": {"times": 1}}, upsert=True)
        assert result.upserted_id == 7
    with pymongo.MongoClient(fault_target.uri) as client:
        assert client.faults.c.find_one({"_id": 7})["times"] == 1
    assert proxy.clear() == 1


def test_a_stopped_proxy_refuses_connections_until_it_starts_again(mongofault):
    mongofault.kill()
    assert not answers(mongofault.uri)
    mongofault.start()
    assert answers(mongofault.uri)
