"""A client of the flight-delay system's web side, as the reference's page is one: it posts the form, then asks for the
answer again and again. And headrace serving it, on the topologies as they lie in the tree.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request

from services.process import wait_until

FOLDER = "topologies/flight_delay"
PAGE = "/flights/delays/predict_kafka"
ASK = "/flights/delays/predict/classify_realtime"
RESPONSE = ASK + "/response/"
REQUESTS = "flight_delay_classification_request"
RESPONSES = "flight_delay_classification_response"
LETTERS = "flight_delay_dead_letters"
FORM = {"DepDelay": "14", "Carrier": "DL", "FlightDate": "2013-11-04", "Origin": "JFK", "Dest": "SFO"}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Website:
    """A client. address: host:port"""

    def __init__(self, address):
        self.address = address

    def request(self, method, path, body=None, headers=None, limit_s=30):
        asked = urllib.request.Request(f"http://{self.address}{path}", body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=limit_s) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def get(self, path):
        return self.request("GET", path)

    def post(self, form, path=ASK, limit_s=30):
        """form: a dict, pairs, or bytes as they are."""
        body = form if isinstance(form, bytes) else urllib.parse.urlencode(form).encode()
        return self.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"}, limit_s)

    def ask(self, form):
        """Posts a question that must be accepted; returns its id."""
        found = self.post(form)
        assert found.status == 200, (found.status, found.body)
        said = found.json()
        assert said["status"] == "OK" and set(said) == {"status", "id"}, said
        return said["id"]

    def response(self, question):
        """What is answered about an id: {"status": "WAIT" or "OK", ...}"""
        found = self.get(RESPONSE + urllib.parse.quote(question, safe=''))
        assert found.status == 200, (found.status, found.body)
        return found.json()

    def poll(self, question, every_s=0.02, limit_s=60):
        """The prediction, looked for as the reference's page does (there every_s is 1)."""
        end = time.monotonic() + limit_s
        while True:
            said = self.response(question)
            assert said["id"] == question, said
            if said["status"] == "OK":
                return said["prediction"]
            assert said == {"status": "WAIT", "id": question}, said
            assert time.monotonic() < end, f"no answer to {question} after {limit_s} s"
            time.sleep(every_s)

    def is_up(self):
        """All of it: until then what has no route yet is answered with 503."""
        try:
            return self.get(RESPONSE + "nobody").status == 200 and self.get(ASK).status == 405
        except (OSError, http.client.HTTPException):
            return False


def form_of(request):
    """The form of a request of the sample, as the reference's page sends it: all of it is text."""
    return {name: str(request[name]) for name in ("DepDelay", "Carrier", "FlightDate", "Origin", "Dest", "FlightNum")}


def create_topics(topics, partitions=2):
    for name in (REQUESTS, RESPONSES, LETTERS):
        topics.create(name, partitions=partitions)


def serve(rig, *topologies, sinks, name="web"):
    """Runs topologies of the flight-delay folder with the rig's config; returns (Website, process) once it answers."""
    config = {"connections": {"web": {"type": "http", "listen": "127.0.0.1:0"}}}
    paths = [f"{FOLDER}/{file}" for file in topologies]
    process = rig.run(*paths[1:], "--sinks", sinks, topology=paths[0], config=config, name=name)
    site = Website(process.wait_line(r"http on http://(\S+?)/ of=web")[1])

    def up():
        assert process.alive(), process.tail()
        return site.is_up()
    wait_until(up, 60, "the page does not come up")
    return site, process
