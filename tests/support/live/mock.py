"""A process's own HTTP server, played: /topology from a recording with numbers that move, /tap/STEP, the live page.

Each answer of /topology is one second later than the one before, whatever the clock says, so rates are exact: `rate`
records a second. POST /mock with JSON sets its attributes (rate, status, body, token, waiting, topologies ...) or calls
fresh or restart; as a program it prints its address and runs until its standard input ends.
SPDX-License-Identifier: Apache-2.0
"""
import copy
import http.server
import json
import pathlib
import random
import socket
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent.parent / "runtime" / "admin" / "page"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml"}
COUNTED = ("in", "out")
# Below those that the kernel gives to clients: one that keeps calling a mock that was stopped must not be given its port.
PORTS = range(15000, 32000)
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
          "form-action 'none'; frame-ancestors 'none'")


class Mock:
    """What is answered. Change attributes while it runs."""

    def __init__(self):
        self.fresh()

    def fresh(self):
        """As at first."""
        self.recording = json.loads((HERE / "topology.json").read_text())
        self.samples = json.loads((HERE / "samples.json").read_text())
        self.rate = 50
        self.failing = {}       # node: failed records a second
        self.trouble = {}       # node: text
        self.waiting = []       # what the first topology waits for
        self.topologies = 1     # how many of the recording
        self.status = 200       # of /topology and /tap
        self.body = None        # instead of JSON
        self.token = None
        self.lag = 0            # added to each partition
        self.nodes = None       # instead of the recording's
        self.hang = False       # answers nothing
        self.seen = []          # paths that were asked for

    def restart(self):
        """As a new process: another start, counters from zero."""
        fresh = json.loads((HERE / "topology.json").read_text())
        fresh["started_ms"] = fresh["time_ms"] = self.recording["time_ms"] + 5000
        for topology in fresh["topologies"]:
            topology["dead_letters"] = []
            for node in topology["nodes"]:
                node.update({key: 0 for key in ("in", "out", "failed", "processing_ns", "bytes")})
        self.recording = fresh

    def move(self):
        """One second on."""
        self.recording["time_ms"] += 1000
        for topology in self.recording["topologies"]:
            for node in topology["nodes"]:
                self._move_node(node)
            for partition in topology["partitions"]:
                for key in ("position", "committed", "end"):
                    partition[key] += self.rate // max(1, len(topology["partitions"]))

    def _move_node(self, node):
        if node["kind"] in ("table", "dead_letters"):
            return
        spent = node["processing_ns"] / node["in"] if node["in"] else 1000
        for key in COUNTED:
            node[key] += self.rate
        node["processing_ns"] += int(spent * self.rate)
        node["failed"] += self.failing.get(node["name"], 0)

    def topology(self):
        """The JSON of now."""
        self.move()
        answer = copy.deepcopy(self.recording)
        del answer["topologies"][self.topologies:]
        for topology in answer["topologies"]:
            for node in topology["nodes"]:
                node["trouble"] = self.trouble.get(node["name"])
            for partition in topology["partitions"]:
                partition["end"] += self.lag
                partition["lag"] += self.lag
        if answer["topologies"] and self.nodes is not None:
            answer["topologies"][0]["nodes"] = self.nodes
        if self.waiting:
            answer["ready"] = False
            answer["topologies"][0].update(state="starting", waiting_for=self.waiting)
        return answer


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments):
        """Says nothing."""

    def send(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def send_json(self, value, status=200):
        self.send(status, "application/json", json.dumps(value).encode())

    def do_POST(self):  # pylint: disable=invalid-name
        mock = self.server.mock
        for name, value in json.loads(self.rfile.read(int(self.headers["Content-Length"]))).items():
            if name in ("fresh", "restart"):
                getattr(mock, name)()
            elif not hasattr(mock, name):
                self.send_json({"unknown": name}, 400)
                return
            else:
                setattr(mock, name, value)
        self.send_json({"seen": mock.seen})

    def do_GET(self):  # pylint: disable=invalid-name
        mock = self.server.mock
        path = self.path.partition("?")[0]
        mock.seen.append(self.path)
        if path == "/topology" or path.startswith("/tap/"):
            self.data(path)
            return
        file = PAGE / ("index.html" if path == "/" else path.lstrip("/"))
        if file.parent == PAGE and file.is_file():
            self.send(200, TYPES[file.suffix], file.read_bytes())
        else:
            self.send_json({"status": "ERROR", "code": "not-found", "message": f"there is no {path}"}, 404)

    def data(self, path):
        mock = self.server.mock
        if mock.hang:
            self.server.released.wait()
            self.close_connection = True
        elif mock.token is not None and self.headers.get("Authorization") != f"Bearer {mock.token}":
            self.send_json({"status": "ERROR", "code": "unauthorized", "message": "a token is needed"}, 401)
        elif mock.body is not None:
            self.send(mock.status, "application/json", mock.body.encode())
        elif mock.status != 200:
            self.send_json({"status": "ERROR", "code": "broken", "message": "the mock is told to fail"}, mock.status)
        elif path == "/topology":
            self.send_json(mock.topology())
        elif path in ("/tap/features", "/tap/distance", "/tap/classify"):
            self.send_json(mock.samples)
        else:
            self.send_json({"status": "ERROR", "code": "not-found", "message": f"there is no step {path[5:]}"}, 404)


class Server(http.server.ThreadingHTTPServer):
    """Serves a Mock from a thread of its own."""

    daemon_threads = True

    def __init__(self, port=None):
        super().__init__(("127.0.0.1", port or 0), Handler, bind_and_activate=False)
        self.bind([port] if port else random.sample(PORTS, len(PORTS)))
        self.mock = Mock()
        self.released = threading.Event()
        self.connections = set()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def bind(self, ports):
        """Takes the first port that is free."""
        for port in ports:
            self.server_address = ("127.0.0.1", port)
            try:
                self.server_bind()
                self.server_activate()
                return
            except OSError as error:
                cause = error
                self.socket.close()
                self.socket = socket.socket(self.address_family, self.socket_type)
        raise cause

    @property
    def url(self):
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request, client_address):
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        """A client that goes away is not an error here."""

    def stop(self):
        """Ends it, with the connections that are open: the port is free afterwards."""
        self.released.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def main():
    server = Server(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    print(server.url, flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
