"""A proxy in front of a MongoDB server that fails commands on request, with mongod's own test command:

  {configureFailPoint: "failCommand", mode: {times: 1},
   data: {failCommands: ["update"], errorCode: 91, errorLabels: ["RetryableWriteError"]}}

mode: "off", "alwaysOn", {times: N}, {skip: N}. data, beside failCommands:
  closeConnection: true                  the command is not run and the connection is closed
  errorCode, errorLabels, errmsg         the command is not run; this error is the answer
  writeConcernError: {code, errmsg}      the command is run; this is added to the answer
  blockConnection: true, blockTimeMS     the command waits first, also if its client has gone by then
and our own:
  closeAfter: true                       the command is run; the connection is closed before the answer
  writeErrors: [{code, errmsg, index: N or where: {"path.in.op": value}}]
                                         those operations of a bulk write are refused, the others run
{faultCount: 1} answers {count: N}: how often the fail point fired since it was set.

--rs NAME makes the server look like the primary of a replica set, so that a driver retries writes; a
retried write (same session and txnNumber) gets the first one's answer, as mongod does.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import itertools
import socket
import socketserver
import struct
import threading
import time

import bson

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CHECKSUM, MORE_TO_COME = 1, 2
OPS_OF = {"insert": "documents", "update": "updates", "delete": "deletes"}
HELLO = ("ismaster", "isMaster", "hello")
MESSAGE_BYTES_MAX = 48 * 1024 * 1024
REMEMBERED_WRITES = 1000
_request_ids = itertools.count(1)


class Message:
    """A command or its answer: one document, whichever of the protocol's messages carries it."""

    def __init__(self, opcode, request_id, response_to, document, flags=0, namespace=b""):
        self.opcode, self.request_id, self.response_to = opcode, request_id, response_to
        self.document, self.flags, self.namespace = document, flags, namespace

    @property
    def command(self):
        return next(iter(self.document), "")

    def encode(self):
        if self.opcode == OP_MSG:
            body = struct.pack("<IB", self.flags & ~CHECKSUM, 0) + bson.encode(self.document)
        elif self.opcode == OP_QUERY:
            body = struct.pack("<I", self.flags) + self.namespace + b"\0" + struct.pack("<ii", 0, -1)
            body += bson.encode(self.document)
        else:
            body = struct.pack("<IqII", 8, 0, 0, 1) + bson.encode(self.document)
        return struct.pack("<iiii", 16 + len(body), self.request_id, self.response_to, self.opcode) + body


def read_exactly(sock, size):
    parts = []
    while size > 0:
        part = sock.recv(min(size, 1 << 20))
        if not part:
            raise ConnectionError("closed")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def first_document(data, offset):
    size = struct.unpack_from("<i", data, offset)[0]
    return bson.decode(data[offset:offset + size]), offset + size


def decode_op_msg(body):
    """The command with its document sequences put back where their names say."""
    flags = struct.unpack_from("<I", body)[0]
    end = len(body) - (4 if flags & CHECKSUM else 0)
    document, sequences, offset = {}, {}, 4
    while offset < end:
        kind, offset = body[offset], offset + 1
        if kind == 0:
            document, offset = first_document(body, offset)
            continue
        stop = offset + struct.unpack_from("<i", body, offset)[0]
        name_end = body.index(b"\0", offset + 4)
        documents = sequences.setdefault(body[offset + 4:name_end].decode(), [])
        offset = name_end + 1
        while offset < stop:
            one, offset = first_document(body, offset)
            documents.append(one)
    return {**document, **sequences}, flags


def read_message(sock):
    size, request_id, response_to, opcode = struct.unpack("<iiii", read_exactly(sock, 16))
    if not 16 <= size <= MESSAGE_BYTES_MAX:
        raise ConnectionError(f"message of {size} bytes")
    body = read_exactly(sock, size - 16)
    if opcode == OP_MSG:
        document, flags = decode_op_msg(body)
        return Message(opcode, request_id, response_to, document, flags)
    if opcode == OP_QUERY:
        name_end = body.index(b"\0", 4)
        document, _ = first_document(body, name_end + 9)
        return Message(opcode, request_id, response_to, document, struct.unpack_from("<I", body)[0],
                       body[4:name_end])
    if opcode == OP_REPLY:
        document, _ = first_document(body, 20)
        return Message(opcode, request_id, response_to, document)
    raise ConnectionError(f"opcode {opcode}")


class FailPoint:
    """The one fail point of a server. Its lock covers the mode and the count; data is replaced whole."""

    def __init__(self):
        self.lock = threading.Lock()
        self.mode, self.data, self.count = "off", {}, 0

    def configure(self, command):
        with self.lock:
            before = self.count
            mode = command.get("mode", "off")
            self.mode = dict(mode) if isinstance(mode, dict) else mode
            self.data, self.count = command.get("data", {}), 0
        return {"count": before, "ok": 1.0}

    def enter(self, command):
        """What to do to this command: the data of the fail point, or None."""
        with self.lock:
            if command not in self.data.get("failCommands", ()) or not self._counts():
                return None
            self.count += 1
            return self.data

    def _counts(self):
        if isinstance(self.mode, str):
            return self.mode == "alwaysOn"
        name = "times" if "times" in self.mode else "skip"
        left = self.mode.get(name, 0)
        self.mode[name] = max(left - 1, 0)
        return left > 0 if name == "times" else left == 0


def value_at(document, path):
    for name in path.split("."):
        if not isinstance(document, dict) or name not in document:
            return None
        document = document[name]
    return document


def refused_ops(ops, rules):
    """{index: rule} of the operations that a fail point's writeErrors refuse."""
    refused = {}
    for index, op in enumerate(ops):
        for rule in rules:
            here = rule.get("index") == index
            if here or ("where" in rule and all(value_at(op, p) == v for p, v in rule["where"].items())):
                refused[index] = rule
                break
    return refused


