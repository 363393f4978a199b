"""The whole flight-delay system on real servers, until Ctrl-C: what ./dev web runs.

headrace is in a process group of its own: a terminal sends Ctrl-C to all of the group in front, and headrace takes a
second signal as "at once".
SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import confluent_kafka
import confluent_kafka.admin

from .process import free_port, port_is_free, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
FLIGHTS = "topologies/flight_delay"
TOPICS = ("flight_delay_classification_request", "flight_delay_classification_response", "flight_delay_dead_letters")
PAGE = "/flights/delays/predict_kafka"
READY_S = 60


class Stop(Exception):
    """A signal came before there was anything to pass it on to."""


class Web:
    def __init__(self, servers):
        self.binary = os.environ["HEADRACE"]
        self.page = os.environ.get("HEADRACE_WEB") or "127.0.0.1:5001"
        self.own = os.environ.get("HEADRACE_HTTP") or f"127.0.0.1:{free_port(8686)}"
        self.env = {**os.environ, "KAFKA_BOOTSTRAP": servers["kafka"]["address"],
                    "MONGO_URI": servers["mongo"]["address"], "HEADRACE_WEB": self.page, "HEADRACE_HTTP": self.own}
        self.running = None
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number, _frame):
        self.stopping = True
        if self.running is None:
            raise Stop
        self.running.send_signal(number if number != signal.SIGHUP else signal.SIGTERM)

    def _headrace(self, *arguments):
        return subprocess.Popen([self.binary, "run", *arguments, "--config", "config/local.yaml"], cwd=ROOT,
                                env=self.env, stdin=subprocess.DEVNULL, process_group=0)

    def _wait(self, process):
        self.running = process
        code = process.wait()
        self.running = None
        return code

    def create_topics(self):
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.env["KAFKA_BOOTSTRAP"]})
        there = admin.list_topics(timeout=10).topics
        new = [confluent_kafka.admin.NewTopic(name, 1, 1) for name in TOPICS if name not in there]
        if new:
            for created in admin.create_topics(new).values():
                created.result(30)

    def import_distances(self):
        if self._wait(self._headrace(f"{FLIGHTS}/import_distances.yaml", "--until-end", "--quiet",
                                     "--set", "http.listen=127.0.0.1:0")) != 0:
            raise RuntimeError("the distances could not be imported")

    def _ready(self):
        try:
            with urllib.request.urlopen(f"http://{self.own}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _announce(self, process):
        clear = "\r\x1b[K" if sys.stdout.isatty() else ""
        try:
            wait_until(lambda: self._ready() or process.poll() is not None, READY_S, "not ready", 0.1)
        except TimeoutError:
            print(f"{clear}== not ready after {READY_S} s: http://{self.own}/readyz says why", flush=True)
            return
        if process.poll() is None:
            print(f"{clear}== ask for a flight:  http://{self.page}{PAGE}\n"
                  f"== see it at work:    http://{self.own}/\n"
                  "== Ctrl-C ends all, the servers too", flush=True)

    def serve(self):
        """Until a signal. The exit code."""
        host, _, port = self.page.rpartition(":")
        if host == "127.0.0.1" and port != "0" and not port_is_free(int(port)):
            raise RuntimeError(f"{self.page} is taken; HEADRACE_WEB=127.0.0.1:PORT names another address")
        self.create_topics()
        self.import_distances()
        if self.stopping:
            return 0
        process = self._headrace(f"{FLIGHTS}/topology.yaml", f"{FLIGHTS}/web.yaml")
        threading.Thread(target=self._announce, args=(process,), daemon=True).start()
        return self._wait(process)
