"""python -m services prepare | up FOLDER | down FOLDER | web FOLDER: what ./dev calls.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import signal
import sys

from . import ferretdb, kafka, mongo, mongosh, promtool, web
from .process import wait_until


def start_time(pid):
    """When a process started, in clock ticks since boot; None where there is none. With the pid it
    names one process: a pid alone may be somebody else's by now."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def running(server):
    return start_time(server["pid"]) == server["started"]


def recorded(state):
    return json.loads(state.read_text()) if state.exists() else {}


def show(servers):
    print(f"export KAFKA_BOOTSTRAP={servers['kafka']['address']}")
    print(f"export MONGO_URI={servers['mongo']['address']}")


def up(folder):
    state = folder / "servers.json"
    servers = recorded(state)
    if servers and all(running(server) for server in servers.values()):
        print("== running already")
        show(servers)
        return
    stop_all(servers)
    print("== starting Kafka and a MongoDB server; topics are created when first used; MongoDB's data is")
    print("   in memory and gone when it stops; ./dev down stops both")
    broker = kafka.Kafka(folder / "kafka", port=9092, detached=True,
                         settings={"auto.create.topics.enable": "true"})
    server = mongo.Mongo(folder / "mongo", port=27017, detached=True)
    try:
        started = {"kafka": (broker.start(), broker.bootstrap), "mongo": (server.start(), server.uri)}
    except BaseException:
        broker.kill()
        server.kill()
        raise
    servers = {name: {"pid": process.pid, "started": start_time(process.pid), "address": address}
               for name, (process, address) in started.items()}
    state.write_text(json.dumps(servers, indent=2) + "\n")
    show(servers)


def down(folder):
    state = folder / "servers.json"
    servers = recorded(state)
    if not any(running(server) for server in servers.values()):
        print("== nothing runs")
    stop_all(servers)
    state.unlink(missing_ok=True)


def stop_all(servers):
    for name, server in servers.items():
        if running(server):
            print(f"== stopping {name}")
            os.kill(server["pid"], signal.SIGTERM)
            wait_until(lambda pid=server: not running(pid), 30, f"{name} (pid {server['pid']}) does not stop")


def serve(folder):
    """Everything until a signal; then nothing of it is left, whoever started the servers."""
    code = 1
    try:
        up(folder)
        code = web.Web(recorded(folder / "servers.json")).serve()
    except (web.Stop, KeyboardInterrupt):
        code = 0
    except RuntimeError as error:
        print(f"dev: {error}", file=sys.stderr)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        down(folder)
    sys.exit(code)


def prepare():
    for module in (kafka, mongo, ferretdb, mongosh, promtool):
        module.prepare()


def main():
    match sys.argv[1:]:
        case ["prepare"]:
            prepare()
        case ["up", folder]:
            up(pathlib.Path(folder).resolve())
        case ["down", folder]:
            down(pathlib.Path(folder).resolve())
        case ["web", folder]:
            serve(pathlib.Path(folder).resolve())
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
