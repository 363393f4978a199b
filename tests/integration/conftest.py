"""Fixtures of the integration tests: real servers, and headrace in front of them.

Session servers (kafka, mongo, ferretdb) are shared: a test takes topics and databases with names of its
own. A test that stops, kills or pauses a server takes own_kafka or own_mongo.
SPDX-License-Identifier: Apache-2.0
"""
import os
import uuid

import pymongo
import pytest

from headrace import Headrace
from rig import Rig
from services.ferretdb import FerretDB
from services.kafka import ExistingKafka, Kafka
from services.mongo import ExistingMongo, Mongo, MongoFault
from topics import Topics

# The driver's warning about counters that a killed process of the same number left would be in the output.
os.environ.setdefault("MONGOC_DISABLE_SHM", "1")
IN_CI = os.environ.get("CI") == "true"


def _skip_is_failure(report):
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure in CI: {report.longrepr}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    outcome = yield
    _skip_is_failure(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report():
    outcome = yield
    _skip_is_failure(outcome.get_result())


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    """A broker for everyone: HEADRACE_TEST_KAFKA's, or one of ours with secured listeners too."""
    existing = os.environ.get("HEADRACE_TEST_KAFKA")
    if existing:
        yield ExistingKafka(existing)
        return
    # Nobody kills it: it may be late with its heartbeats, and is not refused for that on a busy machine.
    broker = Kafka(tmp_path_factory.mktemp("kafka"), settings={"broker.session.timeout.ms": "18000"}).start()
    yield broker
    broker.remove()


@pytest.fixture
def secured_kafka(kafka):
    """The shared broker where it is ours: with sasl_bootstrap, ssl_bootstrap and certificates."""
    if isinstance(kafka, ExistingKafka):
        pytest.skip("HEADRACE_TEST_KAFKA names a broker whose secured listeners are not known")
    return kafka


@pytest.fixture
def own_kafka(tmp_path):
    """A broker that this test may kill, stop, pause and start again."""
    broker = Kafka(tmp_path / "kafka").start()
    yield broker
    broker.remove()


@pytest.fixture
def topics(kafka):
    return Topics(kafka.bootstrap)


@pytest.fixture(scope="session")
def mongo(tmp_path_factory):
    """A server for everyone, in memory: HEADRACE_TEST_MONGO's or ours."""
    existing = os.environ.get("HEADRACE_TEST_MONGO")
    if existing:
        yield ExistingMongo(existing)
        return
    server = Mongo(tmp_path_factory.mktemp("mongo")).start()
    yield server
    server.remove()


@pytest.fixture
def own_mongo(tmp_path):
    """A server that this test may stop and start again: its data is in a file."""
    server = Mongo(tmp_path / "mongo", durable=True).start()
    yield server
    server.remove()


@pytest.fixture
def mongo_client(mongo):
    with pymongo.MongoClient(mongo.uri, serverSelectionTimeoutMS=5000) as client:
        yield client


@pytest.fixture
def database(mongo_client):
    """A database that no other test has, dropped at the end."""
    name = f"test_{uuid.uuid4().hex[:8]}"
    yield mongo_client[name]
    mongo_client.drop_database(name)


@pytest.fixture(scope="session")
def fault_target(tmp_path_factory):
    """The server behind the fault proxies: always ours, as they speak to a port of this machine."""
    server = Mongo(tmp_path_factory.mktemp("fault_target")).start()
    yield server
    server.remove()


@pytest.fixture
def mongofault(tmp_path, fault_target):
    """A fault proxy in front of a standalone server. One per test: a fault ends with its proxy."""
    proxy = MongoFault(tmp_path / "mongofault", fault_target.port).start()
    yield proxy
    proxy.kill()


@pytest.fixture
def mongofault_replica_set(tmp_path, fault_target):
    """The same, looking like a replica set with retryable writes."""
    proxy = MongoFault(tmp_path / "mongofault_rs", fault_target.port, replica_set="rs0").start()
    yield proxy
    proxy.kill()


@pytest.fixture(scope="session")
def ferretdb(tmp_path_factory):
    server = FerretDB(tmp_path_factory.mktemp("ferretdb")).start()
    yield server
    server.remove()


@pytest.fixture
def headrace(tmp_path):
    """headrace(*arguments, name=..., env=...) starts the program; what still runs at the end is killed.
    The end of its log is shown where the test fails."""
    started = []

    def start(*arguments, name=None, env=None):
        process = Headrace(tmp_path, name or f"headrace{len(started) + 1}")
        started.append(process)
        return process.run(*arguments, env=env)
    yield start
    for process in started:
        process.kill()
        print(f"=== {process.name}\n{process.tail()}")


@pytest.fixture
def rig(tmp_path, topics, kafka, headrace):
    """A topology of this test's own on the shared broker; rig.with_mongo(uri) adds a Mongo connection."""
    return Rig(tmp_path, topics, kafka.bootstrap, headrace)


@pytest.fixture
def mongo_rig(rig, mongo, mongo_client):
    """A rig with the shared Mongo server; its documents are in mongo_rig.documents."""
    rig.with_mongo(mongo.uri)
    rig.documents = mongo_client[rig.database].answers
    yield rig
    mongo_client.drop_database(rig.database)


@pytest.fixture
def fault_rig(rig, mongofault, fault_target):
    """A rig whose Mongo connection goes through the fault proxy; documents are looked at past it."""
    rig.with_mongo(mongofault.uri)
    with pymongo.MongoClient(fault_target.uri) as client:
        rig.documents = client[rig.database].answers
        yield rig
        client.drop_database(rig.database)


@pytest.fixture
def own_kafka_rig(tmp_path, own_kafka, headrace):
    """A rig on a broker that this test may stop."""
    return Rig(tmp_path, Topics(own_kafka.bootstrap), own_kafka.bootstrap, headrace)
