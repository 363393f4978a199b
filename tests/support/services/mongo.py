"""A server that speaks MongoDB's protocol (mongo-java-server), and the fault proxy in front of one.

No mongod is to be had from the package registries that the tests use, so failover, elections, majority
durability and transactions stay unproven here; HEADRACE_TEST_MONGO=uri runs the tests on a real one.
SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil
import sys

import pymongo
import pymongo.errors

from . import cache
from .certificates import certificates
from .process import Process, free_port, port_answers

FILES = cache.SUPPORT / "mongo"


def _classes():
    source = FILES / "MongoTestServer.java"
    libs = cache.jars(FILES / "pom.xml")

    def make(work):
        cache.run("javac", "-cp", f"{libs}/*", "-d", work, source)
    classes = cache.once(f"mongo-server-{cache.key_of(source, FILES / 'pom.xml')}", make,
                         "compiling the MongoDB test server")
    return f"{libs}/*:{classes}"


def prepare():
    _classes()
    certificates()


def answers(uri, **options):
    try:
        with pymongo.MongoClient(uri, serverSelectionTimeoutMS=500, **options) as client:
            return client.admin.command("ping")["ok"] == 1
    except pymongo.errors.PyMongoError:
        return False


class Mongo(Process):
    """One server. durable: in an H2 file, so data outlives stop(); kill() may lose the last 3 s of it.
    Otherwise in memory: fast, and gone when it stops."""

    def __init__(self, folder, durable=False, tls=False, port=None, detached=False):
        super().__init__("mongo", folder, detached)
        self.port = free_port(port)
        self.durable = durable
        self.certificates = certificates() if tls else None
        self.uri = f"mongodb://127.0.0.1:{self.port}"
        if tls:
            self.uri += f"/?tls=true&tlsCAFile={self.certificates.ca}"

    def start(self):
        tls = self.certificates
        self.launch(["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                     "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", _classes(),
                     "MongoTestServer", self.port, self.folder / "data.h2" if self.durable else "-",
                     *([tls.server_key, tls.server] if tls else [])])
        self.wait_ready(lambda: port_answers(self.port) and answers(self.uri))
        return self

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class ExistingMongo:
    """A server of the user's (HEADRACE_TEST_MONGO=uri)."""

    def __init__(self, uri):
        self.uri = uri

    def stop(self):
        pass


class MongoFault(Process):
    """mongofault.py in front of a Mongo: its uri is what the program under test is given."""

    def __init__(self, folder, target_port, replica_set=None):
        super().__init__("mongofault", folder)
        self.port = free_port()
        self.target_port = target_port
        self.replica_set = replica_set
        self.direct_uri = f"mongodb://127.0.0.1:{self.port}/?directConnection=true&retryWrites=false"
        self.uri = f"mongodb://127.0.0.1:{self.port}/"
        if replica_set:
            self.uri += f"?replicaSet={replica_set}&retryWrites=true"

    def start(self):
        command = [sys.executable, "-m", "services.mongofault", self.port, self.target_port]
        if self.replica_set:
            command += ["--rs", self.replica_set]
        self.launch(command, env={**os.environ, "PYTHONPATH": str(cache.SUPPORT)})
        self.wait_ready(lambda: port_answers(self.port) and answers(self.direct_uri))
        return self

    def _admin(self, command):
        with pymongo.MongoClient(self.direct_uri, serverSelectionTimeoutMS=5000) as client:
            return client.admin.command(command)

    def fail(self, commands, mode="alwaysOn", **data):
        """Sets the fail point: fail(["update"], {"times": 1}, closeConnection=True)."""
        self._admin({"configureFailPoint": "failCommand", "mode": mode,
                     "data": {"failCommands": commands, **data}})

    def clear(self):
        """Ends the fail point; returns how often it fired since it was set."""
        return self._admin({"configureFailPoint": "failCommand", "mode": "off"})["count"]

    def fired(self):
        """How often the fail point has fired since it was set."""
        return self._admin({"faultCount": 1})["count"]
