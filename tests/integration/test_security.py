"""Encryption and log-in, with right and wrong credentials and authorities.

SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil

import pymongo
import pytest

from counted import audit, records
from services import ferretdb as ferretdb_service
from services import kafka as kafka_service
from services.mongo import Mongo
from services.process import wait_until


def private_key(rig, path):
    """A copy of a key that is open to nobody else."""
    copy = rig.folder / path.name
    shutil.copy(path, copy)
    os.chmod(copy, 0o600)
    return str(copy)


def sasl(broker, mechanism, ca=None, user=kafka_service.USER):
    return {"bootstrap": broker.sasl_bootstrap, "tls": {"ca": str(ca or broker.certificates.ca)},
            "sasl": {"mechanism": mechanism, "username": user, "password": "${env:TEST_KAFKA_PASSWORD}"}}


def run_kafka(rig, connection, *more, password=kafka_service.PASSWORD):
    return rig.run(*more, config={"connections": {"kafka": connection}}, env={"TEST_KAFKA_PASSWORD": password})


def passes(rig, process):
    rig.topics.produce(rig.requests, records(0, 100))
    rig.wait_done()
    process.stop_cleanly()
    audit(range(100), rig.answered()).assert_exactly_once()


def is_refused(rig, connection, pattern, **options):
    """It waits and says why; with --fail-fast it ends."""
    process = run_kafka(rig, connection, **options)
    process.wait_line(f"waits and tries again.*{pattern}")
    assert process.alive()
    process.stop_cleanly()
    fast = run_kafka(rig, connection, "--fail-fast", **options)
    fast.expect_exit(1)
    for log in (process.log(), fast.log()):
        assert options.get("password", kafka_service.PASSWORD) not in log


@pytest.fixture
def kafka_rig(rig, secured_kafka):
    rig.create_topics()
    rig.counted("kafka")
    return rig


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_sasl(kafka_rig, secured_kafka, mechanism):
    passes(kafka_rig, run_kafka(kafka_rig, sasl(secured_kafka, mechanism)))


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_sasl_with_a_wrong_password(kafka_rig, secured_kafka, mechanism):
    is_refused(kafka_rig, sasl(secured_kafka, mechanism), "uthentication", password="wrong-pass-word")


def test_sasl_with_a_user_that_is_unknown(kafka_rig, secured_kafka):
    is_refused(kafka_rig, sasl(secured_kafka, "SCRAM-SHA-512", user="nobody"), "uthentication")


def test_tls_with_an_authority_that_did_not_sign_the_broker(kafka_rig, secured_kafka):
    is_refused(kafka_rig, sasl(secured_kafka, "PLAIN", ca=secured_kafka.certificates.other_ca), "certificate")


def test_mutual_tls(kafka_rig, secured_kafka):
    made = secured_kafka.certificates
    passes(kafka_rig, run_kafka(kafka_rig, {"bootstrap": secured_kafka.ssl_bootstrap, "tls": {
        "ca": str(made.ca), "certificate": str(made.client), "key": private_key(kafka_rig, made.client_key)}}))


def test_mutual_tls_without_a_certificate(kafka_rig, secured_kafka):
    is_refused(kafka_rig, {"bootstrap": secured_kafka.ssl_bootstrap,
                           "tls": {"ca": str(secured_kafka.certificates.ca)}}, "([Ss][Ss][Ll]|certificate)")


def test_a_plain_client_at_a_tls_listener(kafka_rig, secured_kafka):
    is_refused(kafka_rig, {"bootstrap": secured_kafka.sasl_bootstrap}, ".")


def test_a_table_from_a_secured_topic(kafka_rig, secured_kafka):
    """Tables have clients of their own: they must log in as well."""
    rig = kafka_rig
    table = rig.topics.create_new("names", config={"cleanup.policy": "compact"})
    rig.topics.produce(table, [("k1", '{"key": "k1", "name": "one"}')])
    rig.write("names.avsc", {"type": "record", "name": "Names", "fields": [
        {"name": "key", "type": "string"}, {"name": "name", "type": "string"}]})
    rig.topology["tables"] = {"names": {"kafka": {"connection": "kafka", "topic": table}, "format": "json",
                                        "schema": "names.avsc", "key": ["key"]}}
    rig.topology["steps"]["named"] = {"from": "twice", "enrich": {
        "table": "names", "match": {"key": "key"}, "add": ["name"], "on_miss": "skip"}}
    rig.topology["sinks"]["to_kafka"]["from"] = "named"
    process = run_kafka(rig, sasl(secured_kafka, "SCRAM-SHA-256"))
    rig.topics.produce(rig.requests, records(0, 100))
    rig.wait_done()
    process.stop_cleanly()
    audit({1, 51}, rig.answered()).assert_exactly_once()


# --- MongoDB -------------------------------------------------------------------------------------


def mongo(server, ca=None, user=ferretdb_service.USER, tls=False):
    port = server.tls_port if tls else server.port
    connection = {"type": "mongo", "uri": f"mongodb://127.0.0.1:{port}/?authMechanism=SCRAM-SHA-256",
                  "username": user, "password": "${env:TEST_MONGO_PASSWORD}"}
    if tls:
        connection["tls"] = {"ca": str(ca or server.certificates.ca)}
    return connection


def run_mongo(rig, connection, *more, password=ferretdb_service.PASSWORD):
    return rig.run(*more, config={"connections": {"mongo": connection}}, env={"TEST_MONGO_PASSWORD": password})


@pytest.fixture
def ferret_rig(rig):
    """FerretDB cannot upsert many documents in a bulk: one each is enough to see who gets in."""
    rig.create_topics()
    topology = rig.counted("mongo")
    topology["sinks"]["to_mongo"]["mongo"]["batch_documents"] = 1
    rig.topics.produce(rig.requests, records(0, 5))
    return rig


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_mongo_scram(ferret_rig, ferretdb, tls):
    process = run_mongo(ferret_rig, mongo(ferretdb, tls=tls))
    ferret_rig.wait_done()
    process.stop_cleanly()
    with pymongo.MongoClient(ferretdb.uri) as client:
        audit(range(5), client[ferret_rig.database].answers.find({}, {"_id": False})).assert_nothing_lost()
        client.drop_database(ferret_rig.database)


@pytest.mark.parametrize("wrong", ["password", "user", "authority"])
def test_mongo_with_wrong_credentials(ferret_rig, ferretdb, wrong):
    other = ferretdb.certificates.other_ca
    connection, pattern, password = {
        "password": (mongo(ferretdb), "uthentication", "wrong-pass-word"),
        "user": (mongo(ferretdb, user="nobody"), "uthentication", ferretdb_service.PASSWORD),
        "authority": (mongo(ferretdb, ca=other, tls=True), "(certificate|TLS)", ferretdb_service.PASSWORD),
    }[wrong]
    process = run_mongo(ferret_rig, connection, password=password)
    process.wait_line(f"sink to_mongo waits and tries again.*{pattern}")
    process.interrupt()
    process.kill()
    fast = run_mongo(ferret_rig, connection, "--fail-fast", password=password)
    fast.expect_exit(1)
    assert ferret_rig.progress() == 0
    for log in (process.log(), fast.log()):
        assert password not in log


def test_mongo_over_tls_without_a_log_in(rig, tmp_path):
    server = Mongo(tmp_path / "tls_mongo", tls=True).start()
    try:
        rig.create_topics()
        rig.counted("mongo")
        rig.topics.produce(rig.requests, records(0, 100))
        connection = {"type": "mongo", "uri": f"mongodb://127.0.0.1:{server.port}",
                      "tls": {"ca": str(server.certificates.ca)}}
        process = rig.run(config={"connections": {"mongo": connection}})
        rig.wait_done()
        process.stop_cleanly()
        with pymongo.MongoClient(server.uri) as client:
            assert wait_until(lambda: client[rig.database].answers.count_documents({}) == 100, 5, "documents")
    finally:
        server.remove()
