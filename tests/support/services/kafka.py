"""A real Apache Kafka broker (KRaft, one node) with PLAINTEXT, SASL_SSL and mutual-TLS listeners.

SPDX-License-Identifier: Apache-2.0
"""
import shlex
import shutil
import subprocess
import tempfile

import confluent_kafka.admin

from . import cache
from .certificates import certificates
from .process import Process, free_port

FILES = cache.SUPPORT / "kafka"
CLUSTER = "MkU3OEVBNTcwNTJENDM2Qg"
USER, PASSWORD = "headrace", "test-pass"  # of PLAIN (server.properties) and of both SCRAM mechanisms
TOOLS = {
    "kafka-topics": "org.apache.kafka.tools.TopicCommand",
    "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
    "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
}
JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={FILES}/log4j2.properties"]


def _java(*arguments):
    """java runs from the folder of the jars, as class paths in a class-data archive must match."""
    return ["java", *JVM, *arguments]


def _classpath():
    return f"{cache.jars(FILES / 'pom.xml')}/*"


def _archive():
    """A class-data archive of a started broker: the next start takes 0.8 s, not 1.4 s."""
    def make(work):
        with tempfile.TemporaryDirectory() as folder:
            broker = Kafka(folder, jvm=[f"-XX:ArchiveClassesAtExit={work}/kafka.jsa"])
            broker.start()
            broker.stop(60)
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    name = f"kafka-classes-{cache.key_of(FILES / 'pom.xml', java)}"
    return cache.once(name, make, "starting Kafka once to archive its classes") / "kafka.jsa"


def write_tools(folder):
    """bin/kafka-*.sh as a Kafka download has them, for the classes of our jars."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, java_class in TOOLS.items():
        script = folder / f"{name}.sh"
        words = " ".join(shlex.quote(word) for word in [*_java("-Xmx128m"), "-cp", _classpath(), java_class])
        script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        script.chmod(0o755)


def prepare():
    _classpath()
    certificates()
    _archive()


class Kafka(Process):
    """One broker in its own folder. Data and ports outlive stop(), kill() and the next start()."""

    def __init__(self, folder, port=None, settings=None, jvm=None, detached=False):
        super().__init__("kafka", folder, detached)
        self.ports = {name: free_port(port if name == "PLAINTEXT" else None)
                      for name in ("PLAINTEXT", "SASL_SSL", "SSL", "CONTROLLER")}
        self.bootstrap = self._address("PLAINTEXT")
        self.sasl_bootstrap = self._address("SASL_SSL")  # PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
        self.ssl_bootstrap = self._address("SSL")  # asks for a client certificate
        self.certificates = certificates()
        self.jvm = jvm
        self.config = self.folder / "server.properties"
        self._write_config(settings or {})

    def _address(self, listener):
        return f"127.0.0.1:{self.ports[listener]}"

    def _write_config(self, settings):
        urls = [f"{name}://{self._address(name)}" for name in self.ports]
        lines = {
            "listeners": ",".join(urls),
            "advertised.listeners": ",".join(u for u in urls if not u.startswith("CONTROLLER")),
            "controller.quorum.voters": f"1@{self._address('CONTROLLER')}",
            "log.dirs": self.folder / "data",
            "ssl.keystore.location": self.certificates.server_store,
            "ssl.truststore.location": self.certificates.ca,
            "auto.create.topics.enable": "false",
            **settings,
        }
        added = "".join(f"{key}={value}\n" for key, value in lines.items())
        self.config.write_text((FILES / "server.properties").read_text() + "\n" + added)

    def _format(self):
        users = [word for bits in ("256", "512")
                 for word in ("--add-scram", f"SCRAM-SHA-{bits}=[name={USER},password={PASSWORD}]")]
        cache.run(*_java("-Xmx128m"), "-cp", _classpath(), "kafka.tools.StorageTool", "format",
                  "-t", CLUSTER, "-c", self.config, *users, cwd=self.folder)

    def start(self):
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()
        jvm = self.jvm or [f"-XX:SharedArchiveFile={_archive()}", "-Xshare:auto"]
        self.launch([*_java("-Xms128m", "-Xmx512m", *jvm), "-cp", _classpath(), "kafka.Kafka", self.config])
        self.wait_ready(self.answers)
        return self

    def answers(self):
        """Whether a client sees the broker in its metadata: it is registered, not only listening."""
        admin = confluent_kafka.admin.AdminClient(
            {"bootstrap.servers": self.bootstrap, "log_level": 0, "socket.timeout.ms": 2000,
             "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100, "error_cb": lambda error: None})
        try:
            return bool(admin.list_topics(timeout=1).brokers)
        except confluent_kafka.KafkaException:
            return False

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class ExistingKafka:
    """A broker of the user's (HEADRACE_TEST_KAFKA=host:port): tests that stop it or need TLS skip."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def stop(self):
        pass
