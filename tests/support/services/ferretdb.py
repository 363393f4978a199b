"""FerretDB 1.24.2 on SQLite: the server with SCRAM and TLS, which mongo-java-server does not have
together. For connection and authentication tests only: its updates of many documents are not usable.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import shutil

from . import cache, golang
from .certificates import certificates
from .mongo import answers
from .process import Process, free_port, port_answers

MODULE = "github.com/FerretDB/FerretDB"
VERSION = "v1.24.2"
USER, PASSWORD = "hr", "s3cret"


def _build(work):
    """`go install` makes a binary that panics for want of a version file: so a copy, with that file."""
    go = golang.toolchain()
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    module = json.loads(cache.run(go, "mod", "download", "-json", f"{MODULE}@{VERSION}", cwd=work, env=env))
    source = work / "source"
    shutil.copytree(module["Dir"], source, copy_function=shutil.copyfile)
    for path in [source, *source.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    (source / "build" / "version" / "version.txt").write_text(VERSION + "\n")
    cache.run(go, "build", "-trimpath", "-ldflags=-s -w", "-o", work / "ferretdb", "./cmd/ferretdb",
              cwd=source, env=env)
    shutil.rmtree(source)


def _binary():
    return cache.once(f"ferretdb-{VERSION}", _build, "building FerretDB (about 90 s)") / "ferretdb"


def prepare():
    _binary()
    certificates()


class FerretDB(Process):
    """Asks for a user name and password (SCRAM-SHA-256), on a plain port and on a TLS port."""

    def __init__(self, folder):
        super().__init__("ferretdb", folder)
        self.port, self.tls_port = free_port(), free_port()
        self.certificates = certificates()
        self.uri = self.uri_for(USER, PASSWORD)
        self.tls_uri = self.uri_for(USER, PASSWORD, self.certificates.ca)

    def uri_for(self, user, password, ca=None):
        options = f"&tls=true&tlsCAFile={ca}" if ca else ""
        port = self.tls_port if ca else self.port
        return f"mongodb://{user}:{password}@127.0.0.1:{port}/?authMechanism=SCRAM-SHA-256{options}"

    def start(self):
        data, state = self.folder / "data", self.folder / "state"
        data.mkdir(exist_ok=True)
        state.mkdir(exist_ok=True)
        self.launch([
            _binary(), "--handler=sqlite", f"--sqlite-url=file:{data}/", f"--state-dir={state}",
            f"--listen-addr=127.0.0.1:{self.port}", f"--listen-tls=127.0.0.1:{self.tls_port}",
            f"--listen-tls-cert-file={self.certificates.server}",
            f"--listen-tls-key-file={self.certificates.server_key}", "--debug-addr=-",
            "--telemetry=disable", "--log-level=ERROR", "--test-enable-new-auth",
            "--setup-database=admin", f"--setup-username={USER}", f"--setup-password={PASSWORD}",
        ], env={**os.environ, "DO_NOT_TRACK": "1"})
        self.wait_ready(lambda: port_answers(self.port) and answers(self.uri))
        return self

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
