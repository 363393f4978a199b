"""The files and names of one test: a topology, a runner's config, topics and a group that no other test has.

Files are written as JSON, which is YAML too: they stay Python values until then and a test changes what it
wants to. The topology lies in the test's folder, which is its files root.
SPDX-License-Identifier: Apache-2.0
"""
import copy
import json
import shutil
import uuid

import counted
import flights


class Rig:
    def __init__(self, folder, topics, bootstrap, headrace):
        self.folder, self.topics, self.headrace = folder, topics, headrace
        self.id = uuid.uuid4().hex[:8]
        self.name = f"t_{self.id}"
        self.requests, self.answers, self.letters = (f"{self.name}_{kind}" for kind in
                                                     ("requests", "answers", "letters"))
        self.database = f"db_{self.id}"
        self.config = {
            "connections": {"kafka": {"type": "kafka", "bootstrap": bootstrap}},
            "commit_interval": "100ms",
            "group": {"session_timeout": "6s", "max_poll_interval": "20s"},  # a busy machine may pause for 2 s
        }
        self.topology = None  # set by counted()

    # --- files ---

    def with_mongo(self, uri):
        self.config["connections"]["mongo"] = {"type": "mongo", "uri": uri}
        return self

    def write(self, name, content):
        """A file in the test's folder: text, bytes, or a value that is written as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1) + "\n")
        return path

    def create_topics(self, partitions=1, **config):
        """The three topics; config is that of the answers."""
        self.topics.create(self.requests, partitions)
        self.topics.create(self.answers, partitions, {k.replace("_", "."): str(v) for k, v in config.items()})
        self.topics.create(self.letters, 1, {"max.message.bytes": "4000000"})

    def counted(self, *sinks):
        """A topology that doubles a number; sinks: "kafka", "mongo". Returned for changes."""
        both = {
            "kafka": {"from": "twice", "format": "json", "kafka": {"connection": "kafka", "topic": self.answers}},
            "mongo": {"from": "twice", "mongo": {"connection": "mongo", "database": self.database, "key": ["id"],
                                                 "collection": "answers", "guard": "none"}},
        }
        self.write("counted.avsc", counted.SCHEMA)
        self.topology = {
            "version": 1, "topology": self.name,
            "sources": {"requests": self.source(self.requests)},
            "steps": {"twice": {"from": "requests", "derive": {"twice": "n * 2"}}},
            "sinks": {f"to_{sink}": both[sink] for sink in sinks},
            "errors": {"dead_letters": {"kafka": {"connection": "kafka", "topic": self.letters}}},
        }
        return self.topology

    @staticmethod
    def source(topic):
        return {"kafka": {"connection": "kafka", "topic": topic}, "format": "json", "schema": "counted.avsc"}

    def flights(self, changes=None):
        """The flight-delay topology with names of our own; changes: {text: its replacement}. Returns its path."""
        text = (flights.FOLDER / "topology.yaml").read_text()
        changes = {
            "topology: flight_delay ": f"topology: {self.name} ",
            "../../schemas/": "schemas/",
            "flight_delay_classification_request": self.requests,
            "flight_delay_classification_response": self.answers,
            "flight_delay_dead_letters": self.letters,
            "agile_data_science": self.database,
            **(changes or {}),
        }
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        for part in ("data/origin_dest_distances.jsonl", "models/flight_delay.onnx"):
            (self.folder / part).parent.mkdir(exist_ok=True)
            shutil.copy(flights.FOLDER / part, self.folder / part)
        shutil.copytree(flights.ROOT / "schemas", self.folder / "schemas", dirs_exist_ok=True)
        return self.write("flights.yaml", text)

    # --- running ---

    def arguments(self, *more, topology=None, config=None):
        """The command line of a run; config is laid over the rig's own."""
        if topology is None:
            topology = self.write("topology.yaml", self.topology)
        settings = merged(self.config, config or {})
        path = self.write(f"config-{uuid.uuid4().hex[:6]}.yaml", settings)
        return ["run", str(topology), "--config", str(path), *more]

    def run(self, *more, name=None, topology=None, config=None, env=None):
        return self.headrace(*self.arguments(*more, topology=topology, config=config), name=name, env=env)

    # --- looking ---

    def wait_done(self, group=None, topic=None, limit_s=60):
        """Waits until everything that the requests' topic holds is committed."""
        self.topics.wait_all_committed(group or self.name, topic or self.requests, limit_s)

    def committed(self, group=None):
        return self.topics.committed(group or self.name, self.requests)

    def progress(self, group=None):
        """How many records of all partitions the group has committed."""
        return sum(self.committed(group).values())

    def answered(self, count=None, limit_s=60):
        """The values in the answers' topic: all, or as soon as there are count."""
        if count is None:
            messages = self.topics.read(self.answers)
        else:
            messages = self.topics.read_until(self.answers, count, limit_s)
        return [message.value() for message in messages]

    def dead(self, count=None, limit_s=60):
        """The dead letters: all, or as soon as there are count. Confluent's messages."""
        if count is None:
            return self.topics.read(self.letters)
        return self.topics.read_until(self.letters, count, limit_s)


def merged(base, over):
    result = copy.deepcopy(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def headers(message):
    """{name: text} of a message's headers."""
    return {name: (value or b"").decode(errors="replace") for name, value in message.headers() or []}