def restore_indexes(answer, kept, refused):
    """The server saw only the kept operations: gives its answer the client's indexes, and adds ours."""
    for name in ("writeErrors", "upserted"):
        for entry in answer.get(name, ()):
            entry["index"] = kept[entry["index"]]
    errors = [{"index": index, "code": rule["code"], "errmsg": rule.get("errmsg", "refused by a fail point")}
              for index, rule in refused.items()]
    if errors:
        answer["writeErrors"] = sorted(answer.get("writeErrors", []) + errors, key=lambda e: e["index"])
    return answer


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port, target_port, replica_set, wire):
        super().__init__(("127.0.0.1", port), Connection)
        self.address = f"127.0.0.1:{port}"
        self.target_port, self.replica_set, self.wire = target_port, replica_set, wire
        self.fail_point = FailPoint()
        self.writes, self.writes_lock = {}, threading.Lock()

    def write_of(self, document):
        """What a retried write has in common with its first attempt, or None."""
        if self.replica_set is None or "txnNumber" not in document or "lsid" not in document:
            return None
        return bson.encode({"lsid": document["lsid"], "txn": document["txnNumber"]})

    def remember(self, write, answer):
        with self.writes_lock:
            self.writes[write] = answer
            if len(self.writes) > REMEMBERED_WRITES:
                del self.writes[next(iter(self.writes))]

    def remembered(self, write):
        with self.writes_lock:
            return self.writes.get(write)


class Connection(socketserver.BaseRequestHandler):
    """One client connection and its own connection to the server."""

    def setup(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.target = socket.create_connection(("127.0.0.1", self.server.target_port))
        self.target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def finish(self):
        self.target.close()

    def handle(self):
        try:
            while self.one_command(read_message(self.request)):
                pass
        except OSError:
            pass  # either side closed: finish() closes the other

    def one_command(self, message):
        """Serves one command; False where the connection is to be closed."""
        if message.command == "configureFailPoint":
            return self.answer(message, self.server.fail_point.configure(message.document))
        if message.command == "faultCount":
            return self.answer(message, {"count": self.server.fail_point.count, "ok": 1.0})
        fault = self.server.fail_point.enter(message.command) or {}
        if fault.get("blockConnection"):
            time.sleep(fault["blockTimeMS"] / 1000)  # the fault itself: nothing waits on it but the client
        if fault.get("closeConnection"):
            return False
        if "errorCode" in fault:
            return self.answer(message, self.error_of(fault))
        answer = self.run(message, fault)
        if fault.get("closeAfter"):
            return False
        return answer is None or self.answer(message, answer)

    @staticmethod
    def error_of(fault):
        error = {"ok": 0.0, "code": fault["errorCode"], "errmsg": fault.get("errmsg", "failed by a fail point")}
        if "errorLabels" in fault:
            error["errorLabels"] = fault["errorLabels"]
        return error

    def run(self, message, fault):
        """The server's answer with the fault's additions; None for a command that asks for none."""
        write = self.server.write_of(message.document)
        answer = self.server.remembered(write) if write else None
        if answer is None:
            answer = self.run_write(message, fault.get("writeErrors", ()))
            if write and answer:
                self.server.remember(write, answer)
        if answer is not None and "writeConcernError" in fault:
            answer = {**answer, "writeConcernError": fault["writeConcernError"]}
        return answer

    def run_write(self, message, rules):
        name = OPS_OF.get(message.command)
        ops = message.document.get(name, []) if name else []
        refused = refused_ops(ops, rules)
        if not refused:
            return self.forward(message)
        if message.document.get("ordered", True):
            first = min(refused)
            refused, ops = {first: refused[first]}, ops[:first + 1]
        kept = [index for index in range(len(ops)) if index not in refused]
        if not kept:
            return restore_indexes({"n": 0, "ok": 1.0}, kept, refused)
        message.document[name] = [ops[index] for index in kept]
        return restore_indexes(self.forward(message), kept, refused)

    def forward(self, message):
        hello = message.command in HELLO
        if message.command == "hello":  # unknown to mongo-java-server
            message.document = {"isMaster": 1, **{k: v for k, v in message.document.items() if k != "hello"}}
        message.document.pop("compression", None)
        self.target.sendall(message.encode())
        if message.flags & MORE_TO_COME and message.opcode == OP_MSG:
            return None
        answer = read_message(self.target).document
        return self.as_replica_set(answer) if hello else answer

    def as_replica_set(self, answer):
        server = self.server
        if server.wire:
            answer["maxWireVersion"] = server.wire
        if server.replica_set:
            answer.update(setName=server.replica_set, setVersion=1, hosts=[server.address],
                          primary=server.address, me=server.address, secondary=False,
                          ismaster=True, isWritablePrimary=True, logicalSessionTimeoutMinutes=30)
        return answer

    def answer(self, message, document):
        opcode = OP_MSG if message.opcode == OP_MSG else OP_REPLY
        self.request.sendall(Message(opcode, next(_request_ids), message.request_id, document).encode())
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("port", type=int, help="to listen on, at 127.0.0.1")
    parser.add_argument("target_port", type=int, help="of the server, at 127.0.0.1")
    parser.add_argument("--rs", metavar="NAME", help="look like the primary of this replica set")
    parser.add_argument("--wire", type=int, metavar="N", help="claim this maxWireVersion (13 is MongoDB 5.0)")
    args = parser.parse_args()
    with Proxy(args.port, args.target_port, args.rs, args.wire) as proxy:
        proxy.serve_forever()


if __name__ == "__main__":
    main()
