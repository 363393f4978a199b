"""Clients of an http source: ask once, or as many at a time as a test wants.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import threading
import time
import urllib.parse

from services.process import free_port, wait_until

ROUTE = "/flights/delays/predict/classify_realtime"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Answer:
    def __init__(self, status, text, seconds, headers=None):
        self.status, self.text, self.seconds, self.headers = status, text, seconds, headers or {}

    @property
    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"{self.status} {self.text} after {self.seconds:.3f} s"


class Web:
    """What one client sees: a connection that is kept, and made anew where it was closed."""

    def __init__(self, port, route=ROUTE):
        self.port, self.route = port, route
        self.connection = None

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def ask(self, method, target, body=None, content_type=None, limit_s=60):
        """An Answer, or None where the connection was closed or refused instead."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit_s)
        headers = {"Content-Type": content_type} if content_type else {}
        begin = time.monotonic()
        try:
            self.connection.request(method, target, body=body, headers=headers)
            response = self.connection.getresponse()
            text = response.read().decode()
        except (ConnectionError, http.client.HTTPException):
            self.close()
            return None
        if response.getheader("Connection", "").lower() == "close":
            self.close()
        return Answer(response.status, text, time.monotonic() - begin, response.headers)

    def form(self, **fields):
        return self.ask("POST", self.route, urllib.parse.urlencode(fields), FORM)

    def json(self, value, content_type=JSON):
        body = value if isinstance(value, (str, bytes)) else json.dumps(value)
        return self.ask("POST", self.route, body, content_type)

    def wait_open(self, **fields):
        """Waits until a question is taken; its Answer."""
        def taken():
            answer = self.form(**fields)
            return answer if answer is not None and answer.status == 200 else None
        return wait_until(taken, 60, "no question is taken")


class Crowd:
    """Clients that ask one question after the other, half of them as forms, until stop(), or each so many times."""

    def __init__(self, port, clients, questions=None, think_s=0.0):
        self.port, self.questions, self.think_s = port, questions, think_s
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.answers = []  # (FlightNum, Answer or None)
        self.threads = [threading.Thread(target=self._client, args=(n,), daemon=True) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    def _client(self, number):
        web, asked = Web(self.port), 0
        while not self.stopping.is_set() and asked != self.questions:
            name = f"{number}-{asked}"
            question = flight(FlightNum=name)
            answer = web.form(**question) if number % 2 == 0 else web.json({**question, "DepDelay": 5.0})
            with self.lock:
                self.answers.append((name, answer))
            asked += 1
            time.sleep(self.think_s if answer is not None else 0.02)
        web.close()

    def join(self, limit_s=120):
        """Waits until each client has asked all that it wants."""
        deadline = time.monotonic() + limit_s
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), "a client waits for ever"
        return self.answers

    def stop(self, limit_s=60):
        self.stopping.set()
        return self.join(limit_s)

    def counted(self):
        """{status (None: closed): how many}, so far."""
        counts = {}
        with self.lock:
            for _, answer in self.answers:
                status = None if answer is None else answer.status
                counts[status] = counts.get(status, 0) + 1
        return counts


def flight(**changes):
    return {"DepDelay": "5", "Carrier": "DL", "FlightDate": "2013-11-24", "Origin": "ATL", "Dest": "JFK", **changes}


def topology(rig, **options):
    """The web end of the flight topology on a rig's names. The folder gets the files that it names."""
    import flights
    import shutil
    shutil.copytree(flights.ROOT / "schemas", rig.folder / "schemas", dirs_exist_ok=True)
    shutil.copy(flights.FOLDER / "data/origin_dest_distances.jsonl", rig.folder / "distances.jsonl")
    rig.port = free_port()
    rig.config["connections"]["web"] = {"type": "http", "listen": f"127.0.0.1:{rig.port}"}
    rig.topology = {
        "version": 1, "topology": rig.name,
        "sources": {"questions": {
            "http": {"connection": "web", "route": ROUTE, "body": "json_or_form",
                     "add": {"UUID": "uuid", "Timestamp": "time"},
                     "answer": {"body": {"status": '"OK"', "id": "UUID"}}, **options},
            "format": "json", "schema": "schemas/flight_delay_request.avsc"}},
        "tables": {"distances": {"file": {"path": "distances.jsonl"}, "format": "json", "key": ["Origin", "Dest"],
                                 "schema": "schemas/origin_dest_distance.avsc"}},
        "steps": {
            "calendar": {"from": "questions", "derive": {
                "DayOfYear": "date(FlightDate).getDayOfYear() + 1", "DayOfMonth": "date(FlightDate).getDate()",
                "DayOfWeek": "(date(FlightDate).getDayOfWeek() + 6) % 7 + 1"}},
            "distance": {"from": "calendar", "enrich": {
                "table": "distances", "match": {"Origin": "Origin", "Dest": "Dest"}, "add": ["Distance"]}}},
        "sinks": {"requests": {"from": "distance", "format": "json",
                               "kafka": {"connection": "kafka", "topic": rig.requests, "key": "UUID"}}},
        "errors": {"on_error": "skip"},
    }
    return rig.topology
